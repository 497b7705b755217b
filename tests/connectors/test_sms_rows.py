"""The outbox of text messages and the one-time passwords, on both databases and between processes."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.messaging.sms import Delivery, DeliveryReport
from connectors.store.customers import CustomerRows
from connectors.store.engine import open_store, reading
from connectors.store.one_time_passwords import OneTimePasswordRows
from connectors.store.sign_in_tables import sms_messages
from connectors.store.sms import MOST_ATTEMPTS, ClaimedSms, SmsKind, SmsLimits, SmsOrder, SmsRows, SmsState
from schema.customers import Customer
from tests.race import race

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LEASE, FRESH = timedelta(minutes=1), timedelta(minutes=10)
PHONE, OTHER_PHONE = "+998901234567", "+998901234568"
ORDER = SmsOrder("s1", PHONE, SmsKind.CREDENTIAL, "uz")
OTHER = replace(ORDER, subject="s2", phone=OTHER_PHONE)
FREELY = SmsLimits(1_000, 1_000, 1_000)


def at(**span: float) -> datetime:
    return NOW + timedelta(**span)


async def add_customers(store: AsyncEngine, count: int = 2) -> None:
    for number in range(1, count + 1):
        phone = f"+9989012345{66 + number}"
        newcomer = Customer(subject=f"s{number}", name="n", email=None, phone=phone, registered_at=NOW)
        assert await CustomerRows(store).add(newcomer, None)


@pytest.fixture
async def rows(store: AsyncEngine) -> SmsRows:
    await add_customers(store)
    return SmsRows(store)


async def claim(rows: SmsRows, now: datetime = NOW, limit: int = 10) -> list[ClaimedSms]:
    return await rows.claim(now, LEASE, FRESH, limit)


async def states(store: AsyncEngine) -> list[str]:
    async with reading(store) as connection:
        found = await connection.execute(select(sms_messages.c.state).order_by(sms_messages.c.id))
        return list(found.scalars())


async def test_number_gets_one_message_a_minute_and_five_a_day(rows: SmsRows, store: AsyncEngine) -> None:
    limits = SmsLimits()
    assert await rows.queue(ORDER, limits, NOW)
    assert not await rows.queue(ORDER, limits, at(seconds=59))
    assert await rows.queue(OTHER, limits, at(seconds=59))
    for minute in range(1, 5):
        assert await rows.queue(ORDER, limits, at(minutes=minute))
    assert not await rows.queue(ORDER, limits, at(minutes=5))
    assert not await rows.queue(replace(ORDER, subject="s2"), limits, at(minutes=5))
    assert await rows.queue(ORDER, limits, at(days=1))
    assert not await rows.queue(ORDER, limits, at(days=1, seconds=30))
    assert await rows.queue(ORDER, limits, at(days=1, minutes=1))
    assert len(await states(store)) == 8


async def test_all_numbers_together_have_a_limit(rows: SmsRows) -> None:
    limits = SmsLimits(all_per_minute=1)
    assert await rows.queue(ORDER, limits, NOW)
    assert not await rows.queue(OTHER, limits, at(seconds=59))
    assert await rows.queue(OTHER, limits, at(minutes=1))


async def test_message_is_claimed_once_and_again_when_its_lease_ends(rows: SmsRows, store: AsyncEngine) -> None:
    assert await claim(rows) == []
    await rows.queue(ORDER, FREELY, NOW)
    (first,) = await claim(rows)
    assert (first.order, first.attempt, first.queued_at) == (ORDER, 1, NOW)
    assert first.wire_id == f"{first.id}1"
    assert "99890" not in repr(first)
    assert await claim(rows, at(seconds=59)) == []
    (second,) = await claim(rows, at(minutes=1))
    assert (second.id, second.attempt) == (first.id, 2)
    await rows.sent(first, "late", at(minutes=1))
    await rows.postpone(first, at(minutes=9), at(minutes=1))
    await rows.give_up(first, SmsState.FAILED, at(minutes=1))
    assert await states(store) == ["SENDING"]
    await rows.sent(second, "in time", at(minutes=1))
    assert await states(store) == ["SENT"]
    assert await claim(rows, at(minutes=5)) == []


async def test_no_more_are_claimed_than_asked_for_and_the_oldest_first(store: AsyncEngine) -> None:
    await add_customers(store, 3)
    rows = SmsRows(store)
    for number in (1, 2, 3):
        await rows.queue(replace(ORDER, subject=f"s{number}", phone=str(number)), FREELY, at(seconds=number))
    assert [each.order.subject for each in await claim(rows, at(seconds=9), limit=2)] == ["s1", "s2"]
    assert [each.order.subject for each in await claim(rows, at(seconds=9), limit=2)] == ["s3"]


async def test_only_the_newest_of_a_customer_is_sent_and_only_while_fresh(rows: SmsRows, store: AsyncEngine) -> None:
    await rows.queue(ORDER, FREELY, NOW)
    (older,) = await claim(rows)
    await rows.postpone(older, at(seconds=5), NOW)
    await rows.queue(ORDER, FREELY, at(seconds=3))
    await rows.queue(OTHER, FREELY, at(seconds=3))
    claimed = await claim(rows, at(seconds=6))
    assert [each.order for each in claimed] == [ORDER, OTHER]
    assert older.id not in {each.id for each in claimed}
    for each in claimed:
        await rows.postpone(each, at(minutes=10, seconds=3), at(seconds=6))
    assert await claim(rows, at(minutes=10, seconds=3)) == []
    assert await states(store) == ["DROPPED"] * 3


async def test_message_is_tried_so_often_and_no_more(rows: SmsRows, store: AsyncEngine) -> None:
    await rows.queue(ORDER, FREELY, NOW)
    for attempt in range(MOST_ATTEMPTS):
        (claimed,) = await claim(rows, at(seconds=attempt))
        await rows.postpone(claimed, at(seconds=attempt + 1), NOW)
    assert await claim(rows, at(minutes=1)) == []
    assert await states(store) == ["DROPPED"]


async def test_report_names_a_message_by_our_id_or_by_the_gateway_s(rows: SmsRows, store: AsyncEngine) -> None:
    await rows.queue(ORDER, FREELY, NOW)
    await rows.queue(OTHER, FREELY, NOW)
    one, other = sorted(await claim(rows), key=lambda each: each.id)
    await rows.sent(one, None, NOW)
    await rows.sent(other, "a-uuid", NOW)
    assert await rows.report(DeliveryReport(Delivery.DELIVERED, message_id=one.wire_id), NOW)
    assert await rows.report(DeliveryReport(Delivery.UNDELIVERED, message_id="", gateway_id="a-uuid"), NOW)
    assert await states(store) == ["DELIVERED", "UNDELIVERED"]


async def test_end_of_a_message_is_never_overwritten(rows: SmsRows, store: AsyncEngine) -> None:
    await rows.queue(ORDER, FREELY, NOW)
    (claimed,) = await claim(rows)
    assert await rows.report(DeliveryReport(Delivery.DELIVERED, claimed.wire_id), NOW)  # before the gateway's answer
    await rows.sent(claimed, "a-uuid", NOW)
    assert not await rows.report(DeliveryReport(Delivery.UNDELIVERED, claimed.wire_id), NOW)
    await rows.give_up(claimed, SmsState.FAILED, NOW)
    assert await states(store) == ["DELIVERED"]
    assert await claim(rows, at(minutes=2)) == []


async def test_report_of_another_attempt_or_of_nothing_changes_nothing(rows: SmsRows, store: AsyncEngine) -> None:
    await rows.queue(ORDER, FREELY, NOW)
    (first,) = await claim(rows)
    await claim(rows, at(minutes=1))
    named: list[str | None] = [first.wire_id, "", "9", "171", "a-uuid", "٣٣", "9" * 13, "9" * 12, None]
    for message_id in named:
        assert not await rows.report(DeliveryReport(Delivery.DELIVERED, message_id, None), NOW)
    assert not await rows.report(DeliveryReport(Delivery.DELIVERED, None, "unknown"), NOW)
    assert await states(store) == ["SENDING"]


async def test_old_messages_are_forgotten(rows: SmsRows, store: AsyncEngine) -> None:
    await rows.queue(ORDER, FREELY, NOW)
    assert await rows.forget(NOW) == 0
    assert await rows.forget(at(seconds=1)) == 1
    assert await states(store) == []


def claim_all(start: Callable[[], None], _runner: int, url: str) -> list[int]:
    async def run() -> list[int]:
        engine = open_store(url)
        rows, claimed = SmsRows(engine), []
        start()
        for _ in range(12):
            claimed += [each.id for each in await claim(rows, limit=3)]
        await engine.dispose()
        return claimed

    return asyncio.run(run())


async def test_two_processes_never_claim_the_same_message(store: AsyncEngine, store_url: str) -> None:
    await add_customers(store, 24)
    for number in range(1, 25):
        await SmsRows(store).queue(replace(ORDER, subject=f"s{number}", phone=str(number)), FREELY, NOW)
    one, other = race(claim_all, store_url)
    assert sorted(one + other) == sorted(set(one + other))
    assert len(one + other) == 24


def queue_many(start: Callable[[], None], _runner: int, url: str) -> list[bool]:
    async def run() -> list[bool]:
        engine = open_store(url)
        rows = SmsRows(engine)
        start()
        queued = [await rows.queue(ORDER, SmsLimits(), at(minutes=minute)) for minute in range(5)]
        await engine.dispose()
        return queued

    return asyncio.run(run())


async def test_of_two_processes_that_queue_for_a_number_one_does(rows: SmsRows, store_url: str) -> None:
    assert await claim(rows) == []
    one, other = race(queue_many, store_url)
    assert [sorted(pair) for pair in zip(one, other, strict=True)] == [[False, True]] * 5


@pytest.fixture
async def one_time(store: AsyncEngine) -> OneTimePasswordRows:
    await add_customers(store)
    return OneTimePasswordRows(store)


async def test_newer_one_time_password_takes_the_place_of_the_older(one_time: OneTimePasswordRows) -> None:
    assert await one_time.put("s1", "hash-1", NOW, NOW, at(minutes=10))
    assert await one_time.put("s1", "hash-2", NOW, NOW, at(minutes=10))
    assert await one_time.current("s1", NOW) == "hash-2"
    assert await one_time.current("s2", NOW) is None
    assert not await one_time.exchange("s1", "hash-1", "own", NOW)
    assert await one_time.current("s1", at(minutes=10)) is None


async def test_one_time_password_is_exchanged_once(store: AsyncEngine, one_time: OneTimePasswordRows) -> None:
    await one_time.put("s1", "hash-1", NOW, NOW, at(minutes=10))
    assert not await one_time.exchange("s1", "hash-1", "own", at(minutes=10))
    assert await one_time.exchange("s1", "hash-1", "own", at(minutes=9), name="Olena")
    assert not await one_time.exchange("s1", "hash-1", "another", at(minutes=9))
    assert await one_time.current("s1", at(minutes=9)) is None
    found = await CustomerRows(store).by_phone(PHONE)
    assert found is not None
    assert (found.password_hash, found.customer.name) == ("own", "Olena")


async def test_one_time_password_is_not_needed_once_one_was_used(one_time: OneTimePasswordRows) -> None:
    await one_time.put("s1", "hash-1", NOW, NOW, at(minutes=10))
    await one_time.exchange("s1", "hash-1", "own", at(seconds=30))
    assert not await one_time.put("s1", "hash-2", at(seconds=20), at(seconds=40), at(minutes=10))
    assert await one_time.current("s1", at(seconds=40)) is None
    assert await one_time.put("s1", "hash-3", at(seconds=31), at(seconds=40), at(minutes=10))
    assert await one_time.current("s1", at(seconds=40)) == "hash-3"


async def test_old_one_time_passwords_are_forgotten(one_time: OneTimePasswordRows) -> None:
    await one_time.put("s1", "hash-1", NOW, NOW, at(minutes=10))
    assert await one_time.forget(at(minutes=10)) == 0
    assert await one_time.forget(at(minutes=11)) == 1


def exchange_many(start: Callable[[], None], runner: int, url: str) -> list[bool]:
    async def run() -> list[bool]:
        engine = open_store(url)
        rows = OneTimePasswordRows(engine)
        start()
        done = [await rows.exchange(f"s{number}", "hash", f"own-{runner}", NOW) for number in range(1, 11)]
        await engine.dispose()
        return done

    return asyncio.run(run())


async def test_of_two_processes_that_exchange_a_password_one_does(store: AsyncEngine, store_url: str) -> None:
    await add_customers(store, 10)
    for number in range(1, 11):
        await OneTimePasswordRows(store).put(f"s{number}", "hash", NOW, NOW, at(minutes=10))
    one, other = race(exchange_many, store_url)
    assert [sorted(pair) for pair in zip(one, other, strict=True)] == [[False, True]] * 10
