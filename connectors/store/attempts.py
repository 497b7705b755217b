"""Attempts: how often something was tried without success, counted before it is tried so that no race is worth running.

An attempt is counted as failed when it begins; whoever succeeds takes it back. A hundred guesses sent at once are
therefore a hundred counted failures, and not a hundred answers to the question "how many failed so far?".
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

import structlog
from sqlalchemy import case, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.store.insert import insert_into
from connectors.store.tables import attempts

Wait: TypeAlias = Callable[[int], datetime]
"""Tells until when the next attempt must wait after so many failures."""

_DAY_S: Final = 86_400
_DAWN: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

log = structlog.get_logger("gridgate")


@dataclass(frozen=True, slots=True)
class Tally:
    """What stands in the store about one key. Failures that fade do so from `last_failed_at` on."""

    failures: int
    last_failed_at: datetime
    blocked_until: datetime

    def faded(self, fades: timedelta | None, now: datetime) -> "Tally":
        """Return what is left of the failures by now."""
        if fades is None or not self.failures:
            return self
        forgotten = min(self.failures, max(0, (now - self.last_failed_at) // fades))
        return replace(self, failures=self.failures - forgotten, last_failed_at=self.last_failed_at + forgotten * fades)


class AttemptRows:
    """The attempts, by opaque keys. Every verb locks its keys in their sorted order."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(
        self,
        waits: Mapping[str, Wait],
        now: datetime,
        forget_before: datetime,
        fades: Mapping[str, timedelta] = MappingProxyType({}),
    ) -> datetime | None:
        """Count an attempt under every key, unless one of them is blocked: then return until when, and count nothing.

        A key whose last failure lies before `forget_before` starts again from nothing; under a key that `fades` one
        failure is forgotten each time that so long has passed, however busy the key is.
        """
        async with self._engine.begin() as connection:
            tallies = await _lock(connection, sorted(waits))
            blocked_until = max(tally.blocked_until for tally in tallies.values())
            if blocked_until > now:
                return blocked_until
            for key in sorted(waits):
                tally = tallies[key].faded(fades.get(key), now)
                failures = 1 if tally.last_failed_at < forget_before else tally.failures + 1
                last_failed_at = tally.last_failed_at if key in fades and failures > 1 else now
                counted = {
                    "failures": failures,
                    "last_failed_at": last_failed_at,
                    "blocked_until": waits[key](failures),
                }
                await connection.execute(update(attempts).where(attempts.c.key == key).values(counted))
        return None

    async def take_back(self, keys: Sequence[str]) -> None:
        """Uncount one attempt under each key and lift its wait."""
        fewer = case((attempts.c.failures > 1, attempts.c.failures - 1), else_=0)
        async with self._engine.begin() as connection:
            await _lock(connection, sorted(keys))
            values = {"failures": fewer, "blocked_until": _DAWN}
            await connection.execute(update(attempts).where(attempts.c.key.in_(keys)).values(values))

    async def clear(self, keys: Sequence[str]) -> None:
        """Forget the keys."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(attempts).where(attempts.c.key.in_(keys)))

    async def forget(self, before: datetime) -> int:
        """Drop every key that has been quiet since before then; returns how many. Keys in use are left alone."""
        old = select(attempts.c.key).where(attempts.c.last_failed_at < before).with_for_update(skip_locked=True)
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(attempts).where(attempts.c.key.in_(old)))).rowcount

    async def forget_daily(self, before: Callable[[], datetime]) -> None:
        """Drop what has been quiet, once a day, for ever."""
        while True:
            try:
                await self.forget(before())
            except SQLAlchemyError as error:
                log.warning("attempts_not_forgotten", error=type(error).__name__)
            await asyncio.sleep(_DAY_S)


async def _lock(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, Tally]:
    """Make sure that the keys have rows, and hold those rows until the transaction ends."""
    empty = {"failures": 0, "last_failed_at": _DAWN, "blocked_until": _DAWN}
    insert = insert_into(connection, attempts).values([{"key": key, **empty} for key in keys])
    await connection.execute(insert.on_conflict_do_nothing())
    query = select(attempts).where(attempts.c.key.in_(keys)).order_by(attempts.c.key).with_for_update()
    rows = (await connection.execute(query)).mappings()
    return {row["key"]: Tally(row["failures"], row["last_failed_at"], row["blocked_until"]) for row in rows}
