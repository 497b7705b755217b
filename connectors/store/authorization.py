"""Authorization: the transactions of the authorization server, and the codes that it hands out.

Authlib's core is synchronous, so a request runs as one synchronous function over one transaction. It is committed also
when the answer is an error: a code that was replayed and a token that was reused must stay marked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.authorization_tables import authorization_codes, device_codes, refresh_tokens, token_families
from connectors.store.engine import reading
from connectors.store.families import authentication_values, take_authentication
from connectors.store.insert import insert_into
from connectors.store.sign_in_tables import tickets
from schema.authentication import Authentication

Transaction: TypeAlias = Connection
"""The store inside one transaction, for synchronous functions."""

T = TypeVar("T")


class AuthorizationRows:
    """Runs what the authorization server does."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run a function in one transaction; what it wrote stands unless it raises."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def look(self, work: Callable[[Transaction], T]) -> T:
        """Run a function that only reads."""
        async with reading(self._engine) as connection:
            return await connection.run_sync(work)

    async def forget(self, before: datetime) -> int:
        """Drop the codes and the families that were too old before then, with their tokens; returns how many."""
        old = select(token_families.c.id).where(token_families.c.expires_at < before)
        async with self._engine.begin() as connection:
            await connection.execute(delete(refresh_tokens).where(refresh_tokens.c.family.in_(old)))
            expiring = (authorization_codes, device_codes, token_families)
            forgotten = [await connection.execute(delete(each).where(each.c.expires_at < before)) for each in expiring]
            return sum(each.rowcount for each in forgotten)


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code by its SHA-256, and everything that a token for it will say. `family` is drawn with it."""

    code_hash: str = field(repr=False)
    family: str
    client_id: str
    subject: str = field(repr=False)
    grant_id: str | None
    redirect_uri: str
    scope: str
    code_challenge: str
    dpop_jkt: str | None
    authentication: Authentication
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def add_code(connection: Transaction, code: Code) -> None:
    """Keep a code that is about to be handed out."""
    values = {name: getattr(code, name) for name in Code.__slots__ if name != "authentication"}
    connection.execute(authorization_codes.insert().values({**values, **authentication_values(code.authentication)}))


def find_code(connection: Transaction, code_hash: str) -> Code | None:
    """Find a code, also one that was used or is too old."""
    query = select(authorization_codes).where(authorization_codes.c.code_hash == code_hash)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    given = dict(row)
    return Code(authentication=take_authentication(given), **given)


def use_code(connection: Transaction, code_hash: str, now: datetime) -> bool:
    """Mark a code as used; False for all but the first who does so."""
    unused = (authorization_codes.c.code_hash == code_hash, authorization_codes.c.used_at.is_(None))
    return connection.execute(update(authorization_codes).where(*unused).values(used_at=now)).rowcount == 1


def use_once(connection: Transaction, kind: str, key: str, now: datetime, expires_at: datetime) -> bool:
    """Note an id that may be used once, as a ticket in this transaction; False where it was noted before."""
    row = {"kind": kind, "key": key, "payload": "", "made_at": now, "expires_at": expires_at}
    insert = insert_into(connection, tickets).values(row).on_conflict_do_nothing().returning(tickets.c.key)
    return connection.execute(insert).first() is not None
