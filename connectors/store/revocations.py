"""Revocations: keys under which access tokens are refused, kept for as long as such a token may be in force.

StoreSilent   the store did not answer
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, case, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.authorization_tables import revocations
from connectors.store.engine import reading
from connectors.store.insert import Insert, insert_into


class StoreSilent(Exception):
    """The store did not answer."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key, the moment up to which it is revoked, and when nothing can be left that it matters to."""

    key: str
    revoked_at: datetime
    expires_at: datetime


class RevocationRows:
    """The revocations, by key."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, keys: Collection[str], revoked_at: datetime, expires_at: datetime) -> None:
        """Keep revocations; of two of one key the later moments stay. Raises StoreSilent."""
        rows = [{"key": key, "revoked_at": revoked_at, "expires_at": expires_at} for key in sorted(set(keys))]
        if not rows:
            return
        with _telling():
            async with self._engine.begin() as connection:
                insert = insert_into(connection, revocations).values(rows)
                later = {
                    each.name: _later(insert, each) for each in (revocations.c.revoked_at, revocations.c.expires_at)
                }
                await connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=later))

    async def news(self, now: datetime, since: datetime | None) -> list[Revocation]:
        """Return what is in force and was revoked since then, or ever; raises StoreSilent."""
        query = select(revocations).where(revocations.c.expires_at > now)
        if since is not None:
            query = query.where(revocations.c.revoked_at >= since)
        with _telling():
            async with reading(self._engine) as connection:
                return [Revocation(**row) for row in (await connection.execute(query)).mappings()]

    async def forget(self, before: datetime) -> int:
        """Drop what expired before then; returns how many. Rows in use are left alone. Raises StoreSilent."""
        old = select(revocations.c.key).where(revocations.c.expires_at < before).with_for_update(skip_locked=True)
        with _telling():
            async with self._engine.begin() as connection:
                return (await connection.execute(delete(revocations).where(revocations.c.key.in_(old)))).rowcount


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise StoreSilent from error


def _later(insert: Insert, column: Column[datetime]) -> object:
    """Return the later of the two moments that a row could hold."""
    given = insert.excluded[column.name]
    return case((given > column, given), else_=column)
