"""Credentials: what a customer changes about how they sign in. Whoever calls has asked for a recent sign-in already."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth.audit import Audit, AuditEvent, AuditKind
from auth.given import well_formed
from auth.identity.port import Visitor
from auth.passkeys import is_credential_id
from auth.password_rules import DEFAULT_MINIMUM_LENGTH, why_weak
from auth.passwords import Passwords, TooManyAtOnce
from auth.refusals import BUSY
from auth.sign_out import SignOut
from connectors.store.customers import CustomerRows
from connectors.store.passkeys import PasskeyRows
from schema.errors import NotFound
from schema.refusals import Refusal, RefusalCode


@dataclass(frozen=True, slots=True)
class Credentials:
    """The verbs of a customer about their own password and passkeys."""

    customers: CustomerRows
    passwords: Passwords
    passkeys: PasskeyRows
    sign_out: SignOut
    audit: Audit
    now: Callable[[], datetime]
    minimum_length: int = DEFAULT_MINIMUM_LENGTH

    async def change_password(
        self, subject: str, new_password: str, visitor: Visitor, *, keep: str | None = None
    ) -> int | Refusal:
        """Set a new password and end everything but the session to keep; returns how many sessions were ended."""
        customer = await self.customers.get(subject)
        if customer is None:
            raise NotFound
        new_password = well_formed(new_password)
        own = [customer.name, customer.email or "", customer.phone or ""]
        weakness = why_weak(new_password, own, self.minimum_length)
        if weakness:
            return Refusal(code=RefusalCode.WEAK_PASSWORD, message=weakness, field="newPassword")
        try:
            password_hash = await self.passwords.hash(new_password)
        except TooManyAtOnce:
            return BUSY
        await self.customers.set_password(subject, password_hash)
        await self._record(subject, "password", "PASSWORD_CHANGED", visitor)
        return await self.sign_out.everywhere(subject, visitor, keep=keep)

    async def remove_passkey(self, subject: str, credential_id: str, visitor: Visitor) -> None:
        """Remove a passkey; one that is not there stays so."""
        if is_credential_id(credential_id) and await self.passkeys.remove(subject, credential_id, self.now()):
            await self._record(subject, "passkey", "PASSKEY_REMOVED", visitor)

    async def _record(self, subject: str, provider: str, detail: str, visitor: Visitor) -> None:
        await self.audit.record(
            AuditEvent(AuditKind.CREDENTIAL_CHANGED, subject=subject, provider=provider, detail=detail, visitor=visitor)
        )
