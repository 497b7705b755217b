"""Credentials: the verbs that end sessions, revoke grants, and change how a customer signs in."""

from typing import Annotated, Final

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.access import (
    ChangePasswordInput,
    ChangePhoneInput,
    ConfirmPhoneInput,
    GrantRevoked,
    PasskeyRemoved,
    PasswordChanged,
    PhoneChanged,
    PhoneCodeSent,
    SignedOut,
)
from schema.refusals import Refusal, RefusalCode
from schema.scopes import Scope, authenticated, requires

NO_MESSAGES: Final = Refusal(
    code=RefusalCode.METHOD_NOT_OFFERED, message="This utility sends no text messages, so no phone can be confirmed."
)

ChangePhoneResult = Annotated[PhoneCodeSent | Refusal, strawberry.union("ChangePhoneResult")]
ConfirmPhoneResult = Annotated[PhoneChanged | Refusal, strawberry.union("ConfirmPhoneResult")]
ChangePasswordResult = Annotated[PasswordChanged | Refusal, strawberry.union("ChangePasswordResult")]


@strawberry.type
class CredentialMutation:
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
            "Change the password, and end every other session and every application's tokens. Asks for a recent, "
            "strong sign-in: INSUFFICIENT_USER_AUTHENTICATION names the methods that would do."
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
        description=(
            "Change the phone by the code that was sent to it, and end every other session and every application's "
            "tokens."
        ),
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
