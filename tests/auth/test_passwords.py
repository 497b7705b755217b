"""Hashing: bounded, the same work for everybody, and renewed when the cost rises."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from auth.passwords import Cost, Passwords, TooManyAtOnce
from tests.auth.people import CHEAP, PASSWORD


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    opened = Passwords(cost=CHEAP)
    yield opened
    opened.close()


async def test_right_password_matches_and_another_does_not(passwords: Passwords) -> None:
    password_hash = await passwords.hash(PASSWORD)
    assert password_hash.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert (await passwords.verify(PASSWORD, password_hash)).matches
    assert not (await passwords.verify(PASSWORD + " ", password_hash)).matches


async def test_spelling_of_the_keyboard_does_not_matter(passwords: Passwords) -> None:
    password_hash = await passwords.hash("кав\u0438\u0306 ﬃ")
    assert (await passwords.verify("кавй ffi", password_hash)).matches


async def test_nobody_has_no_password(passwords: Passwords) -> None:
    assert not (await passwords.verify(PASSWORD, None)).matches


async def test_too_long_password_never_matches_by_its_beginning(passwords: Passwords) -> None:
    password_hash = await passwords.hash("x" * 128)
    assert (await passwords.verify("x" * 128, password_hash)).matches
    assert not (await passwords.verify("x" * 129, password_hash)).matches


async def test_hash_of_another_cost_is_renewed(passwords: Passwords) -> None:
    dearer = Passwords(cost=Cost(memory_kib=128, passes=1))
    verdict = await dearer.verify(PASSWORD, await passwords.hash(PASSWORD))
    assert verdict.renewed_hash is not None
    assert verdict.renewed_hash.startswith("$argon2id$v=19$m=128,t=1,p=1$")
    assert (await dearer.verify(PASSWORD, verdict.renewed_hash)).renewed_hash is None
    dearer.close()


async def test_flood_is_turned_away_and_the_queue_serves_again() -> None:
    passwords = Passwords(workers=1, queue=3)
    answers = await asyncio.gather(*(passwords.hash(PASSWORD) for _ in range(10)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [str] * 4 + [TooManyAtOnce] * 6
    assert await passwords.hash(PASSWORD)
    passwords.close()


async def test_caller_who_leaves_gives_back_no_room_before_the_thread_is_done() -> None:
    passwords = Passwords(workers=1, queue=0)
    leaving = asyncio.ensure_future(passwords.hash(PASSWORD))
    await asyncio.wait([leaving], timeout=0)
    leaving.cancel()
    with pytest.raises(TooManyAtOnce):
        await passwords.hash(PASSWORD)
    passwords.close()


async def test_unknown_customer_costs_as_much_as_a_known_one() -> None:
    passwords = Passwords()
    password_hash = await passwords.hash(PASSWORD)
    spans: dict[str | None, list[float]] = {password_hash: [], None: []}
    for against in [password_hash, None] * 5:
        began = time.perf_counter()
        await passwords.verify("another-password", against)
        spans[against].append(time.perf_counter() - began)
    passwords.close()
    known, unknown = min(spans[password_hash]), min(spans[None])
    assert 0.5 < unknown / known < 2
