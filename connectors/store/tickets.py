"""Tickets: what may be used once and not for long. Whoever takes a ticket first has it, of any number of processes."""

import hashlib
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import reading
from connectors.store.insert import insert_into
from connectors.store.sign_in_tables import tickets


def key_of(text: str) -> str:
    """Return the key that a secret or an id of any length is kept under: its SHA-256 in hex."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class TicketRows:
    """The tickets, by kind and key."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def put(self, kind: str, key: str, payload: str, now: datetime, expires_at: datetime) -> bool:
        """Keep a ticket; False, and nothing changed, where there was one by this key that is not forgotten yet."""
        row = {"kind": kind, "key": key, "payload": payload, "made_at": now, "expires_at": expires_at}
        async with self._engine.begin() as connection:
            insert = insert_into(connection, tickets).on_conflict_do_nothing().returning(tickets.c.key)
            return (await connection.execute(insert, row)).first() is not None

    async def peek(self, kind: str, key: str, now: datetime) -> str | None:
        """Return what a ticket that is still good holds, and leave it good."""
        query = select(tickets.c.payload).where(tickets.c.kind == kind, tickets.c.key == key, *_is_good(now))
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).first()
        return row.payload if row else None

    async def take(self, kind: str, key: str, now: datetime) -> str | None:
        """Use a ticket up and return what it holds; None where it is unknown, used or too old."""
        good = (tickets.c.kind == kind, tickets.c.key == key, *_is_good(now))
        taken = update(tickets).where(*good).values(taken_at=now).returning(tickets.c.payload)
        async with self._engine.begin() as connection:
            row = (await connection.execute(taken)).first()
        return row.payload if row else None

    async def forget(self, before: datetime) -> int:
        """Drop every ticket that was too old before then; returns how many."""
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(tickets).where(tickets.c.expires_at < before))).rowcount


def _is_good(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return tickets.c.taken_at.is_(None), tickets.c.expires_at > now
