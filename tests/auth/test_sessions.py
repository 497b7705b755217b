"""Sessions: a cookie's secret opens one until it is ended, unused for too long, or too old; the store tells none."""

import asyncio
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import event, select, update

from auth.identity.port import Visitor
from auth.sessions import LONGEST_TOKEN, MAX_HINT, TOUCH_AFTER, OpenedSession, principal_of
from auth.tokens import FIRST_PARTY, Bearer
from connectors.store.engine import reading
from connectors.store.sign_in_tables import sessions
from connectors.store.tickets import key_of
from schema.authentication import Assurance
from schema.scopes import CUSTOMER_SCOPES, NOBODY, Scope
from tests.auth.hall import FIREFOX, RULES, Hall, rows_of

HINT: Final = '{"access_token": "a token of the provider"}'


async def open_one(
    hall: Hall, subject: str = "s1", visitor: Visitor = FIREFOX, hint: str | None = None
) -> OpenedSession:
    return await hall.sessions.open(subject, "oneid", hall.signed_in(), visitor, sign_out_hint=hint)


@pytest.fixture(autouse=True)
async def _customers(hall: Hall) -> None:
    for subject in ("s1", "s2"):
        await hall.register(subject)


async def test_secret_opens_the_session_and_the_store_holds_nothing_but_its_hash(hall: Hall) -> None:
    opened = await open_one(hall)
    assert await hall.sessions.find(opened.secret) == opened.session
    assert opened.session.expires_at == hall.clock.now() + RULES.absolute
    told = await rows_of(hall.store)
    assert key_of(opened.secret) in told
    assert opened.secret not in told
    assert opened.secret not in f"{opened!r} {opened.session!r}"


@pytest.mark.parametrize("secret", ["", "unknown", "\x00", "\ud800", "a" * 100_000])
async def test_any_other_secret_opens_nothing(hall: Hall, secret: str) -> None:
    opened = await open_one(hall)
    assert await hall.sessions.find(secret) is None
    assert await hall.sessions.find(key_of(opened.secret)) is None
    assert await hall.sessions.find(opened.session.id) is None


async def test_each_sign_in_has_a_new_secret_and_the_one_before_stays_another_session(hall: Hall) -> None:
    opened = [await open_one(hall) for _ in range(3)]
    assert len({each.secret for each in opened}) == len({each.session.id for each in opened}) == 3
    assert {len(each.secret) for each in opened} == {43}


async def test_unused_session_ends_by_itself_and_one_in_use_does_not(hall: Hall) -> None:
    idle, used = await open_one(hall), await open_one(hall)
    for _ in range(4):
        hall.clock.time += RULES.idle / 4
        assert (await hall.sessions.find(used.secret) is None) is False
    assert await hall.sessions.find(idle.secret) is None
    assert [each.id for each in await hall.sessions.of("s1")] == [used.session.id]


async def test_session_in_use_ends_at_its_absolute_age(hall: Hall) -> None:
    opened = await open_one(hall)
    while hall.clock.now() + RULES.idle / 2 < opened.session.expires_at:
        hall.clock.time += RULES.idle / 2
        assert await hall.sessions.find(opened.secret) is not None
    hall.clock.time = opened.session.expires_at
    assert await hall.sessions.find(opened.secret) is None
    assert await hall.sessions.of("s1") == []


async def test_use_is_noted_at_most_once_a_minute(hall: Hall) -> None:
    opened = await open_one(hall)
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        written.extend([statement] * statement.startswith("UPDATE"))

    event.listen(hall.store.sync_engine, "before_cursor_execute", note)
    for _ in range(12):
        hall.clock.time += TOUCH_AFTER / 6
        await hall.sessions.find(opened.secret)
    assert len(written) == 2
    (seen,) = await hall.sessions.of("s1")
    assert seen.last_seen_at == hall.clock.now()


async def test_requests_sent_at_once_note_the_same_use_and_none_goes_back(hall: Hall) -> None:
    opened = await open_one(hall)
    later = hall.clock.now() + timedelta(minutes=10)
    async with hall.store.begin() as connection:
        await connection.execute(update(sessions).values(last_seen_at=later))
    await asyncio.gather(*(hall.sessions.find(opened.secret) for _ in range(8)))
    hall.clock.time = later + TOUCH_AFTER
    await asyncio.gather(*(hall.sessions.find(opened.secret) for _ in range(8)))
    async with reading(hall.store) as connection:
        assert await connection.scalar(select(sessions.c.last_seen_at)) == later + TOUCH_AFTER


async def test_sessions_are_listed_the_one_used_last_first_without_personal_data(hall: Hall) -> None:
    phone = Visitor(
        "2001:db8:1:2::5", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    )
    first, second = await open_one(hall), await open_one(hall, visitor=phone)
    await open_one(hall, "s2")
    hall.clock.time += TOUCH_AFTER
    await hall.sessions.find(first.secret)
    listed = await hall.sessions.of("s1")
    assert [(each.id, each.device, each.network) for each in listed] == [
        (first.session.id, "Firefox, Linux", "192.0.2.0/24"),
        (second.session.id, "Safari, iPhone", "2001:db8:1::/48"),
    ]
    told = await rows_of(hall.store)
    assert not [each for each in ("192.0.2.77", "db8:1:2", "Gecko", "Mozilla", "140.0") if each in told]


async def test_one_is_ended_and_nobody_s_but_the_customer_s_own(hall: Hall) -> None:
    mine, other, foreign = await open_one(hall), await open_one(hall), await open_one(hall, "s2")
    assert await hall.sessions.end("s1", FIREFOX, only=foreign.session.id) == 0
    for strange in ("unknown", "", "\x00", "\ud800", "' OR 1=1", mine.secret, "a" * 1000):
        assert await hall.sessions.end("s1", FIREFOX, only=strange) == 0
    assert await hall.told() == []
    assert await hall.sessions.end("s1", FIREFOX, only=mine.session.id) == 1
    assert await hall.sessions.end("s1", FIREFOX, only=mine.session.id) == 0
    found = [await hall.sessions.find(each.secret) is not None for each in (mine, other, foreign)]
    assert found == [False, True, True]
    assert await hall.told() == [("SIGNED_OUT", "s1", "1")]


async def test_all_are_ended_or_all_but_one(hall: Hall) -> None:
    opened = [await open_one(hall) for _ in range(4)]
    foreign = await open_one(hall, "s2")
    assert await hall.sessions.end("s1", FIREFOX, keep=opened[0].session.id) == 3
    assert [each.id for each in await hall.sessions.of("s1")] == [opened[0].session.id]
    assert await hall.sessions.end("s1", FIREFOX) == 1
    assert await hall.sessions.of("s1") == []
    assert await hall.sessions.find(foreign.secret) is not None
    assert await hall.told() == [("SIGNED_OUT", "s1", "3"), ("SIGNED_OUT", "s1", "1")]


async def test_those_that_had_ended_by_themselves_are_not_counted_and_do_not_come_back(hall: Hall) -> None:
    idle = await open_one(hall)
    hall.clock.time += RULES.idle
    assert await hall.sessions.end("s1", FIREFOX) == 0
    assert await hall.told() == []
    hall.clock.time -= RULES.idle / 2
    assert await hall.sessions.find(idle.secret) is None


async def test_tokens_issued_from_a_session_are_refused_once_it_has_ended(hall: Hall) -> None:
    ended, kept = await open_one(hall), await open_one(hall)
    scopes = [Scope.BALANCE_READ]
    tokens = [
        hall.tokens.issue(Bearer("s1", FIRST_PARTY, scopes, hall.signed_in(), family=each.session.id), hall.clock.now())
        for each in (ended, kept)
    ]
    await hall.sessions.end("s1", FIREFOX, only=ended.session.id)
    callers = [hall.callers.still(hall.tokens.read(each.token, hall.clock.now())) for each in tokens]
    assert [caller is NOBODY for caller in callers] == [True, False]
    assert hall.callers.still(principal_of(ended.session)) is NOBODY
    assert hall.callers.still(principal_of(kept.session)) is not NOBODY


async def test_caller_behind_a_session_is_the_customer_with_all_of_a_customer_s_scopes(hall: Hall) -> None:
    opened = await open_one(hall)
    caller = await hall.callers.by_session(opened.secret)
    assert (caller.subject, caller.client, caller.grant, caller.session) == ("s1", None, None, opened.session.id)
    assert caller.scopes == CUSTOMER_SCOPES
    assert caller.authentication == hall.signed_in(Assurance.LOW)
    assert await hall.callers.by_session("unknown") is NOBODY


async def test_connection_of_a_session_asks_again_before_what_was_revoked_is_forgotten(hall: Hall) -> None:
    opened = await open_one(hall)
    caller = await hall.callers.by_session(opened.secret)
    assert caller.expires_at == hall.clock.now() + LONGEST_TOKEN
    await hall.sessions.end("s1", FIREFOX)
    for _ in range(8):
        assert hall.callers.still(caller) is NOBODY
        hall.clock.time += LONGEST_TOKEN / 4
        await hall.revocations.refresh()
    assert hall.revocations.is_revoked(caller) is False  # forgotten: only that the caller has expired still helps


async def test_provider_s_secret_is_opened_by_the_cookie_and_by_nothing_else(hall: Hall) -> None:
    opened = await open_one(hall, hint=HINT)
    found = await hall.sessions.find(opened.secret)
    assert found is not None
    assert found.sign_out_hint == HINT
    told = await rows_of(hall.store)
    assert "a token of the provider" not in told
    (listed,) = await hall.sessions.of("s1")
    assert listed.sign_out_hint
    assert "a token" not in f"{listed.sign_out_hint} {found!r} {opened!r}"


async def test_provider_s_secret_that_is_too_long_is_not_kept(hall: Hall) -> None:
    hints = ("h" * MAX_HINT, "h" * (MAX_HINT + 1), "")
    found = [await hall.sessions.find((await open_one(hall, hint=hint)).secret) for hint in hints]
    assert [each.sign_out_hint if each else "?" for each in found] == ["h" * MAX_HINT, None, ""]
