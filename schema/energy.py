"""Energy: kilowatt-hours as an exact decimal."""

from decimal import Decimal, InvalidOperation
from typing import Final, NewType

import strawberry
from graphql import GraphQLError

Energy = NewType("Energy", Decimal)
"""Active energy in kWh."""


def _serialize(energy: Decimal) -> str:
    return format(energy, "f")


def _parse(value: object) -> Energy:
    try:
        energy = Decimal(str(value))
    except InvalidOperation as error:
        raise GraphQLError('Energy is a decimal number of kilowatt-hours such as "231.5".') from error
    if not energy.is_finite():
        raise GraphQLError("Energy is a finite number of kilowatt-hours.")
    return Energy(energy)


ENERGY_SCALAR: Final = strawberry.scalar(
    name="Energy",
    description='Active energy in kilowatt-hours, an exact decimal as a string: `"231.500"`.',
    serialize=_serialize,
    parse_value=_parse,
)
