"""The store: every noun on SQLite and on a real PostgreSQL, and races between processes."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.attempts import AttemptRows
from connectors.store.balances import BalanceRows
from connectors.store.customers import CustomerRows
from connectors.store.engine import UnknownDatabase, open_store, reading
from connectors.store.links import LinkRows
from connectors.store.tables import account_links, attempts
from schema.billing import Balance
from schema.customers import Customer
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.systems import System
from tests.race import race

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NUMBER, OTHER = AccountNumber("012345678901"), AccountNumber("112345678901")


def customer(subject: str = "s1", email: str | None = "olena@example.org", phone: str | None = None) -> Customer:
    return Customer(subject=subject, name="Olena", email=email, phone=phone, registered_at=NOW)


def balance(number: AccountNumber = NUMBER, minor: int = 12_345, as_of: datetime = NOW) -> Balance:
    return Balance(
        account_number=number,
        amount_owed_by_customer=Money(minor, "UAH"),
        as_of=as_of,
        source=System.BILLING,
        is_stale=False,
        average_daily_cost=Money(4_321, "UAH"),
        is_prepaid=True,
    )


async def test_customer_is_found_by_subject_and_by_each_login(store: AsyncEngine) -> None:
    rows, olena = CustomerRows(store), customer(phone="+380501234567")
    assert await rows.add(olena, "hash-1")
    assert await rows.get("s1") == olena
    by_email, by_phone = await rows.by_email("olena@example.org"), await rows.by_phone("+380501234567")
    assert by_email == by_phone
    assert by_email is not None
    assert (by_email.customer, by_email.password_hash) == (olena, "hash-1")
    assert "hash-1" not in repr(by_email)
    assert await rows.get("s2") is None
    assert await rows.by_email("nobody@example.org") is None


@pytest.mark.parametrize(
    "second",
    [customer("s2"), customer("s2", None, "+380501234567"), customer("s2", "new@example.org", "+380501234567")],
    ids=["e-mail", "phone", "one of two"],
)
async def test_taken_login_adds_nobody(store: AsyncEngine, second: Customer) -> None:
    rows = CustomerRows(store)
    assert await rows.add(customer(phone="+380501234567"), "hash-1")
    assert not await rows.add(second, "hash-2")
    assert await rows.get("s2") is None


async def test_customers_without_phone_do_not_collide(store: AsyncEngine) -> None:
    rows = CustomerRows(store)
    assert await rows.add(customer("s1"), "h")
    assert await rows.add(customer("s2", "taras@example.org"), "h")


async def test_hash_is_renewed_only_where_it_is_still_the_old_one(store: AsyncEngine) -> None:
    rows = CustomerRows(store)
    await rows.add(customer(), "old")
    await rows.renew_hash("s1", "old", "new")
    await rows.renew_hash("s1", "old", "newest")
    found = await rows.by_email("olena@example.org")
    assert found is not None
    assert found.password_hash == "new"


async def test_links_are_idempotent_and_keep_their_history(store: AsyncEngine) -> None:
    await CustomerRows(store).add(customer(), "h")
    links = LinkRows(store)
    for _ in range(2):
        await links.link("s1", NUMBER, NOW)
    await links.link("s1", OTHER, NOW)
    assert await links.numbers("s1") == {NUMBER, OTHER}
    for _ in range(2):
        await links.unlink("s1", NUMBER, NOW + timedelta(days=1))
    assert await links.numbers("s1") == {OTHER}
    await links.link("s1", NUMBER, NOW + timedelta(days=2))
    assert await links.numbers("s1") == {NUMBER, OTHER}
    assert await links.numbers("s2") == frozenset()
    async with reading(store) as connection:
        history = select(account_links.c.linked_at, account_links.c.unlinked_at)
        kept = await connection.execute(history.where(account_links.c.account_number == NUMBER).order_by("linked_at"))
        assert [tuple(row) for row in kept] == [
            (NOW, NOW + timedelta(days=1)),
            (NOW + timedelta(days=2), None),
        ]


async def test_family_links_the_same_account(store: AsyncEngine) -> None:
    customers, links = CustomerRows(store), LinkRows(store)
    for subject, email in (("s1", "a@example.org"), ("s2", "b@example.org")):
        await customers.add(customer(subject, email), "h")
        await links.link(subject, NUMBER, NOW)
    await links.unlink("s1", NUMBER, NOW)
    assert await links.numbers("s1") == frozenset()
    assert await links.numbers("s2") == {NUMBER}


async def test_link_needs_a_registered_customer(store: AsyncEngine) -> None:
    with pytest.raises(IntegrityError):
        await LinkRows(store).link("nobody", NUMBER, NOW)


async def test_balance_is_recalled_stale_in_the_order_asked(store: AsyncEngine) -> None:
    rows = BalanceRows(store)
    await rows.remember([balance(), balance(OTHER, -(2**53) - 1)], NOW)
    other, unknown, first = await rows.recall([OTHER, AccountNumber("0"), NUMBER])
    assert first == replace(balance(), is_stale=True)
    assert unknown is None
    assert other is not None
    assert other.amount_owed_by_customer == Money(-(2**53) - 1, "UAH")


async def test_older_or_stale_balance_does_not_replace_a_newer_one(store: AsyncEngine) -> None:
    rows = BalanceRows(store)
    await rows.remember([balance(minor=2, as_of=NOW), balance(minor=1, as_of=NOW - timedelta(hours=1))], NOW)
    await rows.remember([balance(minor=1, as_of=NOW - timedelta(hours=1))], NOW)
    await rows.remember([replace(balance(minor=3), is_stale=True)], NOW)
    await rows.remember([], NOW)
    assert [each and each.amount_owed_by_customer.minor for each in await rows.recall([NUMBER])] == [2]


async def test_many_balances_fit_into_one_call(store: AsyncEngine) -> None:
    rows, numbers = BalanceRows(store), [AccountNumber(f"{at:012d}") for at in range(6_000)]
    await rows.remember([balance(number) for number in numbers], NOW)
    assert [each.account_number for each in await rows.recall(numbers) if each] == numbers


def until(seconds: int) -> Callable[[int], datetime]:
    return lambda failures: NOW + timedelta(seconds=seconds * failures)


async def test_attempt_counts_from_its_beginning_and_blocks_all_its_keys(store: AsyncEngine) -> None:
    rows, long_ago = AttemptRows(store), NOW - timedelta(days=1)
    assert await rows.begin({"a": until(0), "b": until(10)}, NOW, long_ago) is None
    assert await rows.begin({"a": until(0), "b": until(10)}, NOW, long_ago) == NOW + timedelta(seconds=10)
    assert await rows.begin({"a": until(0)}, NOW, long_ago) is None
    assert await failures(store) == {"a": 2, "b": 1}


async def test_attempt_taken_back_leaves_nothing_to_wait_for(store: AsyncEngine) -> None:
    rows, long_ago = AttemptRows(store), NOW - timedelta(days=1)
    await rows.begin({"a": until(10)}, NOW, long_ago)
    await rows.take_back(["a", "b"])
    assert await rows.begin({"a": until(10)}, NOW, long_ago) is None
    assert await failures(store) == {"a": 1, "b": 0}
    await rows.clear(["a"])
    assert await failures(store) == {"b": 0}


async def test_quiet_keys_start_again_and_are_dropped(store: AsyncEngine) -> None:
    rows, later = AttemptRows(store), NOW + timedelta(days=2)
    for _ in range(3):
        await rows.begin({"a": until(0)}, NOW, NOW - timedelta(days=1))
    await rows.begin({"a": until(0)}, later, later - timedelta(days=1))
    assert await failures(store) == {"a": 1}
    assert await rows.forget(later) == 0
    assert await rows.forget(later + timedelta(seconds=1)) == 1
    assert await failures(store) == {}


async def failures(store: AsyncEngine) -> dict[str, int]:
    async with reading(store) as connection:
        rows = await connection.execute(select(attempts.c.key, attempts.c.failures))
        return {row.key: row.failures for row in rows}


async def test_parallel_attempts_all_count(store: AsyncEngine) -> None:
    rows, long_ago = AttemptRows(store), NOW - timedelta(days=1)
    keys = {"a": until(0), "b": until(0)}
    await asyncio.gather(*(rows.begin(keys, NOW, long_ago) for _ in range(40)))
    assert await failures(store) == {"a": 40, "b": 40}


async def test_reading_transaction_cannot_write_on_postgresql(store: AsyncEngine) -> None:
    is_postgresql = store.dialect.name == "postgresql"  # SQLite: the option only keeps clear of the write lock
    async with reading(store) as connection:
        with pytest.raises(DBAPIError, match="read-only transaction") if is_postgresql else nullcontext():
            await connection.execute(text("DELETE FROM customers"))


async def test_failed_statement_shows_no_parameters(store: AsyncEngine) -> None:
    with pytest.raises(IntegrityError) as refused:
        await LinkRows(store).link("somebody-unknown", NUMBER, NOW)
    assert "SQL parameters hidden" in str(refused.value)


async def test_naive_time_is_refused(store: AsyncEngine) -> None:
    with pytest.raises(StatementError, match="aware times"):
        await LinkRows(store).link("s1", NUMBER, NOW.replace(tzinfo=None))


def test_other_databases_are_refused_with_the_remedy() -> None:
    with pytest.raises(UnknownDatabase, match="sqlite\\+aiosqlite:///"):
        open_store("mysql+aiomysql://localhost/x")


def link_many(start: Callable[[], None], _runner: int, url: str) -> str:
    async def run() -> None:
        engine = open_store(url)
        links = LinkRows(engine)
        start()
        for at in range(25):
            await links.link("s1", AccountNumber(f"{at:012d}"), NOW)
        await engine.dispose()

    asyncio.run(run())
    return "linked"


async def test_two_processes_link_the_same_accounts_once(store: AsyncEngine, store_url: str) -> None:
    await CustomerRows(store).add(customer(), "h")
    assert race(link_many, store_url) == ["linked", "linked"]
    async with reading(store) as connection:
        assert await connection.scalar(select(func.count()).select_from(account_links)) == 25
    assert len(await LinkRows(store).numbers("s1")) == 25


def try_many(start: Callable[[], None], runner: int, url: str) -> str:
    async def run() -> None:
        engine = open_store(url)
        rows = AttemptRows(engine)
        names = ["a", "b"] if runner else ["b", "a"]
        start()
        for _ in range(25):
            await rows.begin({name: until(0) for name in names}, NOW, NOW - timedelta(days=1))
        await engine.dispose()

    asyncio.run(run())
    return "tried"


async def test_two_processes_lose_no_attempt(store: AsyncEngine, store_url: str) -> None:
    assert race(try_many, store_url) == ["tried", "tried"]
    assert await failures(store) == {"a": 50, "b": 50}
