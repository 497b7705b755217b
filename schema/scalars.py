"""The scalars of the schema, by the Python type that each carries."""

from collections.abc import Mapping
from typing import Final

from strawberry.types.scalar import ScalarDefinition

from schema.energy import ENERGY_SCALAR, Energy
from schema.identifiers import ACCOUNT_NUMBER_SCALAR, EIC_SCALAR, AccountNumber, Eic
from schema.money import MONEY_SCALAR, Money
from schema.period import PERIOD_SCALAR, Period

SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    AccountNumber: ACCOUNT_NUMBER_SCALAR,
    Eic: EIC_SCALAR,
    Energy: ENERGY_SCALAR,
    Money: MONEY_SCALAR,
    Period: PERIOD_SCALAR,
}
