"""Sessions: browsers that stay signed in by a cookie, seen and ended by their customer.

The cookie holds 256 random bits; the store knows their SHA-256 alone. Each sign-in makes a new secret, so that a cookie
planted before is worth nothing after (OWASP ASVS 5, 7.2.4). What a provider needs to end its own session is a secret of
the customer's there: it is kept sealed by the cookie's, so that it can be used by the browser that signs out and by
nobody who reads the store.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from auth.audit import Audit, AuditEvent, AuditKind, device, network
from auth.given import is_base64url
from auth.identity.port import Visitor
from auth.revocations import Revocations
from auth.sealing import seal, unseal
from connectors.store.sessions import Session, SessionRows
from connectors.store.tickets import key_of
from schema.authentication import Authentication
from schema.scopes import CUSTOMER_SCOPES, Principal

TOUCH_AFTER: Final = timedelta(minutes=1)
LONGEST_TOKEN: Final = timedelta(hours=1)
"""No access token that was issued from a session lives longer, and no connection trusts a session longer unasked."""
MAX_HINT: Final = 16_000
"""Characters of what a provider needs to end its own session; without a longer one it is left to expire."""
_HINT: Final = "sign-out hint"


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long a session lasts unused, and at most."""

    idle: timedelta = timedelta(days=1)
    absolute: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session that has just begun, with the secret for its cookie."""

    secret: str
    session: Session

    def __repr__(self) -> str:
        return f"OpenedSession({self.session!r})"


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(
        self,
        rows: SessionRows,
        revocations: Revocations,
        audit: Audit,
        now: Callable[[], datetime],
        rules: SessionRules = SessionRules(),
    ) -> None:
        self._rows = rows
        self._revocations = revocations
        self._audit = audit
        self._now = now
        self._rules = rules

    async def open(
        self,
        subject: str,
        provider: str,
        authentication: Authentication,
        visitor: Visitor,
        *,
        sign_out_hint: str | None = None,
    ) -> OpenedSession:
        """Open a session for a customer who has just signed in; `sign_out_hint` is kept sealed."""
        now, secret = self._now(), secrets.token_urlsafe(32)
        session = Session(
            id=secrets.token_urlsafe(12),
            subject=subject,
            provider=provider,
            authentication=authentication,
            opened_at=now,
            last_seen_at=now,
            expires_at=now + self._rules.absolute,
            device=device(visitor.user_agent),
            network=network(visitor.address),
            sign_out_hint=_sealed(sign_out_hint, secret),
        )
        await self._rows.add(session, key_of(secret))
        return OpenedSession(secret, session)

    async def find(self, secret: str) -> Session | None:
        """Find the session behind a cookie, with its `sign_out_hint` open."""
        now = self._now()
        session = await self._rows.find(key_of(secret), now, now - self._rules.idle)
        if session is None:
            return None
        if now - session.last_seen_at >= TOUCH_AFTER:
            await self._rows.touch(session, now)
        hint = session.sign_out_hint
        return session if hint is None else replace(session, sign_out_hint=unseal(hint, secret, _HINT))

    async def of(self, subject: str) -> list[Session]:
        """Return a customer's open sessions, the one used last first."""
        now = self._now()
        return await self._rows.of_subject(subject, now, now - self._rules.idle)

    async def end(self, subject: str, visitor: Visitor, *, only: str | None = None, keep: str | None = None) -> int:
        """End a customer's sessions, or one, or all but one, with the tokens issued from them.

        Returns how many of them were open; of those that nobody has used for too long nothing is said.
        """
        if only is not None and not is_base64url(only):
            return 0
        now = self._now()
        ended = await self._rows.end(subject, now, only=only, keep=keep)
        if not ended:
            return 0
        await self._revocations.revoke([f"sid:{each.id}" for each in ended], LONGEST_TOKEN)
        were_open = sum(each.last_seen_at > now - self._rules.idle and each.expires_at > now for each in ended)
        if were_open:
            event = AuditEvent(AuditKind.SIGNED_OUT, subject=subject, detail=str(were_open), visitor=visitor)
            await self._audit.record(event)
        return were_open


def _sealed(hint: str | None, secret: str) -> str | None:
    return None if hint is None or len(hint) > MAX_HINT else seal(hint, secret, _HINT)


def principal_of(session: Session) -> Principal:
    """Return the caller behind a session: a customer, with all of a customer's scopes."""
    return Principal(
        subject=session.subject,
        scopes=CUSTOMER_SCOPES,
        expires_at=session.expires_at,
        session=session.id,
        authentication=session.authentication,
        issued_at=session.opened_at,
        revocable=(f"sid:{session.id}",),
    )
