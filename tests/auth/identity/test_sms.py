"""Signing in by a one-time password: it sets a password of one's own, once, and is good for nothing else."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.identity.people import OWN_ISSUER
from auth.identity.port import Beginning, Form, IdentityProvider, ProviderUnavailable, SignInRefused
from connectors.store.audit import AuditRows
from connectors.transport.deadline import Deadline
from schema.authentication import Assurance
from schema.customers import Customer
from schema.refusals import Refusal, RefusalCode
from tests.auth.people import HERE, Counter
from tests.auth.sms_desk import NO_ROOM, OWN, PHONE, SmsDesk, open_sms_desk

WRONG = "CCCC-CCCC"
OTHER = "+998901234568"


@pytest.fixture
async def desk(store: AsyncEngine, clock: Counter) -> AsyncIterator[SmsDesk]:
    async with open_sms_desk(store, clock) as opened:
        yield opened


async def refusal(desk: SmsDesk, one_time: str, own: str = OWN, login: str = PHONE) -> SignInRefused:
    with pytest.raises(SignInRefused) as refused:
        await desk.finish(one_time, own, login)
    return refused.value


async def recognised(desk: SmsDesk, password: str, login: str = PHONE) -> Customer | Refusal:
    return await desk.by_password.recognise(login, password, HERE)


async def test_page_says_what_to_send_where(desk: SmsDesk) -> None:
    provider: IdentityProvider = desk.provider
    begun = await provider.begin(Beginning("a-state", "https://example.org/", HERE), Deadline.within(5))
    assert begun == Form("sms", {"short_number": "2100", "keyword": "P"})
    assert (provider.name, provider.assurance) == ("sms", Assurance.LOW)
    assert await provider.sign_out("", "/", Deadline.within(5)) is None


@pytest.mark.parametrize("login", [PHONE, "90 123 45 67", "998901234567"])
async def test_one_time_password_sets_the_customer_s_own(desk: SmsDesk, login: str) -> None:
    one_time = await desk.ask()
    identity = await desk.finish(one_time, login=login, name=" Олена  Коваль ")
    customer = (await desk.customer()).customer
    assert (identity.issuer, identity.subject) == (OWN_ISSUER, customer.subject)
    assert (identity.assurance, identity.amr) == (Assurance.LOW, ("sms", "otp"))
    assert customer.name == "Олена Коваль"
    assert await recognised(desk, OWN) == customer
    assert isinstance(await recognised(desk, one_time), Refusal)


async def test_one_time_password_is_used_up(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    await desk.finish(one_time)
    assert (await refusal(desk, one_time, "inakshyi-tramvai-43")).reason == "WRONG_CREDENTIALS"
    assert isinstance(await recognised(desk, OWN), Customer)
    assert isinstance(await recognised(desk, "inakshyi-tramvai-43"), Refusal)


async def test_one_time_password_is_typed_as_keyboards_write_it(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    await desk.finish(f" {one_time.lower().replace('-', ' ')} ")
    assert isinstance(await recognised(desk, OWN), Customer)


async def test_one_time_password_is_good_for_ten_minutes(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    desk.clock.move(minutes=10)
    assert (await refusal(desk, one_time)).reason == "WRONG_CREDENTIALS"
    assert (await desk.customer()).password_hash == ""


async def test_newer_one_time_password_takes_the_place_of_the_older(desk: SmsDesk) -> None:
    older = await desk.ask()
    desk.clock.move(minutes=1)
    newer = await desk.ask()
    assert (await refusal(desk, older)).reason == "WRONG_CREDENTIALS"
    await desk.finish(newer)


async def test_one_time_password_is_bound_to_its_customer(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    await desk.ask(OTHER)
    assert (await refusal(desk, one_time, login=OTHER)).reason == "WRONG_CREDENTIALS"
    await desk.finish(one_time)


async def test_weak_password_uses_nothing_up(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    for weak in ("", "short", "parol12345", PHONE, "1234567890", one_time * 2, f"{one_time}xyz"):
        assert (await refusal(desk, one_time, weak)).reason == "WEAK_PASSWORD"
    await desk.finish(one_time)


async def test_guesses_run_out_before_the_password_does(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    reasons = []
    for _ in range(10 * 60):
        reasons.append((await refusal(desk, WRONG)).reason)
        desk.clock.move(seconds=1)
    assert reasons.count("WRONG_CREDENTIALS") == 8
    assert set(reasons) == {"WRONG_CREDENTIALS", "TOO_MANY_ATTEMPTS"}
    assert (await refusal(desk, one_time)).reason in reasons


async def test_wait_is_told_and_ends(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    for _ in range(5):
        await refusal(desk, WRONG)
    told = await refusal(desk, one_time)
    assert (told.reason, told.retry_after_s) == ("TOO_MANY_ATTEMPTS", 60)
    desk.clock.move(minutes=1)
    await desk.finish(one_time)


async def test_unknown_login_is_refused_as_a_wrong_password_is(desk: SmsDesk) -> None:
    await desk.ask()
    for login in (PHONE, "+998901234999", "nobody@example.org", "no login", ""):
        reasons = [(await refusal(desk, WRONG, login=login)).reason for _ in range(6)]
        assert reasons == ["WRONG_CREDENTIALS"] * 5 + ["TOO_MANY_ATTEMPTS"]


async def test_customer_is_signed_out_everywhere_around_the_change(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    subject = (await desk.customer()).customer.subject
    await refusal(desk, WRONG)
    await refusal(desk, one_time, "weak")
    assert desk.doors.signed_out == []
    await desk.finish(one_time)
    assert desk.doors.signed_out == [subject, subject]


async def test_reset_keeps_a_passkey_and_the_audit_trail_says_so(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    subject = (await desk.customer()).customer.subject
    await desk.customers.confirm_phone((await desk.customer()).customer.subject, desk.clock.now())
    desk.doors.with_passkey.add(subject)
    assert (await desk.finish(one_time)).assurance is Assurance.LOW
    events = await AuditRows(desk.store).of_subject(subject, 10, None)
    assert [(event.kind, event.detail) for event in events] == [
        ("CREDENTIAL_CHANGED", "SECOND_FACTOR_KEPT"),
        ("CREDENTIAL_SENT", "credential"),
        ("REGISTERED", None),
    ]
    assert all(event.provider == "sms" for event in events)


async def test_name_is_set_only_where_there_was_none(desk: SmsDesk) -> None:
    await desk.finish(await desk.ask(), name="Olena")
    desk.clock.move(minutes=1)
    await desk.finish(await desk.ask(), "inakshyi-tramvai-43", name="Somebody Else")
    assert (await desk.customer()).customer.name == "Olena"
    await desk.finish(await desk.ask(OTHER), login=OTHER, name="\x00")
    assert (await desk.customer(OTHER)).customer.name == "+99890•••••68"


async def test_reset_ends_the_wait_of_guesses_at_the_old_password(desk: SmsDesk) -> None:
    await desk.finish(await desk.ask())
    for _ in range(6):
        await recognised(desk, "wrong-password-77")
    waiting = await recognised(desk, OWN)
    assert isinstance(waiting, Refusal)
    assert waiting.code is RefusalCode.TOO_MANY_ATTEMPTS
    desk.clock.move(minutes=1)
    await recognised(desk, "wrong-password-77")
    await desk.finish(await desk.ask(), "inakshyi-tramvai-43")
    assert isinstance(await recognised(desk, "inakshyi-tramvai-43"), Customer)


async def test_flood_is_turned_away_without_being_counted(desk: SmsDesk) -> None:
    one_time = await desk.ask()
    full = replace(desk, provider=replace(desk.provider, one_time=replace(desk.one_time, passwords=NO_ROOM)))
    for _ in range(7):
        with pytest.raises(ProviderUnavailable, match="BUSY"):
            await full.finish(one_time)
    await desk.finish(one_time)
