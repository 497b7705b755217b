"""Changing one's phone: the code goes to the new number, is good once and for one customer, and ends other sessions."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from schema.authentication import Assurance, Authentication
from schema.customers import Customer
from schema.refusals import Refusal, RefusalCode
from tests.auth.people import HERE, Counter
from tests.auth.sms_desk import PHONE, SmsDesk, open_sms_desk

NEW = "+998901234599"


@pytest.fixture
async def desk(store: AsyncEngine, clock: Counter) -> AsyncIterator[SmsDesk]:
    async with open_sms_desk(store, clock) as opened:
        for subject, phone in (("s1", PHONE), ("s2", None)):
            email = f"{subject}@example.org"
            someone = Customer(subject=subject, name="Olena", email=email, phone=phone, registered_at=clock.now())
            assert await opened.customers.add(someone, "h")
        yield opened


async def code_for(desk: SmsDesk, subject: str = "s1", phone: str = NEW) -> str:
    assert isinstance(await desk.phone_change.begin(subject, phone, HERE), datetime)
    assert await desk.sender.send_due() == 1
    return await desk.newest(phone)


async def phone_of(desk: SmsDesk, subject: str = "s1") -> str | None:
    customer = await desk.customers.get(subject)
    assert customer is not None
    return customer.phone


def code_of(answer: object) -> RefusalCode:
    assert isinstance(answer, Refusal)
    return answer.code


async def test_phone_changes_by_the_code_and_other_sessions_end(desk: SmsDesk) -> None:
    signed_in = Authentication(Assurance.LOW, ("pwd",), desk.clock.now())
    kept, other = [(await desk.sessions.open("s1", "password", signed_in, HERE)).session for _ in range(2)]
    code = await code_for(desk)
    assert await phone_of(desk) == PHONE
    assert await desk.phone_change.confirm("s1", code, HERE, keep=kept.id) == (NEW, 1)
    assert await phone_of(desk) == NEW
    assert [each.id for each in await desk.sessions.of("s1")] == [kept.id] != [other.id]
    assert (await desk.customer(NEW)).is_phone_confirmed


async def test_code_is_good_once_for_one_customer_and_for_ten_minutes(desk: SmsDesk) -> None:
    code = await code_for(desk)
    assert code_of(await desk.phone_change.confirm("s2", code, HERE)) is RefusalCode.INVALID_INPUT
    assert isinstance(await desk.phone_change.confirm("s1", code.lower().replace("-", " "), HERE), tuple)
    assert code_of(await desk.phone_change.confirm("s1", code, HERE)) is RefusalCode.INVALID_INPUT
    desk.clock.move(minutes=2)
    late = await code_for(desk, phone=PHONE)
    desk.clock.time += timedelta(minutes=10)
    assert code_of(await desk.phone_change.confirm("s1", late, HERE)) is RefusalCode.INVALID_INPUT
    assert await phone_of(desk) == NEW


async def test_code_for_a_phone_signs_nobody_in(desk: SmsDesk) -> None:
    code = await code_for(desk)
    assert not await desk.one_time.is_one_time("s1", code)


async def test_guessing_codes_is_slowed_down(desk: SmsDesk) -> None:
    codes = [code_of(await desk.phone_change.confirm("s1", f"AAAA-AAA{at}", HERE)) for at in range(6)]
    assert codes == [RefusalCode.INVALID_INPUT] * 5 + [RefusalCode.TOO_MANY_ATTEMPTS]


async def test_somebody_else_s_number_is_refused_like_a_wrong_code(desk: SmsDesk) -> None:
    wrong = await desk.phone_change.confirm("s2", "AAAA-AAAA", HERE)
    assert await desk.phone_change.confirm("s2", await code_for(desk, "s2", PHONE), HERE) == wrong
    assert (await phone_of(desk), await phone_of(desk, "s2")) == (PHONE, None)


@pytest.mark.parametrize("phone", ["", "abc", "12", "+380501234567"])
async def test_what_is_no_phone_of_the_country_is_refused(desk: SmsDesk, phone: str) -> None:
    assert code_of(await desk.phone_change.begin("s1", phone, HERE)) is RefusalCode.INVALID_INPUT
    assert await desk.sender.send_due() == 0


async def test_second_code_within_a_minute_is_refused(desk: SmsDesk) -> None:
    await code_for(desk)
    assert code_of(await desk.phone_change.begin("s1", NEW, HERE)) is RefusalCode.TOO_MANY_ATTEMPTS
