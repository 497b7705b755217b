"""SMS credentials: "P" brings a one-time password, a forgotten password another, and nobody learns who is known."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.identity.port import Visitor
from auth.one_time_passwords import as_drawn
from auth.sms_credentials import Outcome, SmsRules, is_keyword, masked
from connectors.store.engine import reading
from connectors.store.sign_in_tables import one_time_passwords, sms_messages
from connectors.store.sms import SmsKind, SmsLimits
from connectors.store.tables import customers
from schema.customers import Customer
from schema.refusals import Refusal, RefusalCode
from tests.auth.people import HERE, Counter
from tests.auth.sms_desk import OWN, PHONE, RULES, SmsDesk, open_sms_desk

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


def test_masked_phone_shows_its_owner_enough() -> None:
    assert masked("+998901234567") == "+99890•••••67"
    assert masked("+380501234567") == "+38050•••••67"


async def test_customer_without_a_password_signs_in_with_none(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    for password in ("", " ", one_time, OWN):
        answer = await desk.by_password.recognise(PHONE, password, HERE)
        assert isinstance(answer, Refusal)
        assert answer.code in {RefusalCode.WRONG_CREDENTIALS, RefusalCode.PASSWORD_MUST_CHANGE}
