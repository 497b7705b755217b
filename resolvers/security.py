"""Security: a customer's sessions, passkeys, grants and audit trail, and the verbs that end, revoke and change them."""

from collections.abc import Sequence
from typing import Annotated, Final

import strawberry
from strawberry import Info

from connectors.store.audit import AuditRow
from resolvers.context import OperationContext
from schema.access import (
    AccessEvent,
    AccessGrant,
    AuditKind,
    ChangePasswordInput,
    ChangePhoneInput,
    ConfirmPhoneInput,
    GrantRevoked,
    Organisation,
    PasskeyRemoved,
    PasswordChanged,
    PhoneChanged,
    PhoneCodeSent,
    ShownPasskey,
    ShownSession,
    SignedOut,
)
from schema.errors import InvalidArgument, NotFound
from schema.identifiers import AccountNumber
from schema.paging import Connection, Page, Slice, read_page
from schema.refusals import Refusal, RefusalCode
from schema.scopes import Scope, authenticated, requires

NO_MESSAGES: Final = Refusal(
    code=RefusalCode.METHOD_NOT_OFFERED, message="This utility sends no text messages, so no phone can be confirmed."
)

ChangePhoneResult = Annotated[PhoneCodeSent | Refusal, strawberry.union("ChangePhoneResult")]
ConfirmPhoneResult = Annotated[PhoneChanged | Refusal, strawberry.union("ConfirmPhoneResult")]
ChangePasswordResult = Annotated[PasswordChanged | Refusal, strawberry.union("ChangePasswordResult")]


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


@strawberry.type
class SecurityMutation:
    """Root fields that end, revoke and change."""

    @strawberry.mutation(extensions=[authenticated()], description="End what the caller came with: session or token.")
    async def sign_out(self, info: Info[OperationContext, None]) -> SignedOut:
        """Sign out."""
        house, principal = info.context.house, info.context.principal
        return SignedOut(sessions=await house.sign_out.here(principal, info.context.visitor))

    @strawberry.mutation(
        extensions=[requires(Scope.PROFILE_WRITE)],
        description="End every session of the caller but the current one, and every token of applications.",
    )
    async def sign_out_elsewhere(self, info: Info[OperationContext, None]) -> SignedOut:
        """Sign out everywhere else."""
        house, principal = info.context.house, info.context.principal
        ended = await house.sign_out.everywhere(principal.require(), info.context.visitor, keep=principal.session)
        return SignedOut(sessions=ended)

    @strawberry.mutation(extensions=[requires(Scope.PROFILE_WRITE)], description="End one of the caller's sessions.")
    async def end_session(self, info: Info[OperationContext, None], id: strawberry.ID) -> SignedOut:  # noqa: A002 -- GraphQL's custom
        """End a session; one that is not open stays so."""
        subject = info.context.principal.require()
        return SignedOut(sessions=await info.context.house.sessions.end(subject, info.context.visitor, only=id))

    @strawberry.mutation(
        extensions=[requires(Scope.PROFILE_WRITE)], description="Revoke what the caller allowed an application."
    )
    async def revoke_grant(self, info: Info[OperationContext, None], id: strawberry.ID) -> GrantRevoked:  # noqa: A002 -- GraphQL's custom
        """Revoke a grant."""
        house = info.context.house
        await house.sign_out.application(info.context.principal.require(), id, info.context.visitor)
        return GrantRevoked(id=id)

    @strawberry.mutation(
        extensions=[requires(Scope.PROFILE_WRITE)],
        description="Remove a passkey. Asks for a recent, strong sign-in.",
    )
    async def remove_passkey(self, info: Info[OperationContext, None], id: strawberry.ID) -> PasskeyRemoved:  # noqa: A002 -- GraphQL's custom
        """Remove a passkey."""
        house = info.context.house
        subject = await house.step_up.require(info.context.principal)
        await house.credentials.remove_passkey(subject, id, info.context.visitor)
        return PasskeyRemoved(id=id)

    @strawberry.mutation(
        extensions=[requires(Scope.PROFILE_WRITE)],
        description=(
            "Change the password, and end every other session and token. Asks for a recent, strong sign-in: "
            "INSUFFICIENT_USER_AUTHENTICATION names the methods that would do."
        ),
    )
    async def change_password(
        self,
        info: Info[OperationContext, None],
        input: ChangePasswordInput,  # noqa: A002 -- GraphQL's custom
    ) -> ChangePasswordResult:
        """Change the password."""
        house, principal = info.context.house, info.context.principal
        subject = await house.step_up.require(principal)
        answer = await house.credentials.change_password(
            subject, input.new_password, info.context.visitor, keep=principal.session
        )
        return answer if isinstance(answer, Refusal) else PasswordChanged(ended_sessions=answer)

    @strawberry.mutation(
        extensions=[requires(Scope.PROFILE_WRITE)],
        description="Have a code sent to a new phone number. Asks for a recent, strong sign-in.",
    )
    async def change_phone(
        self,
        info: Info[OperationContext, None],
        input: ChangePhoneInput,  # noqa: A002 -- GraphQL's custom
    ) -> ChangePhoneResult:
        """Send a code."""
        house = info.context.house
        subject = await house.step_up.require(info.context.principal)
        if house.phone_change is None:
            return NO_MESSAGES
        answer = await house.phone_change.begin(subject, input.phone, info.context.visitor)
        return answer if isinstance(answer, Refusal) else PhoneCodeSent(expires_at=answer)

    @strawberry.mutation(
        extensions=[requires(Scope.PROFILE_WRITE)],
        description="Change the phone by the code that was sent to it, and end every other session and token.",
    )
    async def confirm_phone(
        self,
        info: Info[OperationContext, None],
        input: ConfirmPhoneInput,  # noqa: A002 -- GraphQL's custom
    ) -> ConfirmPhoneResult:
        """Change the phone."""
        house, principal = info.context.house, info.context.principal
        subject = await house.step_up.require(principal)
        if house.phone_change is None:
            return NO_MESSAGES
        answer = await house.phone_change.confirm(subject, input.code, info.context.visitor, keep=principal.session)
        return answer if isinstance(answer, Refusal) else PhoneChanged(phone=answer[0], ended_sessions=answer[1])


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
