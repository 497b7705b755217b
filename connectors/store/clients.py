"""Clients: the applications that may ask for tokens, and how many requests each has made in this minute.

Functions that take a connection are synchronous: the authorization server runs them in a transaction of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, case, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.authorization_tables import client_rates, clients
from connectors.store.engine import reading
from connectors.store.insert import insert_into

_LISTS: Final = ("redirect_uris", "grant_types", "scopes")


@dataclass(frozen=True, slots=True)
class ClientRow:
    """An application as it is registered. `kind` is `app`, `partner` or `device`; secrets are SHA-256 in hex.

    `authentication_method` is one of RFC 7591: `none`, `client_secret_basic` or `private_key_jwt`. The previous secret
    is good until `previous_secret_until`.
    """

    client_id: str
    name: str
    kind: str
    is_first_party: bool
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]
    scopes: tuple[str, ...]
    authentication_method: str
    registered_at: datetime
    secret_hash: str | None = field(default=None, repr=False)
    previous_secret_hash: str | None = field(default=None, repr=False)
    previous_secret_until: datetime | None = None
    jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    requires_dpop: bool = False
    requests_per_minute: int | None = None
    disabled_at: datetime | None = None


def find_client(connection: Connection, client_id: str) -> ClientRow | None:
    """Find a client, also one that is disabled."""
    row = connection.execute(select(clients).where(clients.c.client_id == client_id)).mappings().first()
    return _client(row) if row else None


def count_request(connection: Connection, client_id: str, minute: datetime) -> int:
    """Count a request of a client in a minute; returns how many it has made in it, this one included."""
    one_more = case((client_rates.c.minute == minute, client_rates.c.requests + 1), else_=1)
    insert = insert_into(connection, client_rates).values(client_id=client_id, minute=minute, requests=1)
    counted = insert.on_conflict_do_update(
        index_elements=[client_rates.c.client_id], set_={"minute": minute, "requests": one_more}
    )
    return int(connection.execute(counted.returning(client_rates.c.requests)).scalar_one())


class ClientRows:
    """The clients, for those who look after them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, client: ClientRow) -> None:
        """Register a client under an id that nobody has."""
        async with self._engine.begin() as connection:
            await connection.execute(clients.insert().values(_values(asdict(client))))

    async def get(self, client_id: str) -> ClientRow | None:
        """Find a client, also one that is disabled."""
        async with reading(self._engine) as connection:
            return await connection.run_sync(find_client, client_id)

    async def all(self) -> list[ClientRow]:
        """Return every client in the order of their registration; people register them, so they are few."""
        query = select(clients).order_by(clients.c.registered_at, clients.c.client_id)
        async with reading(self._engine) as connection:
            return [_client(row) for row in (await connection.execute(query)).mappings()]

    async def change(self, client_id: str, **values: Any) -> bool:  # noqa: ANN401 -- any field of a client
        """Change some fields of a client; False where there is none."""
        changed = update(clients).where(clients.c.client_id == client_id).values(_values(values))
        async with self._engine.begin() as connection:
            return (await connection.execute(changed)).rowcount > 0


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: json.dumps(value) if name in _LISTS else value for name, value in given.items()}
    if values.get("jwks") is not None:
        values["jwks"] = json.dumps(values["jwks"])
    return values


def _client(row: RowMapping) -> ClientRow:
    given = dict(row)
    given.update({name: tuple(json.loads(given[name])) for name in _LISTS})
    given["jwks"] = json.loads(given["jwks"]) if given["jwks"] is not None else None
    return ClientRow(**given)
