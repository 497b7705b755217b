"""Notices: what the systems tell everybody."""

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.notices import SystemNotice


@strawberry.type
class NoticeQuery:
    """Root fields about notices."""

    @strawberry.field(description="Current and announced notices, soonest first; at most 100. Public.")
    async def notices(self, info: Info[OperationContext, None]) -> list[SystemNotice] | None:
        """Ask billing."""
        return await info.context.house.billing.notices(info.context.deadline)
