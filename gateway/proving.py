"""Proving: what callers are told apart by, and the tables that several parts of signing in share."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from auth.audit import Audit
from auth.callers import Callers
from auth.dpop import Proofs
from auth.keys import KEYS_FILE, SigningKeys, UnusableKeyFile, open_keys
from auth.passwords import Passwords
from auth.revocations import Revocations
from auth.sessions import SessionRules, Sessions
from auth.throttle import Throttle
from auth.tokens import AccessTokens
from connectors.store.attempts import AttemptRows
from connectors.store.audit import AuditRows
from connectors.store.authorization import AuthorizationRows
from connectors.store.customers import CustomerRows
from connectors.store.grants import GrantRows
from connectors.store.health import Store
from connectors.store.identities import IdentityRows
from connectors.store.links import LinkRows
from connectors.store.passkeys import PasskeyRows
from connectors.store.revocations import RevocationRows, StoreSilent
from connectors.store.sessions import SessionRows
from connectors.store.tickets import TicketRows
from gateway.clock import now
from gateway.doors import StartError
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Rows:
    """The tables that several parts of signing in share."""

    customers: CustomerRows
    links: LinkRows
    tickets: TicketRows
    grants: GrantRows
    identities: IdentityRows
    passkeys: PasskeyRows
    trail: AuditRows
    authorizations: AuthorizationRows

    @classmethod
    def of(cls, store: Store) -> "Rows":
        """Return the tables of a store."""
        return cls(
            CustomerRows(store),
            LinkRows(store),
            TicketRows(store),
            GrantRows(store),
            IdentityRows(store),
            PasskeyRows(store),
            AuditRows(store),
            AuthorizationRows(store),
        )


@dataclass(frozen=True, slots=True)
class Proving:
    """What callers are told apart by."""

    keys: SigningKeys
    tokens: AccessTokens
    revocations: Revocations
    throttle: Throttle
    passwords: Passwords
    audit: Audit
    callers: Callers
    sessions: Sessions


async def open_keys_of(settings: Settings) -> SigningKeys:
    """Open the ring of keys in data_dir; raises StartError."""
    try:
        return await asyncio.to_thread(open_keys, settings.data_dir / KEYS_FILE)
    except (UnusableKeyFile, OSError) as error:
        raise StartError(str(error)) from error


def proving_of(settings: Settings, keys: SigningKeys, store: Store, rows: Rows, passwords: Passwords) -> Proving:
    """Wire what tells callers apart."""
    lifetime = timedelta(seconds=settings.token_lifetime_s)
    tokens = AccessTokens(keys, issuer=settings.issuer, audience=settings.issuer, lifetime=lifetime)
    revocations, audit = Revocations(RevocationRows(store), now), Audit(rows.trail, now)
    rules = SessionRules(timedelta(seconds=settings.session_idle_s), timedelta(seconds=settings.session_lifetime_s))
    sessions = Sessions(SessionRows(store), revocations, audit, now, rules)
    return Proving(
        keys=keys,
        tokens=tokens,
        revocations=revocations,
        throttle=Throttle(AttemptRows(store), secret=keys.derived_secret("throttle"), now=now),
        passwords=passwords,
        audit=audit,
        callers=Callers(tokens, revocations, Proofs(rows.tickets, now), sessions, now),
        sessions=sessions,
    )


async def learn_revocations(revocations: Revocations) -> None:
    """Know what was revoked before the first caller is let in; raises StartError."""
    try:
        await revocations.refresh()
    except StoreSilent as error:
        raise StartError("the store does not answer; check store_url and data_dir") from error
