"""SMS credentials: "P" brings a one-time password, a forgotten password another, and nobody learns who is known."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from auth.identity.port import Visitor
from auth.one_time_passwords import ALPHABET, LIFETIME, as_drawn, draw
from auth.sms_credentials import Outcome, SmsRules, is_keyword, masked
from auth.sms_sending import SendingPace
from auth.sms_texts import BadText, SmsTexts
from connectors.messaging.sms import Delivery, DeliveryReport
from connectors.store.engine import open_store, reading
from connectors.store.sign_in_tables import one_time_passwords, sms_messages
from connectors.store.sms import SmsKind, SmsLimits, SmsRows
from connectors.store.tables import customers
from schema.customers import Customer
from schema.refusals import Refusal, RefusalCode
from tests.auth.people import HERE, Counter
from tests.auth.sms_desk import NO_ROOM, OWN, PHONE, RULES, SmsDesk, open_sms_desk

OTHER = "+998901234568"
STRANGER = Visitor("192.0.2.9", language="ru-RU,ru;q=0.9,en;q=0.8")


@pytest.fixture
async def desk(store: AsyncEngine, clock: Counter) -> AsyncIterator[SmsDesk]:
    async with open_sms_desk(store, clock) as opened:
        yield opened


async def register(desk: SmsDesk, phone: str | None = PHONE, email: str | None = None) -> Customer:
    customer = Customer(subject="s1", name="Olena", email=email, phone=phone, registered_at=desk.clock.now())
    assert await desk.customers.add(customer, "a hash")
    return customer


@pytest.mark.parametrize(
    "text",
    ["P", "p", "П", "п", " P ", "P.", "\u200fp\n", "«П»", "\ufeffP", "Ｐ", "P\u00a0!", "'p'"],  # noqa: RUF001 -- what keyboards write
)
def test_keyword_is_known_in_every_spelling(text: str) -> None:
    assert is_keyword(text, RULES.keywords)


@pytest.mark.parametrize("text", ["", " ", "PP", "P 2100", "stop", "Π", "P👍", "R", "P" * 1000, "1"])
def test_anything_else_is_no_keyword(text: str) -> None:
    assert not is_keyword(text, RULES.keywords)


async def test_anything_else_is_ignored(desk: SmsDesk) -> None:
    assert await desk.receive("Salom, hisobim qancha?") is Outcome.IGNORED
    assert await desk.sender.send_due() == 0
    assert await desk.customers.by_phone(PHONE) is None


@pytest.mark.parametrize("text", ["P", " п"])
async def test_unknown_sender_becomes_a_customer_and_gets_login_and_password(desk: SmsDesk, text: str) -> None:
    assert await desk.receive(text) is Outcome.QUEUED
    known = await desk.customer()
    assert (known.customer.name, known.customer.phone, known.password_hash) == ("+99890•••••67", PHONE, "")
    assert await desk.sender.send_due() == 1
    (shown,) = await desk.stand_in.texts(PHONE)
    one_time = await desk.newest()
    assert shown.startswith(f"Login: {PHONE}. Bir martalik parol: {one_time}. U 10 daqiqa")
    assert await desk.one_time.is_one_time(known.customer.subject, one_time)
    assert await desk.states() == ["SENT"]


async def test_known_sender_gets_a_password_for_the_account_they_have(desk: SmsDesk) -> None:
    customer = await register(desk)
    one_time = await desk.ask()
    assert await desk.one_time.is_one_time(customer.subject, one_time)
    assert (await desk.customer()).customer == customer


async def test_neither_password_nor_text_stands_in_the_store(desk: SmsDesk, store: AsyncEngine) -> None:
    one_time = await desk.ask()
    async with reading(store) as connection:
        tables = (sms_messages, one_time_passwords, customers)
        kept = " ".join([str(row) for table in tables for row in await connection.execute(select(table))])
    assert "$argon2id$" in kept
    assert one_time not in kept
    assert as_drawn(one_time).replace("-", "") not in kept


async def test_message_delivered_twice_brings_one_answer(desk: SmsDesk) -> None:
    assert await desk.receive(message_id="1107962") is Outcome.QUEUED
    desk.clock.move(hours=1)
    assert await desk.receive(message_id="1107962") is Outcome.REPEATED
    assert await desk.receive(message_id="1107963") is Outcome.QUEUED
    assert len(await desk.states()) == 2


async def test_message_delivered_twice_at_once_brings_one_answer(desk: SmsDesk) -> None:
    outcomes = await asyncio.gather(*(desk.receive(message_id="1107962") for _ in range(5)))
    assert outcomes.count(Outcome.QUEUED) == 1
    assert len(await desk.states()) == 1


async def test_number_that_asks_too_often_is_not_answered(desk: SmsDesk) -> None:
    outcomes = []
    for _ in range(6):
        outcomes += [await desk.receive(), await desk.receive()]
        desk.clock.move(minutes=1)
    assert outcomes == [Outcome.QUEUED, Outcome.LIMITED] * 5 + [Outcome.LIMITED] * 2
    assert await desk.receive(sender=OTHER) is Outcome.QUEUED


async def test_limits_are_settings(store: AsyncEngine, clock: Counter) -> None:
    rules = replace(RULES, limits=SmsLimits(number_per_minute=2, all_per_minute=2), keywords=("LOGIN",))
    async with open_sms_desk(store, clock, rules=rules) as desk:
        assert await desk.receive("P") is Outcome.IGNORED
        outcomes = [await desk.receive("login", sender) for sender in (PHONE, PHONE, OTHER)]
    assert outcomes == [Outcome.QUEUED, Outcome.QUEUED, Outcome.LIMITED]


async def test_foreign_number_or_none_is_not_answered(desk: SmsDesk) -> None:
    for sender in ("380501234567", "+79161234567", "2100", "HET", ""):
        assert await desk.receive(sender=sender) is Outcome.FOREIGN
    assert await desk.states() == []


@pytest.mark.parametrize("login", [PHONE, "90 123-45-67", "olena@example.org"])
async def test_forgotten_password_sends_another_to_the_phone(desk: SmsDesk, login: str) -> None:
    customer = await register(desk, email="olena@example.org")
    assert await desk.credentials.forgotten(login, STRANGER) is None
    assert await desk.sender.send_due() == 1
    (shown,) = await desk.stand_in.texts(PHONE)
    one_time = await desk.newest()
    assert shown == desk.credentials.texts.texts["ru"][SmsKind.RESET].format(password=one_time, minutes=10)
    assert await desk.one_time.is_one_time(customer.subject, one_time)


async def test_forgetting_tells_nobody_who_is_known(store: AsyncEngine, clock: Counter) -> None:
    async with open_sms_desk(store, clock, rules=SmsRules(answer_after_s=0.2)) as desk:
        await register(desk)
        for login in (PHONE, PHONE, "+998901234999", "nobody@example.org", "no login", "", "+380501234567"):
            began = time.monotonic()
            assert await desk.credentials.forgotten(login, STRANGER) is None
            assert time.monotonic() - began >= 0.2
        assert await desk.states() == ["QUEUED"]


async def test_customer_without_a_phone_of_the_country_gets_nothing(desk: SmsDesk) -> None:
    await register(desk, phone=None, email="olena@example.org")
    abroad = Customer(subject="s2", name="O", email=None, phone="+380501234567", registered_at=desk.clock.now())
    await desk.customers.add(abroad, "a hash")
    for login in ("olena@example.org", "+380501234567"):
        assert await desk.credentials.forgotten(login, STRANGER) is None
    assert await desk.states() == []


async def test_address_that_forgets_without_end_is_slowed_down(desk: SmsDesk) -> None:
    answers = [await desk.credentials.forgotten(f"{at}@example.org", HERE) for at in range(31)]
    assert answers[:30] == [None] * 30
    refused = answers[30]
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.retry_after_seconds) == (RefusalCode.TOO_MANY_ATTEMPTS, 2)
    assert await desk.credentials.forgotten("x@example.org", STRANGER) is None


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


def test_drawn_passwords_are_random_and_unambiguous() -> None:
    drawn = {draw() for _ in range(500)}
    assert len(drawn) == 500
    assert all(re.fullmatch(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", each) for each in drawn)
    assert len(ALPHABET) ** 8 > 2**35
    assert not set(ALPHABET) & set("01258BGIOQSUZ")
    assert timedelta(minutes=10) >= LIFETIME


@pytest.mark.parametrize(
    "typed",
    ["K7MX-4TCP", "k7mx4tcp", " K7MX 4TCP ", "к7мх-4тср", "К7МХ–4ТСР", "Ｋ７ＭＸ４ＴＣＰ"],  # noqa: RUF001 -- same
)
def test_password_is_read_as_people_type_it(typed: str) -> None:
    assert as_drawn(typed) == "K7MX-4TCP"


def test_every_language_has_every_text_in_one_message() -> None:
    texts = SmsTexts.load("uz")
    assert set(texts.texts) == {"uz", "ru", "uk", "en"}
    for language in texts.texts:
        for kind in SmsKind:
            written = texts.write(kind, language, login=PHONE, password="K7MX-4TCP", minutes=10)
            assert "K7MX-4TCP" in written
            assert "{" not in written
    assert PHONE in texts.write(SmsKind.CREDENTIAL, "gone", login=PHONE, password="x", minutes=10)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("uk-UA,uk;q=0.9,en;q=0.8", "uk"), ("EN", "en"), ("de, ru;q=0.5", "ru"), ("de", "uz"), ("", "uz"), (None, "uz")],
)
def test_language_is_the_first_that_is_written(wanted: str | None, language: str) -> None:
    assert SmsTexts.load("uz").language_for(wanted) == language


def test_text_that_is_too_long_or_asks_for_what_there_is_not_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "texts.toml"
    for credential, told in (("x" * 161, "longer than one"), ("{pinfl}", "unknown placeholder"), ("{", "placeholder")):
        path.write_text(f'[en]\ncredential = "{credential}"\nreset = "r"\n')
        with pytest.raises(BadText, match=told):
            SmsTexts.load("en", path)
    with pytest.raises(BadText, match="no texts in xx"):
        SmsTexts.load("xx")


def test_masked_phone_shows_its_owner_enough() -> None:
    assert masked("+998901234567") == "+99890•••••67"
    assert masked("+380501234567") == "+38050•••••67"


async def test_customer_without_a_password_signs_in_with_none(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    for password in ("", " ", one_time, OWN):
        answer = await desk.by_password.recognise(PHONE, password, HERE)
        assert isinstance(answer, Refusal)
        assert answer.code in {RefusalCode.WRONG_CREDENTIALS, RefusalCode.PASSWORD_MUST_CHANGE}
