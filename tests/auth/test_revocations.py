"""Revocations: what was issued before is refused at once here and soon elsewhere; what comes later is not."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from auth.revocations import Revocations
from auth.token_claims import CLOCKS_APART, LONGEST_LIFETIME
from auth.tokens import Bearer
from connectors.store.authorization_tables import revocations as revocations_table
from connectors.store.engine import open_store
from connectors.store.revocations import RevocationRows, StoreSilent
from schema.authentication import Amr, Assurance, Authentication
from schema.scopes import NOBODY, PARTNER_SCOPES, Principal, Scope
from tests.auth.people import Counter, open_tokens
from tests.race import race
from tests.turns import Turns

SIGNED_IN: Final = Authentication(Assurance.LOW, (Amr.PASSWORD,), Counter().now() - timedelta(hours=1))
CUSTOMER: Final = Bearer("s1", "app", [Scope.BALANCE_READ], SIGNED_IN, grant="g1", family="f1")


@pytest.fixture
def revocations(store: AsyncEngine, clock: Counter) -> Revocations:
    return Revocations(RevocationRows(store), clock.now)


def caller(clock: Counter, bearer: Bearer = CUSTOMER) -> Principal:
    """Issue a token and read it back."""
    tokens = open_tokens()
    return tokens.read(tokens.issue(bearer, clock.now()).token, clock.now())


@pytest.mark.parametrize("kind", ["jti", "sid", "grant", "subject", "client"])
async def test_each_key_of_a_token_revokes_it_and_no_other(revocations: Revocations, clock: Counter, kind: str) -> None:
    revoked = caller(clock)
    other = caller(clock, Bearer("s2", "other", [], SIGNED_IN, grant="g2", family="f2"))
    (key,) = [each for each in revoked.revocable if each.startswith(f"{kind}:")]
    assert not revocations.is_revoked(revoked)
    await revocations.revoke(key, LONGEST_LIFETIME)
    assert revocations.is_revoked(revoked)
    assert not revocations.is_revoked(other)
    assert not revocations.is_revoked(NOBODY)


async def test_several_keys_are_revoked_at_once(revocations: Revocations, clock: Counter) -> None:
    both = [caller(clock), caller(clock, replace(CUSTOMER, family="f2")), caller(clock, replace(CUSTOMER, family="f3"))]
    await revocations.revoke(["sid:f1", "sid:f2"], LONGEST_LIFETIME)
    assert [revocations.is_revoked(each) for each in both] == [True, True, False]


async def test_client_on_its_own_is_revoked_by_its_id(revocations: Revocations, clock: Counter) -> None:
    bank = caller(clock, Bearer("bank", "bank", PARTNER_SCOPES))
    await revocations.revoke("subject:bank", LONGEST_LIFETIME)
    assert not revocations.is_revoked(bank)
    await revocations.revoke("client:bank", LONGEST_LIFETIME)
    assert revocations.is_revoked(bank)


async def test_who_signs_in_again_in_the_same_second_is_let_in(revocations: Revocations, clock: Counter) -> None:
    before = caller(clock)
    clock.move(milliseconds=1)
    also_before = caller(clock)
    await revocations.revoke("subject:s1", LONGEST_LIFETIME)
    in_that_moment = caller(clock)
    clock.move(microseconds=1)
    after = caller(clock, replace(CUSTOMER, family="f2"))
    everyone = [before, also_before, in_that_moment, after]
    assert len({int(each.issued_at.timestamp()) for each in everyone if each.issued_at}) == 1
    assert [revocations.is_revoked(each) for each in everyone] == [True, True, True, False]


async def test_token_and_family_end_for_good_whatever_a_clock_says(revocations: Revocations, clock: Counter) -> None:
    await revocations.revoke(["sid:f1", "grant:g2"], LONGEST_LIFETIME)
    clock.move(seconds=20)
    assert revocations.is_revoked(caller(clock))
    assert not revocations.is_revoked(caller(clock, replace(CUSTOMER, family="f2", grant="g2")))


async def test_later_revocation_counts_and_an_earlier_one_takes_nothing_back(
    revocations: Revocations, clock: Counter, store: AsyncEngine
) -> None:
    await revocations.revoke("subject:s1", LONGEST_LIFETIME)
    clock.move(minutes=1)
    before = caller(clock)
    await revocations.revoke("subject:s1", timedelta(0))
    await RevocationRows(store).add(["subject:s1"], clock.now() - timedelta(seconds=30), clock.now())
    await revocations.refresh()
    assert revocations.is_revoked(before)
    clock.move(minutes=9, seconds=29)
    await revocations.refresh()
    assert revocations.is_revoked(before)


async def test_row_that_was_read_before_a_revocation_and_arrives_after_it_takes_nothing_back(
    revocations: Revocations, clock: Counter, store: AsyncEngine
) -> None:
    clock.move(minutes=1)
    before = caller(clock)
    await revocations.revoke("subject:s1", LONGEST_LIFETIME)
    earlier = {"revoked_at": clock.now() - timedelta(minutes=1), "expires_at": clock.now() + timedelta(minutes=1)}
    async with store.begin() as connection:
        await connection.execute(update(revocations_table).values(earlier))
    await revocations.refresh()
    clock.move(minutes=2)
    await revocations.refresh()
    assert revocations.is_revoked(before)


async def test_principal_that_does_not_say_when_is_refused(revocations: Revocations) -> None:
    await revocations.revoke("subject:s1", LONGEST_LIFETIME)
    assert revocations.is_revoked(Principal("s1", revocable=("subject:s1",)))


async def test_other_processes_learn_of_it_in_their_next_round(store: AsyncEngine, clock: Counter) -> None:
    here, there = (Revocations(RevocationRows(store), clock.now) for _ in range(2))
    revoked, other = caller(clock), caller(clock, replace(CUSTOMER, subject="s2", family="f2", grant="g2"))
    async with Turns.of(there.run) as turns:
        await turns.go_round()
        await here.revoke(["jti:unknown", "subject:s1"], LONGEST_LIFETIME)
        assert (here.is_revoked(revoked), there.is_revoked(revoked)) == (True, False)
        await turns.go_round()
        assert (there.is_revoked(revoked), there.is_revoked(other)) == (True, False)


async def test_process_that_starts_learns_of_everything_that_is_in_force(store: AsyncEngine, clock: Counter) -> None:
    revoked = caller(clock)
    await Revocations(RevocationRows(store), clock.now).revoke("subject:s1", LONGEST_LIFETIME)
    clock.move(minutes=9)
    late = Revocations(RevocationRows(store), clock.now)
    await late.refresh()
    assert late.is_revoked(revoked)


async def test_row_that_is_seen_late_is_seen(store: AsyncEngine, clock: Counter, revocations: Revocations) -> None:
    revoked = caller(clock)
    await revocations.refresh()
    clock.move(seconds=110)
    await revocations.refresh()
    await RevocationRows(store).add(
        ["subject:s1"], clock.now() - timedelta(seconds=110), clock.now() + LONGEST_LIFETIME
    )
    await revocations.refresh()
    assert revocations.is_revoked(revoked)


async def test_memory_and_store_keep_what_matters_and_no_more(
    revocations: Revocations, store: AsyncEngine, clock: Counter
) -> None:
    rows = RevocationRows(store)
    async with Turns.of(revocations.run) as turns:
        await revocations.revoke([f"jti:{at}" for at in range(50)], LONGEST_LIFETIME)
        last = caller(clock)
        await revocations.revoke(last.revocable[0], LONGEST_LIFETIME)
        clock.move(seconds=(LONGEST_LIFETIME + CLOCKS_APART).total_seconds() - 1)
        await turns.go_round()
        assert (revocations.is_revoked(last), len(await rows.news(clock.now(), None))) == (True, 51)
        clock.move(seconds=1)
        await turns.go_round()
        assert not revocations.is_revoked(last)
        clock.move(minutes=50)
        await turns.go_round()
        async with store.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM revocations"))).scalar_one() == 0


async def test_silence_of_the_store_takes_nothing_back_and_is_told_once(
    store: AsyncEngine, clock: Counter, revocations: Revocations
) -> None:
    revoked = caller(clock)
    await revocations.revoke("sid:f1", LONGEST_LIFETIME)
    with capture_logs() as logs:
        async with Turns.of(revocations.run) as turns:
            await rename(store, "revocations", "away")
            for _ in range(3):
                await turns.go_round()
            with pytest.raises(StoreSilent):
                await revocations.refresh()
            assert revocations.is_revoked(revoked)
            await rename(store, "away", "revocations")
            await turns.go_round()
            await rename(store, "revocations", "away")
            await turns.go_round()
    assert [each["event"] for each in logs] == ["revocations_not_read", "revocations_not_read"]


async def test_nothing_is_revoked_where_the_store_does_not_keep_it(
    store: AsyncEngine, clock: Counter, revocations: Revocations
) -> None:
    await rename(store, "revocations", "away")
    with pytest.raises(StoreSilent):
        await revocations.revoke("sid:f1", LONGEST_LIFETIME)
    assert not revocations.is_revoked(caller(clock))


async def rename(store: AsyncEngine, table: str, to: str) -> None:
    async with store.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {table} RENAME TO {to}"))


def revoke_in_process(start: Callable[[], None], runner: int, url: str) -> bool:
    async def run() -> bool:
        engine, clock = open_store(url), Counter()
        revocations = Revocations(RevocationRows(engine), clock.now)
        start()
        await revocations.revoke(f"subject:s{runner}", LONGEST_LIFETIME)
        other = caller(clock, replace(CUSTOMER, subject=f"s{1 - runner}", family="f2"))
        async with asyncio.timeout(20):
            while not revocations.is_revoked(other):
                await revocations.refresh()
        await engine.dispose()
        return True

    return asyncio.run(run())


async def test_two_processes_learn_of_each_other_s_revocations(store_url: str) -> None:
    assert race(revoke_in_process, store_url) == [True, True]
