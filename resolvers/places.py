"""Places: where the utility's accounts are, for a customer who looks for the region and the district of theirs."""

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.places import Region


@strawberry.type
class PlaceQuery:
    """Root fields about places."""

    @strawberry.field(
        description=(
            "The regions that the utility serves, with their districts; none where its profile has no table of places. "
            "Names are in the language asked for (BCP 47), the utility's first where none is; in English where a place "
            "has no name in it. Public."
        )
    )
    def regions(self, info: Info[OperationContext, None], language: str | None = None) -> list[Region]:
        """Read the profile."""
        profile = info.context.profile
        info.context.budget.spend(len(profile.places.rows))
        return profile.places.regions(language or profile.languages[0])
