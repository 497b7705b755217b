"""Tariffs: the catalogue of the utility's profile."""

from datetime import date

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.tariffs import Tariff


@strawberry.type
class TariffQuery:
    """Root fields about tariffs."""

    @strawberry.field(description="The tariffs in force on a local day, today where none is given. Public.")
    def tariffs(self, info: Info[OperationContext, None], on: date | None = None) -> list[Tariff]:
        """Read the profile."""
        day = on or info.context.profile.today()
        return [tariff for tariff in info.context.profile.tariffs if tariff.is_in_force(day)]
