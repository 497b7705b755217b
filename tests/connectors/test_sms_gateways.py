"""The SMS gateways: what each is sent, what is read of its answers, and what is read of its reports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from connectors.legacy.errors import Unreadable
from connectors.messaging.eskiz import Eskiz, EskizSettings
from connectors.messaging.playmobile import PlayMobile, PlayMobileSettings
from connectors.messaging.sms import (
    Delivery,
    DeliveryReport,
    SmsGateway,
    SmsMessage,
    SmsRefused,
    SmsUnavailable,
)
from connectors.messaging.turbosms import TurboSms, TurboSmsSettings
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.systems import System
from tests.connectors.scripted import http, scripted
from tests.sandbox.sms import SmsStandIn, running_sms

PHONE = "+998901234567"
MESSAGE = SmsMessage("999999999999", PHONE, "Логин: +998901234567")
GATEWAYS = ["eskiz", "playmobile", "turbosms"]


@pytest.fixture
async def stand_in() -> AsyncIterator[SmsStandIn]:
    async with running_sms() as running:
        yield running


@asynccontextmanager
async def opened(stand_in: SmsStandIn, name: str) -> AsyncIterator[SmsGateway]:
    accounts, transport = stand_in.accounts, HttpTransport(System.IDENTITY)
    eskiz = EskizSettings(accounts.eskiz_email, accounts.eskiz_password, base_url=f"{stand_in.origin}/eskiz/api")
    playmobile = PlayMobileSettings(
        accounts.playmobile_login, accounts.playmobile_password, "3700", f"{stand_in.origin}/playmobile"
    )
    turbosms = TurboSmsSettings(accounts.turbosms_token, "HET", f"{stand_in.origin}/turbosms")
    gateways: dict[str, SmsGateway] = {
        "eskiz": Eskiz(eskiz, transport),
        "playmobile": PlayMobile(playmobile, transport),
        "turbosms": TurboSms(turbosms, transport),
    }
    try:
        yield gateways[name]
    finally:
        await transport.aclose()


def soon() -> Deadline:
    return Deadline.within(5)


@pytest.mark.parametrize("name", GATEWAYS)
async def test_message_arrives_as_it_was_written(stand_in: SmsStandIn, name: str) -> None:
    async with opened(stand_in, name) as gateway:
        sent = await gateway.send(MESSAGE, soon())
    (arrived,) = await stand_in.inbox()
    sender = {"eskiz": "4546", "playmobile": "3700", "turbosms": "HET"}[name]
    assert (arrived["phone"], arrived["text"], arrived["from"]) == (PHONE, MESSAGE.text, sender)
    assert sent.gateway_id == (None if name == "playmobile" else arrived["id"])
    assert arrived["sender_id"] == (None if name == "turbosms" else MESSAGE.id)


@pytest.mark.parametrize("name", GATEWAYS)
async def test_message_whose_answer_is_lost_may_have_been_sent(stand_in: SmsStandIn, name: str) -> None:
    async with opened(stand_in, name) as gateway:
        await gateway.send(MESSAGE, soon())
        stand_in.quirks.lose_answers = 1
        with pytest.raises(SmsUnavailable, match="HTTP_504"):
            await gateway.send(MESSAGE, soon())
        stand_in.quirks.outage = True
        with pytest.raises(SmsUnavailable, match="HTTP_503"):
            await gateway.send(MESSAGE, soon())
        stand_in.quirks.outage, stand_in.quirks.hang = False, True
        with pytest.raises(SmsUnavailable, match="UPSTREAM_TIMEOUT"):
            await gateway.send(MESSAGE, Deadline.within(0.3))
    assert len(await stand_in.inbox()) == 3


@pytest.mark.parametrize("name", ["eskiz", "turbosms"])
async def test_answer_that_cannot_be_read_is_no_refusal(stand_in: SmsStandIn, name: str) -> None:
    async with opened(stand_in, name) as gateway:
        await gateway.send(MESSAGE, soon())
        stand_in.quirks.malformed = True
        with pytest.raises(SmsUnavailable, match="MALFORMED"):
            await gateway.send(MESSAGE, soon())


@pytest.mark.parametrize("name", GATEWAYS)
async def test_nobody_there_is_not_available(stand_in: SmsStandIn, free_tcp_port: int, name: str) -> None:
    stand_in.origin = f"http://127.0.0.1:{free_tcp_port}"
    async with opened(stand_in, name) as gateway:
        with pytest.raises(SmsUnavailable, match="UPSTREAM_UNAVAILABLE"):
            await gateway.send(MESSAGE, soon())


async def test_eskiz_is_signed_in_to_once_however_many_send_at_once(stand_in: SmsStandIn) -> None:
    async with opened(stand_in, "eskiz") as gateway:
        await asyncio.gather(*(gateway.send(MESSAGE, soon()) for _ in range(10)))
    assert stand_in.asked.count("eskiz.login") == 1
    assert len(await stand_in.inbox()) == 10


async def test_eskiz_token_that_is_refused_is_renewed_once_for_all(stand_in: SmsStandIn) -> None:
    async with opened(stand_in, "eskiz") as gateway:
        await gateway.send(MESSAGE, soon())
        stand_in.quirks.forget_tokens = True
        await asyncio.gather(*(gateway.send(MESSAGE, soon()) for _ in range(10)))
    assert stand_in.asked.count("eskiz.login") == 2
    assert len(await stand_in.inbox()) == 11


async def test_eskiz_token_that_is_refused_again_is_not_renewed_for_ever() -> None:
    token, refusal = http('{"data": {"token": "a-token"}}'), http('{"message": "Expired"}', 401)
    async with scripted(token, refusal) as server, open_eskiz(server.url) as gateway:
        with pytest.raises(SmsRefused, match="SIGN_IN") as refused:
            await gateway.send(MESSAGE, soon())
    assert not refused.value.permanent
    async with scripted(token, refusal, token, refusal) as server, open_eskiz(server.url) as gateway:
        with pytest.raises(SmsRefused, match="TOKEN"):
            await gateway.send(MESSAGE, soon())
        assert len(server.asked) == 4


@asynccontextmanager
async def open_eskiz(url: str, **changes: str) -> AsyncIterator[Eskiz]:
    transport = HttpTransport(System.IDENTITY)
    settings = EskizSettings("gridgate@example.org", "a secret of tests", base_url=url)
    try:
        yield Eskiz(replace(settings, **changes), transport)
    finally:
        await transport.aclose()


async def test_eskiz_is_asked_for_reports_only_where_they_can_be_taken() -> None:
    script = (http('{"data": {"token": "a-token"}}'), http('{"id": "x", "status": "waiting"}'))
    async with scripted(*script) as server, open_eskiz(server.url) as gateway:
        await gateway.send(MESSAGE, soon())
        assert b"callback_url" not in server.asked[1].body
        assert b"user_sms_id=999999999999" in server.asked[1].body
    callback = "https://kabinet.example.org/webhooks/sms/s/report"
    async with scripted(*script) as server, open_eskiz(server.url, callback_url=callback) as gateway:
        await gateway.send(MESSAGE, soon())
        assert urlencode({"callback_url": callback}).encode() in server.asked[1].body


@pytest.mark.parametrize("answer", ['{"data": {}}', '{"data": "x"}', "[]", "oops"])
async def test_eskiz_without_a_token_in_its_answer_is_not_available(answer: str) -> None:
    async with scripted(http(answer)) as server, open_eskiz(server.url) as gateway:
        with pytest.raises(SmsUnavailable, match="MALFORMED"):
            await gateway.send(MESSAGE, soon())


async def test_eskiz_says_which_refusals_are_of_the_message(stand_in: SmsStandIn) -> None:
    async with opened(stand_in, "eskiz") as gateway:
        stand_in.quirks.unapproved_text = True
        with pytest.raises(SmsRefused, match="TEXT_NOT_APPROVED") as refused:
            await gateway.send(MESSAGE, soon())
        assert refused.value.permanent
        with pytest.raises(SmsRefused, match="HTTP_400"):
            await gateway.send(replace(MESSAGE, phone="+380501234567"), soon())


@pytest.mark.parametrize(("code", "permanent"), [(100, False), (102, False), (202, True), (404, True)])
async def test_playmobile_refuses_with_a_number(stand_in: SmsStandIn, code: int, permanent: bool) -> None:  # noqa: FBT001 -- a parameter
    stand_in.quirks.playmobile_error = code
    async with opened(stand_in, "playmobile") as gateway:
        with pytest.raises(SmsRefused) as refused:
            await gateway.send(MESSAGE, soon())
    assert (refused.value.code, refused.value.permanent) == (str(code), permanent)
    assert await stand_in.inbox() == []


@pytest.mark.parametrize(("code", "permanent"), [(203, False), (999, False), (412, True), (305, True)])
async def test_turbosms_refuses_with_http_200(stand_in: SmsStandIn, code: int, permanent: bool) -> None:  # noqa: FBT001 -- a parameter
    async with opened(stand_in, "turbosms") as gateway:
        stand_in.quirks.turbosms_code = code
        with pytest.raises(SmsRefused) as whole:
            await gateway.send(MESSAGE, soon())
        stand_in.quirks.turbosms_code, stand_in.quirks.turbosms_recipient_code = None, code
        with pytest.raises(SmsRefused) as recipient:
            await gateway.send(MESSAGE, soon())
    for refused in (whole.value, recipient.value):
        assert (refused.code, refused.permanent) == (str(code), permanent)
    assert await stand_in.inbox() == []


@pytest.mark.parametrize("body", ["{}", '{"response_code": 800, "response_result": []}', '{"response_code": true}'])
async def test_turbosms_answer_without_the_recipient_is_no_success(body: str) -> None:
    transport = HttpTransport(System.IDENTITY)
    async with scripted(http(body)) as server:
        gateway = TurboSms(TurboSmsSettings("a-token", "HET", server.url), transport)
        with pytest.raises((SmsRefused, SmsUnavailable), match="MALFORMED"):
            await gateway.send(MESSAGE, soon())
    await transport.aclose()


@pytest.mark.parametrize(("name", "code"), [("eskiz", "SIGN_IN"), ("playmobile", "HTTP_401"), ("turbosms", "301")])
async def test_account_that_is_not_let_in_is_not_the_message_s_fault(
    stand_in: SmsStandIn, name: str, code: str
) -> None:
    stand_in.accounts = replace(
        stand_in.accounts, eskiz_password="wrong", playmobile_password="wrong", turbosms_token="wrong"
    )
    async with opened(stand_in, name) as gateway:
        with pytest.raises(SmsRefused, match=code) as refused:
            await gateway.send(MESSAGE, soon())
    assert not refused.value.permanent


async def test_reports_are_read_as_each_gateway_writes_them(stand_in: SmsStandIn) -> None:
    fields = {"user_sms_id": "171", "message_id": "a-uuid", "status": "DELIVRD", "country": "UZ"}
    form, ours = urlencode(fields).encode(), DeliveryReport(Delivery.DELIVERED, "171", "a-uuid")
    async with opened(stand_in, "eskiz") as eskiz:
        assert eskiz.read_reports(form, "application/x-www-form-urlencoded") == [ours]
        numbers = b'{"user_sms_id": 171, "id": "a-uuid", "status": "delivered", "new": {"x": [1]}}'
        assert eskiz.read_reports(numbers, "application/json; charset=utf-8") == [ours]
        assert eskiz.read_reports(b"status=ENROUTE&user_sms_id=171", "") == []
    async with opened(stand_in, "playmobile") as playmobile:
        body = b'{"messages": [{"message-id": "171", "status": "Delivered"}, {"message-id": "9", "status": "Sent"}]}'
        assert playmobile.read_reports(body, "") == [DeliveryReport(Delivery.DELIVERED, "171")]
    async with opened(stand_in, "turbosms") as turbosms:
        body = b'{"id": "e", "try": 1, "data": {"message_id": "a-uuid", "status": "UNDELIV"}}'
        assert turbosms.read_reports(body, "") == [DeliveryReport(Delivery.UNDELIVERED, None, "a-uuid")]


@pytest.mark.parametrize("name", GATEWAYS)
@pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff\xfe", b'{"messages": 5}', b"[" * 100_000])
async def test_report_that_is_none_is_unreadable_or_empty(stand_in: SmsStandIn, name: str, body: bytes) -> None:
    async with opened(stand_in, name) as gateway:
        try:
            assert gateway.read_reports(body, "application/json") == []
        except Unreadable:
            return
