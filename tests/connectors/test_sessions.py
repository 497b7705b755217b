"""Session rows: found by the hash of a secret while open, and ended rather than deleted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.customers import CustomerRows
from connectors.store.engine import reading
from connectors.store.sessions import Session, SessionRows
from connectors.store.sign_in_tables import sessions
from schema.authentication import Assurance, Authentication
from schema.customers import Customer

NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LONG_AGO: Final = NOW - timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


def session(**changes: Any) -> Session:  # noqa: ANN401 -- any field
    given: dict[str, Any] = {
        "id": "one",
        "subject": "s1",
        "provider": "oneid",
        "authentication": Authentication(Assurance.SUBSTANTIAL, ("mca", "fed"), NOW - SECOND),
        "opened_at": NOW,
        "last_seen_at": NOW,
        "expires_at": NOW + timedelta(days=30),
        "device": "Firefox, Linux",
        "network": "192.0.2.0/24",
        "sign_out_hint": "sealed",
    }
    return Session(**{**given, **changes})


@pytest.fixture
async def rows(store: AsyncEngine) -> SessionRows:
    for subject in ("s1", "s2"):
        someone = Customer(subject=subject, name="Olena", email=None, phone=None, registered_at=NOW)
        assert await CustomerRows(store).add(someone, None)
    return SessionRows(store)


async def test_session_comes_back_whole_and_does_not_show_its_hint(rows: SessionRows) -> None:
    await rows.add(session(), "hash")
    assert await rows.find("hash", NOW, LONG_AGO) == session()
    assert await rows.find("another", NOW, LONG_AGO) is None
    assert repr(session()) == "Session('one')"


async def test_two_sessions_never_share_a_secret(rows: SessionRows) -> None:
    await rows.add(session(), "hash")
    with pytest.raises(IntegrityError):
        await rows.add(session(id="two"), "hash")


@pytest.mark.parametrize(
    ("now", "seen_after", "is_found"),
    [
        (NOW + timedelta(days=30) - SECOND, NOW - SECOND, True),
        (NOW + timedelta(days=30), NOW - SECOND, False),
        (NOW, NOW, False),
    ],
)
async def test_too_old_and_unused_are_as_none(
    rows: SessionRows, now: datetime, seen_after: datetime, *, is_found: bool
) -> None:
    await rows.add(session(), "hash")
    assert (await rows.find("hash", now, seen_after) is not None) is is_found
    assert bool(await rows.of_subject("s1", now, seen_after)) is is_found


async def test_use_is_noted_where_nobody_has_noted_another_since(rows: SessionRows) -> None:
    await rows.add(session(), "hash")
    await rows.touch(session(), NOW + 2 * SECOND)
    await rows.touch(session(), NOW + SECOND)
    assert await rows.find("hash", NOW, LONG_AGO) == session(last_seen_at=NOW + 2 * SECOND)


async def test_ended_sessions_are_told_once_and_kept(rows: SessionRows, store: AsyncEngine) -> None:
    mine = [session(id=name) for name in ("one", "two", "three")]
    for each in (*mine, session(id="foreign", subject="s2")):
        await rows.add(each, f"hash of {each.id}")
    assert await rows.end("s1", NOW, only="two") == [replace(mine[1])]
    assert await rows.end("s1", NOW, only="foreign") == []
    assert [each.id for each in await rows.end("s1", NOW, keep="one")] == ["three"]
    assert [each.id for each in await rows.of_subject("s1", NOW, LONG_AGO)] == ["one"]
    assert [each.id for each in await rows.of_subject("s2", NOW, LONG_AGO)] == ["foreign"]
    async with reading(store) as connection:
        assert await connection.scalar(select(func.count()).select_from(sessions)) == 4


async def test_what_is_over_is_forgotten_and_what_is_open_is_not(rows: SessionRows) -> None:
    old, ended, unused = (session(id=name) for name in ("old", "ended", "unused"))
    for each in (replace(old, expires_at=NOW), ended, unused):
        await rows.add(each, f"hash of {each.id}")
    await rows.end("s1", NOW, only="ended")
    assert await rows.forget(NOW) == 0
    assert await rows.forget(NOW + SECOND) == 2
    assert [each.id for each in await rows.of_subject("s1", NOW, LONG_AGO)] == ["unused"]
