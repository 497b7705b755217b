"""Signing out: here, everywhere, or an application that was allowed in. What ends takes its tokens with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth.audit import Audit, AuditEvent, AuditKind
from auth.given import is_base64url
from auth.identity.port import Visitor
from auth.revocations import ENDS_FOR_GOOD, Revocations
from auth.sessions import Sessions
from auth.token_claims import LONGEST_LIFETIME
from connectors.store.authorization import AuthorizationRows
from connectors.store.families import end_families_of_subject, end_family
from connectors.store.grants import GrantRows
from schema.scopes import Principal


@dataclass(frozen=True, slots=True)
class SignOut:
    """Ends sessions, families of tokens, and grants."""

    sessions: Sessions
    authorizations: AuthorizationRows
    grants: GrantRows
    revocations: Revocations
    audit: Audit
    now: Callable[[], datetime]

    async def here(self, principal: Principal, visitor: Visitor) -> int:
        """End what the caller came with: their session, or their token with the family or session that it is of.

        Returns how many sessions that was: 1, or 0 for an application's token.
        """
        subject, came_from = principal.require(), principal.session
        ended = 0 if came_from is None else await self.sessions.end(subject, visitor, only=came_from)
        if any(key.startswith("jti:") for key in principal.revocable):
            await self._end_token(principal, subject, visitor)
        return ended

    async def everywhere(self, subject: str, visitor: Visitor, *, keep: str | None = None) -> int:
        """End every session but one to keep, every application's tokens, and every token issued so far.

        Returns how many sessions were ended. Families are named as well as their customer: that holds whatever a clock
        says, and a token may be issued in another process at this very moment.
        """
        ended = await self.sessions.end(subject, visitor, keep=keep)
        families = await self.authorizations.transact(
            lambda connection: end_families_of_subject(connection, subject, self.now())
        )
        keys = [f"subject:{subject}", *(f"sid:{each}" for each in families)]
        await self.revocations.revoke(keys, LONGEST_LIFETIME)
        if families:
            await self._record(subject, "APPLICATIONS", visitor)
        return ended

    async def application(self, subject: str, grant_id: str, visitor: Visitor) -> None:
        """Revoke what a customer allowed an application; revoking again changes nothing."""
        grant = await self.grants.revoke(subject, grant_id, self.now()) if is_base64url(grant_id) else None
        if grant is None:
            return
        await self.revocations.revoke(f"grant:{grant_id}", LONGEST_LIFETIME)
        await self.audit.record(
            AuditEvent(
                AuditKind.ACCESS_REVOKED,
                subject=subject,
                client=(grant.client_id, grant.client_name),
                detail=" ".join(sorted(grant.scopes)),
                visitor=visitor,
            )
        )

    async def _end_token(self, principal: Principal, subject: str, visitor: Visitor) -> None:
        """Refuse a token and what else it came with, and let no other be issued in its place."""
        family = principal.session
        if family is not None:
            await self.authorizations.transact(lambda connection: end_family(connection, family, self.now()))
        keys = [key for key in principal.revocable if key.startswith(ENDS_FOR_GOOD)]
        await self.revocations.revoke(keys, LONGEST_LIFETIME)
        await self._record(subject, "TOKEN", visitor)

    async def _record(self, subject: str, detail: str, visitor: Visitor) -> None:
        await self.audit.record(AuditEvent(AuditKind.SIGNED_OUT, subject=subject, detail=detail, visitor=visitor))
