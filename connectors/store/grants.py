"""Grants: what a customer allowed somebody else's application, and about which of their accounts.

A grant bounds every token issued under it. Rows are closed, never deleted: who was allowed what stays known.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.authorization_tables import GRANT_IS_OPEN, clients, grant_accounts, grants
from connectors.store.engine import reading
from connectors.store.families import end_families_of_grant
from connectors.store.insert import insert_into
from schema.identifiers import AccountNumber

_SHOWN: Final = (
    grants.c.id,
    grants.c.subject,
    grants.c.client_id,
    clients.c.name.label("client_name"),
    grants.c.scopes,
    grants.c.granted_at,
    grants.c.last_used_at,
)
_WITH_CLIENT: Final = select(*_SHOWN).join(clients, clients.c.client_id == grants.c.client_id)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a customer allows a client now: scopes by their names, and the accounts that it may see."""

    id: str
    subject: str
    client_id: str
    client_name: str
    scopes: frozenset[str]
    granted_at: datetime
    last_used_at: datetime | None
    accounts: frozenset[AccountNumber]

    def __repr__(self) -> str:
        return f"Grant({self.id!r})"


def lock_grant(connection: Connection, grant_id: str) -> Grant | None:
    """Find an open grant, and hold its row until the transaction ends."""
    held = select(grants.c.id).where(grants.c.id == grant_id, GRANT_IS_OPEN).with_for_update()
    if connection.execute(held).first() is None:
        return None
    row = connection.execute(_WITH_CLIENT.where(grants.c.id == grant_id)).mappings().one()
    return _grants(connection, [row])[0]


def open_grant(connection: Connection, grant_id: str, subject: str, client_id: str, now: datetime) -> Grant:
    """Return a customer's open grant to a client, made now under `grant_id` where there is none; its row is held."""
    row = {"id": grant_id, "subject": subject, "client_id": client_id, "scopes": "", "granted_at": now}
    made = insert_into(connection, grants).values(row)
    made_or_held = made.on_conflict_do_update(
        index_elements=[grants.c.subject, grants.c.client_id],
        index_where=GRANT_IS_OPEN,
        set_={"last_used_at": grants.c.last_used_at},
    )
    found = connection.execute(made_or_held.returning(grants.c.id)).scalar_one()
    return _grants(connection, connection.execute(_WITH_CLIENT.where(grants.c.id == found)).mappings().all())[0]


def write_grant(
    connection: Connection, grant_id: str, scopes: Collection[str], accounts: Collection[str], now: datetime
) -> None:
    """Replace what a grant allows, as the customer has just decided."""
    decided = {"scopes": " ".join(sorted(scopes)), "granted_at": now}
    connection.execute(update(grants).where(grants.c.id == grant_id).values(decided))
    connection.execute(delete(grant_accounts).where(grant_accounts.c.grant_id == grant_id))
    rows = [{"grant_id": grant_id, "account_number": number} for number in sorted(accounts)]
    if rows:
        connection.execute(insert(grant_accounts), rows)


def note_use(connection: Connection, grant_id: str, now: datetime) -> None:
    """Note that a token was issued under a grant."""
    connection.execute(update(grants).where(grants.c.id == grant_id).values(last_used_at=now))


class GrantRows:
    """The grants, for the customers who gave them and for the accounts that they bound."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def accounts(self, grant_id: str) -> frozenset[AccountNumber] | None:
        """Return the accounts that a grant lets a third party see; None where it is not open: then none at all."""
        async with reading(self._engine) as connection:
            is_open = select(grants.c.id).where(grants.c.id == grant_id, GRANT_IS_OPEN)
            if (await connection.execute(is_open)).first() is None:
                return None
            numbers = select(grant_accounts.c.account_number).where(grant_accounts.c.grant_id == grant_id)
            return frozenset(AccountNumber(number) for number in (await connection.execute(numbers)).scalars())

    async def of_subject(self, subject: str) -> list[Grant]:
        """Return what a customer allows now, the newest first; one grant a client at most."""
        query = _WITH_CLIENT.where(grants.c.subject == subject, GRANT_IS_OPEN).order_by(
            grants.c.granted_at.desc(), grants.c.id
        )
        return await self._read(query)

    async def open_of(self, subject: str, client_id: str) -> Grant | None:
        """Return what a customer allows a client now."""
        pair = (grants.c.subject == subject, grants.c.client_id == client_id)
        return next(iter(await self._read(_WITH_CLIENT.where(*pair, GRANT_IS_OPEN))), None)

    async def revoke(self, subject: str, grant_id: str, now: datetime) -> Grant | None:
        """Close a customer's grant with its refresh tokens; returns what it allowed, None where it was not open.

        Access tokens issued under it are the caller's to revoke, by the key `grant:<id>`.
        """
        async with self._engine.begin() as connection:
            return await connection.run_sync(_revoke, subject, grant_id, now)

    async def _read(self, query: Select[Any]) -> list[Grant]:
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
            return await connection.run_sync(_grants, rows)


def _revoke(connection: Connection, subject: str, grant_id: str, now: datetime) -> Grant | None:
    grant = lock_grant(connection, grant_id)
    if grant is None or grant.subject != subject:
        return None
    connection.execute(update(grants).where(grants.c.id == grant_id).values(revoked_at=now))
    end_families_of_grant(connection, grant_id, now)
    return grant


def _grants(connection: Connection, rows: Sequence[RowMapping]) -> list[Grant]:
    """Complete grants by their accounts, in one query for all of them."""
    accounts: dict[str, set[AccountNumber]] = {row["id"]: set() for row in rows}
    query = select(grant_accounts).where(grant_accounts.c.grant_id.in_(accounts))
    for row in connection.execute(query).mappings():
        accounts[row["grant_id"]].add(AccountNumber(row["account_number"]))
    return [
        Grant(**{**row, "scopes": frozenset(row["scopes"].split()), "accounts": frozenset(accounts[row["id"]])})
        for row in rows
    ]
