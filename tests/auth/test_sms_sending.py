"""The sender of messages: one password for each attempt, and nothing good left behind by whoever is killed."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from itertools import count

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from auth.sms_sending import SendingPace
from connectors.messaging.sms import Delivery, DeliveryReport
from connectors.store.engine import open_store
from connectors.store.sms import SmsRows
from tests.auth.people import Counter
from tests.auth.sms_desk import NO_ROOM, PHONE, SmsDesk, open_sms_desk

OTHER = "+998901234568"


@pytest.fixture
async def desk(store: AsyncEngine, clock: Counter) -> AsyncIterator[SmsDesk]:
    async with open_sms_desk(store, clock) as opened:
        yield opened


async def test_whoever_is_killed_between_drawing_and_sending_leaves_nothing_good(desk: SmsDesk) -> None:
    await desk.receive()
    subject, pace = (await desk.customer()).customer.subject, desk.sender.pace
    (claimed,) = await desk.sender.messages.claim(desk.clock.now(), pace.lease, pace.fresh, 1)
    drawn = await desk.one_time.issue(subject, claimed.queued_at)
    assert drawn is not None
    assert await desk.sender.send_due() == 0
    desk.clock.move(minutes=1)
    assert await desk.sender.send_due() == 1
    one_time = await desk.newest()
    assert not await desk.one_time.is_one_time(subject, drawn)
    assert await desk.one_time.is_one_time(subject, one_time)
    assert len(await desk.stand_in.inbox()) == 1


async def test_lost_answer_brings_another_password_after_a_while(desk: SmsDesk) -> None:
    desk.stand_in.quirks.lose_answers = 2
    await desk.receive()
    for wait in (0, 5, 10):
        desk.clock.move(seconds=wait - 1 if wait else 0)
        assert await desk.sender.send_due() == (0 if wait else 1)
        if wait:
            desk.clock.move(seconds=1)
            assert await desk.sender.send_due() == 1
    subject = (await desk.customer()).customer.subject
    texts = await desk.stand_in.inbox(PHONE)
    assert len({text["sender_id"] for text in texts}) == 3
    drawn = [re.findall(r"\w{4}-\w{4}", text["text"])[0] for text in texts]
    assert [await desk.one_time.is_one_time(subject, each) for each in drawn] == [False, False, True]
    assert await desk.states() == ["SENT"]


async def test_password_that_arrived_although_its_answer_was_lost_is_not_followed_by_another(desk: SmsDesk) -> None:
    desk.stand_in.quirks.lose_answers = 1
    await desk.receive()
    await desk.sender.send_due()
    await desk.finish(await desk.newest())
    desk.clock.move(seconds=5)
    assert await desk.sender.send_due() == 1
    assert await desk.states() == ["DROPPED"]
    assert len(await desk.stand_in.inbox()) == 1


async def test_permanent_refusal_is_not_repeated_and_a_passing_one_is(desk: SmsDesk) -> None:
    quirks = desk.stand_in.quirks
    quirks.playmobile_error = 404
    await desk.receive()
    with capture_logs() as logs:
        await desk.sender.send_due()
    assert [(each["event"], each["reason"]) for each in logs] == [("sms_not_sent", "404")]
    assert PHONE not in str(logs)
    quirks.playmobile_error = 102
    await desk.receive(sender=OTHER)
    await desk.sender.send_due()
    assert await desk.states() == ["FAILED", "QUEUED"]
    quirks.playmobile_error = None
    desk.clock.move(seconds=5)
    await desk.sender.send_due()
    assert await desk.states() == ["FAILED", "SENT"]


async def test_nobody_gets_a_password_that_they_asked_for_long_ago(desk: SmsDesk) -> None:
    desk.stand_in.quirks.outage = True
    await desk.receive()
    await desk.sender.send_due()
    desk.stand_in.quirks.outage = False
    desk.clock.move(minutes=10)
    assert await desk.sender.send_due() == 0
    assert await desk.states() == ["DROPPED"]


async def test_flood_of_hashes_puts_the_message_back(desk: SmsDesk) -> None:
    await desk.receive()
    full = replace(desk.sender, one_time=replace(desk.one_time, passwords=NO_ROOM))
    assert await full.send_due() == 1
    assert await desk.states() == ["QUEUED"]
    desk.clock.move(seconds=5)
    assert await desk.sender.send_due() == 1
    assert await desk.states() == ["SENT"]


async def test_reports_are_noted_once(desk: SmsDesk) -> None:
    await desk.ask()
    (message,) = await desk.stand_in.inbox()
    reports = [DeliveryReport(Delivery.DELIVERED, message["sender_id"]), DeliveryReport(Delivery.UNDELIVERED, "9" * 5)]
    assert await desk.sender.note(reports) == 1
    assert await desk.sender.note(reports) == 0
    assert await desk.states() == ["DELIVERED"]


async def test_sender_runs_until_it_is_stopped(desk: SmsDesk) -> None:
    running = asyncio.create_task(desk.sender.run())
    await desk.receive()
    async with asyncio.timeout(10):
        while await desk.states() != ["SENT"]:
            pass
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()


async def test_sender_outlives_a_store_that_does_not_answer(desk: SmsDesk) -> None:
    nowhere, looks, persevering = open_store("sqlite+aiosqlite:////nowhere/at/all.db"), count(1), asyncio.Event()

    def now() -> datetime:
        if next(looks) == 3:
            persevering.set()
        return desk.clock.now()

    sender = replace(desk.sender, messages=SmsRows(nowhere), now=now, pace=SendingPace(rest_s=0))
    with capture_logs() as logs:
        running = asyncio.create_task(sender.run())
        async with asyncio.timeout(10):
            await persevering.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert {each["event"] for each in logs} == {"sms_not_claimed"}
    await nowhere.dispose()
