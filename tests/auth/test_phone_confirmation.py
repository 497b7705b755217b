"""A phone that somebody wrote down and never confirmed proves nothing against whoever receives its messages."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.identity.port import SignInRefused
from schema.customers import Customer
from schema.refusals import Refusal, RefusalCode
from tests.auth.people import HERE, Counter
from tests.auth.sms_desk import OWN, PHONE, SmsDesk, open_sms_desk


@pytest.fixture
async def desk(store: AsyncEngine, clock: Counter) -> AsyncIterator[SmsDesk]:
    async with open_sms_desk(store, clock) as opened:
        yield opened


async def somebody_writes_the_phone_down(desk: SmsDesk, *, with_passkey: bool) -> None:
    someone = Customer(
        subject="s1", name="Olena", email="olena@example.org", phone=PHONE, registered_at=desk.clock.now()
    )
    assert await desk.customers.add(someone, "h")
    if with_passkey:
        desk.doors.with_passkey.add("s1")


async def test_owner_of_the_number_does_not_land_in_an_account_that_somebody_s_passkey_opens(desk: SmsDesk) -> None:
    await somebody_writes_the_phone_down(desk, with_passkey=True)
    identity = await desk.finish(await desk.ask(), OWN)
    assert identity.subject != "s1"
    assert (await desk.customer()).is_phone_confirmed
    first = await desk.customers.get("s1")
    assert first is not None
    assert first.phone is None
    assert (await desk.customers.by_email("olena@example.org")) is not None


async def test_without_a_passkey_the_number_s_owner_takes_the_account_over_and_confirms_it(desk: SmsDesk) -> None:
    await somebody_writes_the_phone_down(desk, with_passkey=False)
    assert (await desk.finish(await desk.ask(), OWN)).subject == "s1"
    assert (await desk.customer()).is_phone_confirmed
    desk.doors.with_passkey.add("s1")
    desk.clock.move(minutes=2)
    assert (await desk.finish(await desk.ask(), f"{OWN}-2")).subject == "s1"


async def test_reset_of_an_unconfirmed_phone_with_a_passkey_sends_nothing(desk: SmsDesk) -> None:
    await somebody_writes_the_phone_down(desk, with_passkey=True)
    assert await desk.credentials.forgotten("olena@example.org", HERE) is None
    assert await desk.sender.send_due() == 0


async def test_passkey_that_comes_between_message_and_exchange_is_noticed(desk: SmsDesk) -> None:
    await somebody_writes_the_phone_down(desk, with_passkey=False)
    one_time = await desk.ask()
    desk.doors.with_passkey.add("s1")
    with pytest.raises(SignInRefused, match="PHONE_NOT_CONFIRMED"):
        await desk.finish(one_time, OWN)


async def test_one_time_password_where_a_password_is_asked_for_must_change(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    codes = []
    for password in (one_time, "wrong", one_time):
        answer = await desk.by_password.recognise(PHONE, password, HERE)
        assert isinstance(answer, Refusal)
        codes.append(answer.code)
    must_change = RefusalCode.PASSWORD_MUST_CHANGE
    assert codes == [must_change, RefusalCode.WRONG_CREDENTIALS, must_change]
    await desk.finish(one_time, OWN)
    assert not isinstance(await desk.by_password.recognise(PHONE, OWN, HERE), Refusal)
