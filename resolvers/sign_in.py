"""Signing in: registration and password sign-in."""

from typing import Annotated

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.refusals import Refusal
from schema.sign_in import RegisterInput, SignedIn, SignInInput

RegisterResult = Annotated[SignedIn | Refusal, strawberry.union("RegisterResult")]
SignInResult = Annotated[SignedIn | Refusal, strawberry.union("SignInResult")]


@strawberry.type
class SignInMutation:
    """Root fields that sign in."""

    @strawberry.mutation(description="Register a customer and sign in.")
    async def register(self, info: Info[OperationContext, None], input: RegisterInput) -> RegisterResult:  # noqa: A002 -- GraphQL's custom
        """Register."""
        return await info.context.house.signing_in.register(input, info.context.visitor)

    @strawberry.mutation(description="Sign in by e-mail or phone and password.")
    async def sign_in(self, info: Info[OperationContext, None], input: SignInInput) -> SignInResult:  # noqa: A002 -- GraphQL's custom
        """Sign in."""
        return await info.context.house.signing_in.sign_in(input, info.context.visitor)
