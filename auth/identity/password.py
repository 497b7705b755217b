"""Passwords behind the port: who knows a customer's password is that customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from auth.identity.people import OWN_ISSUER
from auth.identity.port import Beginning, Form, Identity, ProviderUnavailable, SignInRefused
from auth.password_sign_in import PasswordSignIn
from auth.refusals import BUSY
from connectors.transport.deadline import Deadline
from schema.authentication import Amr, Assurance
from schema.refusals import Refusal


@dataclass(frozen=True, slots=True)
class PasswordProvider:
    """Our own customers, by e-mail or phone and password."""

    name: ClassVar[str] = "password"
    assurance: ClassVar[Assurance] = Assurance.LOW
    by_password: PasswordSignIn

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Form:  # noqa: ARG002 -- the port's signature
        """Ask for login and password."""
        return Form("password")

    async def finish(
        self,
        answer: Mapping[str, str],
        kept: Mapping[str, str],  # noqa: ARG002 -- the port's signature
        beginning: Beginning,
        deadline: Deadline,  # noqa: ARG002 -- same
    ) -> Identity:
        """Judge `login` and `password`."""
        judged = await self.by_password.judge(answer.get("login", ""), answer.get("password", ""), beginning.visitor)
        found = judged.answer
        if found is BUSY:
            raise ProviderUnavailable("BUSY")
        if isinstance(found, Refusal):
            raise SignInRefused(found.code.value, retry_after_s=found.retry_after_seconds, subject=judged.subject)
        return Identity(OWN_ISSUER, found.subject, "PASSWORD", self.assurance, (Amr.PASSWORD,))

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> None:
        """Do nothing: the session here was the only one."""
