"""Revocations on SQLite and on a real PostgreSQL: the later moment stays, and what has expired goes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import open_store
from connectors.store.revocations import Revocation, RevocationRows, StoreSilent
from tests.race import race

NOW = datetime(2026, 11, 2, 9, 0, 0, 123_456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
SECOND = timedelta(seconds=1)


async def news(rows: RevocationRows, since: datetime | None = None, now: datetime = NOW) -> list[Revocation]:
    return sorted(await rows.news(now, since), key=lambda each: each.key)


async def test_revocations_are_read_back_to_the_microsecond(store: AsyncEngine) -> None:
    rows = RevocationRows(store)
    await rows.add(["subject:s1", "client:c1", "subject:s1"], NOW, LATER)
    assert await news(rows) == [Revocation("client:c1", NOW, LATER), Revocation("subject:s1", NOW, LATER)]
    await rows.add([], NOW, LATER)
    assert len(await news(rows)) == 2


async def test_of_two_revocations_of_a_key_the_later_moments_stay(store: AsyncEngine) -> None:
    rows = RevocationRows(store)
    await rows.add(["subject:s1"], NOW, LATER)
    await rows.add(["subject:s1", "subject:s2"], NOW - SECOND, LATER + SECOND)
    assert await news(rows) == [
        Revocation("subject:s1", NOW, LATER + SECOND),
        Revocation("subject:s2", NOW - SECOND, LATER + SECOND),
    ]
    await rows.add(["subject:s1"], NOW + SECOND, LATER)
    assert (await news(rows))[0] == Revocation("subject:s1", NOW + SECOND, LATER + SECOND)


async def test_news_are_what_was_revoked_since_and_is_in_force(store: AsyncEngine) -> None:
    rows = RevocationRows(store)
    await rows.add(["sid:old"], NOW - SECOND, LATER)
    await rows.add(["sid:new"], NOW, LATER + SECOND)
    assert [each.key for each in await news(rows, since=NOW)] == ["sid:new"]
    assert [each.key for each in await news(rows, since=NOW - SECOND)] == ["sid:new", "sid:old"]
    assert [each.key for each in await news(rows, now=LATER)] == ["sid:new"]


async def test_only_what_has_expired_is_forgotten(store: AsyncEngine) -> None:
    rows = RevocationRows(store)
    await rows.add(["sid:1", "sid:2"], NOW, LATER)
    await rows.add(["sid:3"], NOW, LATER + SECOND)
    assert await rows.forget(LATER) == 0
    assert await rows.forget(LATER + SECOND) == 2
    assert [each.key for each in await news(rows)] == ["sid:3"]


async def test_store_that_does_not_answer_is_told(empty_url: str) -> None:
    engine = open_store(empty_url)
    rows = RevocationRows(engine)
    with pytest.raises(StoreSilent):
        await rows.news(NOW, None)
    with pytest.raises(StoreSilent):
        await rows.forget(NOW)
    await engine.dispose()


def revoke_in_process(start: Callable[[], None], runner: int, url: str) -> int:
    async def run() -> int:
        engine = open_store(url)
        rows = RevocationRows(engine)
        start()
        keys = [f"sid:{at}" for at in range(60)]
        for at in range(20):
            await rows.add(keys if runner else keys[::-1], NOW + timedelta(seconds=2 * at + runner), LATER)
            await rows.forget(NOW)
        await engine.dispose()
        return runner

    return asyncio.run(run())


async def test_two_processes_that_revoke_the_same_do_not_wait_for_each_other(
    store: AsyncEngine, store_url: str
) -> None:
    assert sorted(race(revoke_in_process, store_url)) == [0, 1]
    assert {each.revoked_at for each in await RevocationRows(store).news(NOW, None)} == {NOW + timedelta(seconds=39)}
