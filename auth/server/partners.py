"""Partners: clients are registered, given new credentials, limited and disabled by the utility's own people."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from auth.audit import Audit, AuditEvent, AuditKind
from auth.revocations import Revocations
from auth.server.client import BY_KEY, BY_SECRET, NONE, REFRESH
from auth.server.registration import (
    GRANT_TYPES,
    Registration,
    RegistrationRefused,
    check,
    check_limit,
    method_of,
    read_jwks,
    scopes_of,
)
from auth.token_claims import LONGEST_LIFETIME
from connectors.store.clients import ClientRow, ClientRows
from connectors.store.tickets import key_of

SECRET_PREFIX: Final = "ggs_"  # noqa: S105 -- the prefix is no secret
CLIENT_PREFIX: Final = "ggc_"


@dataclass(frozen=True, slots=True)
class Registered:
    """A client with the secret that is shown this once, where it has one."""

    client: ClientRow
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Partners:
    """Looks after clients; every change is told to the audit trail."""

    rows: ClientRows
    revocations: Revocations
    audit: Audit
    now: Callable[[], datetime]

    async def register(self, asked: Registration) -> Registered:
        """Register a client; raises RegistrationRefused."""
        scopes = scopes_of(asked)
        check(asked)
        method = method_of(asked)
        secret = _new_secret() if method == BY_SECRET else None
        client = ClientRow(
            client_id=CLIENT_PREFIX + secrets.token_urlsafe(12),
            name=asked.name,
            kind=asked.kind,
            is_first_party=asked.is_first_party,
            redirect_uris=asked.redirect_uris,
            grant_types=tuple(each for each in GRANT_TYPES[asked.kind] if each != REFRESH or method == NONE),
            scopes=tuple(sorted(scope.value for scope in scopes)),
            authentication_method=method,
            registered_at=self.now(),
            secret_hash=key_of(secret) if secret is not None else None,
            jwks=read_jwks(asked.jwks) if asked.jwks is not None else None,
            requires_dpop=asked.requires_dpop,
            requests_per_minute=asked.requests_per_minute,
        )
        await self.rows.add(client)
        await self._record(client, "REGISTERED")
        return Registered(client, secret)

    async def rotate_secret(self, client_id: str, overlap: timedelta) -> Registered:
        """Give a client a new secret; the one before is good for a while longer. Raises RegistrationRefused."""
        client = await self._one(client_id)
        if client.authentication_method != BY_SECRET:
            raise RegistrationRefused(f"{client_id} has no secret; it proves itself by {client.authentication_method}")
        secret = _new_secret()
        await self.rows.change(
            client_id,
            secret_hash=key_of(secret),
            previous_secret_hash=client.secret_hash,
            previous_secret_until=self.now() + overlap,
        )
        await self._record(client, "SECRET_ROTATED")
        return Registered(client, secret)

    async def replace_keys(self, client_id: str, jwks: Mapping[str, Any]) -> None:
        """Replace a client's keys, or its secret by keys: secrets end at once. Raises RegistrationRefused."""
        client = await self._one(client_id)
        if client.authentication_method == NONE:
            raise RegistrationRefused(f"{client_id} does not prove itself; register another client")
        no_secret = {"secret_hash": None, "previous_secret_hash": None, "previous_secret_until": None}
        await self.rows.change(client_id, authentication_method=BY_KEY, jwks=read_jwks(jwks), **no_secret)
        await self._record(client, "KEYS_REPLACED")

    async def disable(self, client_id: str) -> None:
        """Turn a client away, and every access token that it was issued. Raises RegistrationRefused."""
        client = await self._one(client_id)
        await self.rows.change(client_id, disabled_at=client.disabled_at or self.now())
        await self.revocations.revoke(f"client:{client_id}", LONGEST_LIFETIME)
        await self._record(client, "DISABLED")

    async def enable(self, client_id: str) -> None:
        """Let a client in again. Raises RegistrationRefused."""
        client = await self._one(client_id)
        await self.rows.change(client_id, disabled_at=None)
        await self._record(client, "ENABLED")

    async def limit(self, client_id: str, requests_per_minute: int | None) -> None:
        """Set how often a client may ask, None for as often as it likes. Raises RegistrationRefused."""
        client = await self._one(client_id)
        check_limit(requests_per_minute, is_confidential=client.authentication_method != NONE)
        await self.rows.change(client_id, requests_per_minute=requests_per_minute)
        await self._record(client, f"LIMIT {requests_per_minute or 'LIFTED'}")

    async def _one(self, client_id: str) -> ClientRow:
        client = await self.rows.get(client_id)
        if client is None:
            raise RegistrationRefused(f"no client {client_id!r} is registered; gridgate partners list shows all")
        return client

    async def _record(self, client: ClientRow, detail: str) -> None:
        event = AuditEvent(AuditKind.CLIENT_CHANGED, client=(client.client_id, client.name), detail=detail)
        await self.audit.record(event)


def _new_secret() -> str:
    return SECRET_PREFIX + secrets.token_urlsafe(32)
