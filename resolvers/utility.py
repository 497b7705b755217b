"""The utility: what everybody may know of it before signing in."""

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.profile import UtilityProfile


@strawberry.type
class UtilityQuery:
    """Root fields about the utility."""

    @strawberry.field(description="The utility behind this gateway, as its profile says. Public.")
    def utility(self, info: Info[OperationContext, None]) -> UtilityProfile:
        """Show the profile."""
        return info.context.profile
