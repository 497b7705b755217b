"""Passkey rows: one for a credential for ever, closed and not deleted, and used by one at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.customers import CustomerRows
from connectors.store.engine import open_store, reading
from connectors.store.passkeys import Passkey, PasskeyRows
from connectors.store.sign_in_tables import passkeys
from schema.customers import Customer
from tests.race import race

NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
KEY: Final = Passkey("id-1", "s1", b"\x00\xff", 2**32 - 1, is_backed_up=True, name="Phone", added_at=NOW)


@pytest.fixture
async def rows(store: AsyncEngine) -> PasskeyRows:
    for subject in ("s1", "s2"):
        someone = Customer(subject=subject, name="Olena", email=None, phone=None, registered_at=NOW)
        assert await CustomerRows(store).add(someone, None)
    return PasskeyRows(store)


async def test_passkey_comes_back_whole(rows: PasskeyRows) -> None:
    assert await rows.add(KEY)
    assert await rows.find("id-1") == KEY
    assert await rows.find("id-2") is None
    assert "\\xff" not in repr(KEY)


async def test_credential_is_added_once_whoever_adds_it(rows: PasskeyRows) -> None:
    assert await rows.add(KEY)
    for again in (KEY, replace(KEY, subject="s2", name="Another")):
        assert not await rows.add(again)
    assert await rows.find("id-1") == KEY
    assert await rows.of_subject("s2") == []


async def test_customer_s_passkeys_come_the_oldest_first(rows: PasskeyRows) -> None:
    for days in (2, 0, 1):
        await rows.add(replace(KEY, credential_id=f"id-{days}", added_at=NOW + timedelta(days=days)))
    await rows.add(replace(KEY, credential_id="foreign", subject="s2"))
    assert [each.credential_id for each in await rows.of_subject("s1")] == ["id-0", "id-1", "id-2"]


async def test_removed_passkey_is_as_none_and_its_credential_never_comes_back(
    rows: PasskeyRows, store: AsyncEngine
) -> None:
    await rows.add(KEY)
    assert not await rows.remove("s2", "id-1", NOW)
    assert await rows.remove("s1", "id-1", NOW)
    assert not await rows.remove("s1", "id-1", NOW)
    assert (await rows.find("id-1"), await rows.of_subject("s1")) == (None, [])
    assert not await rows.use("id-1", KEY.sign_count, 0, NOW)
    assert not await rows.add(KEY)
    async with reading(store) as connection:
        assert await connection.scalar(select(func.count()).select_from(passkeys)) == 1


async def test_use_counts_where_the_count_is_the_one_that_was_seen(rows: PasskeyRows) -> None:
    await rows.add(replace(KEY, sign_count=5))
    assert await rows.use("id-1", 5, 6, NOW)
    assert not await rows.use("id-1", 5, 7, NOW)
    assert await rows.find("id-1") == replace(KEY, sign_count=6, last_used_at=NOW)


def use_many(start: Callable[[], None], _runner: int, url: str) -> list[bool]:
    async def run() -> list[bool]:
        engine = open_store(url)
        rows = PasskeyRows(engine)
        await rows.find("id-1")
        start()
        used = [await rows.use("id-1", count, count + 1, NOW) for count in range(20)]
        await engine.dispose()
        return used

    return asyncio.run(run())


async def test_of_two_processes_that_use_one_count_one_does(rows: PasskeyRows, store_url: str) -> None:
    await rows.add(replace(KEY, sign_count=0))
    one, other = race(use_many, store_url)
    assert [mine + theirs for mine, theirs in zip(one, other, strict=True)] == [1] * 20
