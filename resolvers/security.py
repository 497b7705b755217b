"""Security: a customer's sessions, passkeys, grants and audit trail."""

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry import Info

from connectors.store.audit import AuditRow
from resolvers.context import OperationContext
from schema.access import (
    AccessEvent,
    AccessGrant,
    AuditKind,
    Organisation,
    ShownPasskey,
    ShownSession,
)
from schema.errors import InvalidArgument, NotFound
from schema.identifiers import AccountNumber
from schema.paging import Connection, Page, Slice, read_page
from schema.scopes import Scope, requires


@strawberry.type(description="Who is signed in as the caller, who may see what, and what happened.")
class Security:
    """The caller's own security."""

    @strawberry.field(description="The browsers that are signed in, the one used last first.")
    async def sessions(self, info: Info[OperationContext, None]) -> list[ShownSession]:
        """List the open sessions."""
        principal = info.context.principal
        return [
            ShownSession(
                id=strawberry.ID(each.id),
                provider=each.provider,
                device=each.device,
                network=each.network,
                opened_at=each.opened_at,
                last_seen_at=each.last_seen_at,
                expires_at=each.expires_at,
                is_current=each.id == principal.session,
            )
            for each in await info.context.house.sessions.of(principal.require())
        ]

    @strawberry.field(description="The caller's passkeys, the oldest first.")
    async def passkeys(self, info: Info[OperationContext, None]) -> list[ShownPasskey]:
        """List the passkeys."""
        found = await info.context.house.passkeys.of_subject(info.context.principal.require())
        return [
            ShownPasskey(
                id=strawberry.ID(each.credential_id),
                name=each.name,
                added_at=each.added_at,
                last_used_at=each.last_used_at,
            )
            for each in found
        ]

    @strawberry.field(description="What the caller allows other applications, the newest first.")
    async def grants(self, info: Info[OperationContext, None]) -> list[AccessGrant]:
        """List the grants."""
        return [
            AccessGrant(
                id=strawberry.ID(each.id),
                application=each.client_name,
                scopes=[scope for scope in Scope if scope.value in each.scopes],
                accounts=sorted(each.accounts),
                granted_at=each.granted_at,
                last_used_at=each.last_used_at,
            )
            for each in await info.context.house.grants.of_subject(info.context.principal.require())
        ]

    @strawberry.field(description="The legal persons that the caller may act for, the primary one first.")
    async def organisations(self, info: Info[OperationContext, None]) -> list[Organisation]:
        """List the organisations."""
        found = await info.context.house.identities.organisations(info.context.principal.require())
        return [Organisation(tin=each.tin, name=each.name, is_primary=each.is_primary) for each in found]

    @strawberry.field(description="What happened to the caller's sign-in, grants and accounts, newest first.")
    async def events(
        self,
        info: Info[OperationContext, None],
        first: Annotated[int, strawberry.argument(description="At most 100.")] = 20,
        after: str | None = None,
    ) -> Connection[AccessEvent]:
        """Page through the audit trail."""
        page = _page(info, first, after)
        subject = info.context.principal.require()
        return _events(await info.context.house.trail.of_subject(subject, first + 1, _before(page)), page)

    @strawberry.field(
        description="Which applications saw one of the caller's accounts since it was linked, newest first."
    )
    async def account_events(
        self,
        info: Info[OperationContext, None],
        account: AccountNumber,
        first: Annotated[int, strawberry.argument(description="At most 100.")] = 20,
        after: str | None = None,
    ) -> Connection[AccessEvent]:
        """Page through who saw an account."""
        page = _page(info, first, after)
        since = await info.context.house.links.linked_since(info.context.principal.require(), account)
        if since is None:
            raise NotFound
        return _events(await info.context.house.trail.of_account(account, since, first + 1, _before(page)), page)


@strawberry.type
class SecurityQuery:
    """Root fields about the caller's security."""

    @strawberry.field(
        extensions=[requires(Scope.ACCESS_READ)],
        description="The caller's sessions, passkeys, grants, and who saw their accounts.",
    )
    async def security(self) -> Security:
        """Open the caller's security."""
        return Security()


def _page(info: Info[OperationContext, None], first: int, after: str | None) -> Page:
    page = read_page(first, after)
    info.context.budget.spend(first)
    return page


def _before(page: Page) -> int | None:
    if page.after is None:
        return None
    if not (page.after.isascii() and page.after.isdigit()):
        raise InvalidArgument("after", "after is a cursor from an earlier page.")
    return int(page.after)


def _events(rows: Sequence[AuditRow], page: Page) -> Connection[AccessEvent]:
    shown = [
        AccessEvent(
            id=strawberry.ID(str(row.id)),
            at=row.at,
            kind=AuditKind(row.kind),
            account=AccountNumber(row.account_number) if row.account_number else None,
            application=row.client_name,
            provider=row.provider,
            detail=row.detail,
            network=row.network,
            device=row.device,
        )
        for row in rows[: page.first]
    ]
    return Connection.of(Slice(shown, has_more=len(rows) > page.first), page, lambda event: event.id)
