"""The SMS stand-ins over a socket: what each gateway takes and refuses, the phones, and what operators deliver."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.identity.sms_phone import JSON_FIELDS
from tests.connectors.scripted import Scripted, http, scripted
from tests.sandbox.sms import SmsStandIn, everybody, running_sms

PHONE = "+998901234567"


@pytest.fixture
async def stand_in() -> AsyncIterator[SmsStandIn]:
    async with running_sms() as running:
        yield running


async def eskiz_token(stand_in: SmsStandIn) -> str:
    form = {"email": stand_in.accounts.eskiz_email, "password": stand_in.accounts.eskiz_password}
    answer = await stand_in.http.post(f"{stand_in.origin}/eskiz/api/auth/login", data=form)
    assert answer.json()["token_type"] == "bearer"
    token: str = answer.json()["data"]["token"]
    return token


async def send_by_eskiz(stand_in: SmsStandIn, token: str, **changes: str) -> httpx.Response:
    form = {"mobile_phone": "998901234567", "message": "Salom", "from": "4546", "user_sms_id": "1", **changes}
    headers = {"Authorization": f"Bearer {token}"}
    return await stand_in.http.post(f"{stand_in.origin}/eskiz/api/message/sms/send", data=form, headers=headers)


async def send_by_playmobile(stand_in: SmsStandIn, body: object, password: str | None = None) -> httpx.Response:
    account = (stand_in.accounts.playmobile_login, password or stand_in.accounts.playmobile_password)
    return await stand_in.http.post(f"{stand_in.origin}/playmobile/broker-api/send", json=body, auth=account)


async def send_by_turbosms(stand_in: SmsStandIn, body: object, token: str | None = None) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {token or stand_in.accounts.turbosms_token}"}
    answer = await stand_in.http.post(f"{stand_in.origin}/turbosms/message/send.json", json=body, headers=headers)
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def playmobile_message(**changes: object) -> dict[str, object]:
    sms = {"originator": "3700", "content": {"text": "Salom"}}
    return {"messages": [{"recipient": "998901234567", "message-id": "1", "sms": sms, **changes}]}


async def test_eskiz_takes_a_form_with_its_token(stand_in: SmsStandIn) -> None:
    answer = await send_by_eskiz(stand_in, await eskiz_token(stand_in))
    (text,) = await stand_in.inbox(PHONE)
    assert answer.json() == {"id": text["id"], "status": "waiting", "message": "Waiting for SMS provider"}
    assert (text["text"], text["from"], text["sender_id"]) == ("Salom", "4546", "1")
    assert stand_in.asked == ["eskiz.login", "eskiz.send"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user_sms_id": "1000000000000"}, "user_sms_id is invalid"),
        ({"user_sms_id": "0f8fad5b-d9cb-469f-a165-70867728950e"}, "user_sms_id is invalid"),
        ({"mobile_phone": "380501234567"}, "mobile_phone is invalid"),
        ({"mobile_phone": PHONE}, "mobile_phone is invalid"),
        ({"message": ""}, "message and from are required"),
    ],
)
async def test_eskiz_refuses_what_it_cannot_send(stand_in: SmsStandIn, changes: dict[str, str], message: str) -> None:
    answer = await send_by_eskiz(stand_in, await eskiz_token(stand_in), **changes)
    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert await stand_in.inbox() == []


async def test_eskiz_refuses_who_is_not_signed_in(stand_in: SmsStandIn) -> None:
    assert (await send_by_eskiz(stand_in, "wrong")).status_code == 401
    token = await eskiz_token(stand_in)
    stand_in.quirks.forget_tokens = True
    assert (await send_by_eskiz(stand_in, token)).status_code == 401
    assert (await send_by_eskiz(stand_in, await eskiz_token(stand_in))).status_code == 200
    wrong = {"email": stand_in.accounts.eskiz_email, "password": "wrong"}
    assert (await stand_in.http.post(f"{stand_in.origin}/eskiz/api/auth/login", data=wrong)).status_code == 401


async def test_playmobile_takes_all_messages_of_a_request_or_none(stand_in: SmsStandIn) -> None:
    assert (await send_by_playmobile(stand_in, playmobile_message())).text == "Request is received"
    assert (await send_by_playmobile(stand_in, playmobile_message(), "wrong")).status_code == 401
    two = {"messages": [*playmobile_message()["messages"], {**playmobile_message(), "recipient": "x"}]}  # type: ignore[misc] # a list
    assert (await send_by_playmobile(stand_in, two)).status_code == 400
    assert len(await stand_in.inbox()) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 101),
        ([], 101),
        ({"messages": 5}, 101),
        (playmobile_message(sms=None), 101),
        (playmobile_message(recipient=""), 202),
        (playmobile_message(**{"message-id": ""}), 205),
        (playmobile_message(sms={"content": {"text": "x"}}), 401),
    ],
)
async def test_playmobile_refuses_with_a_number(stand_in: SmsStandIn, body: object, code: int) -> None:
    answer = await send_by_playmobile(stand_in, body)
    assert (answer.status_code, answer.json()["error-code"]) == (400, code)


async def test_turbosms_answers_200_to_everything(stand_in: SmsStandIn) -> None:
    body = {"recipients": ["380501234567", "12"], "sms": {"sender": "HET", "text": "Вітаю"}}
    answer = await send_by_turbosms(stand_in, body)
    (text,) = await stand_in.inbox()
    assert answer["response_code"] == 802
    assert answer["response_result"] == [
        {"phone": "380501234567", "response_code": 0, "message_id": text["id"], "response_status": "OK"},
        {"phone": "12", "response_code": 305, "message_id": None, "response_status": "REFUSED"},
    ]
    assert (await send_by_turbosms(stand_in, {**body, "recipients": ["380501234567"]}))["response_code"] == 800
    assert (await send_by_turbosms(stand_in, body, "wrong"))["response_code"] == 301
    assert (await send_by_turbosms(stand_in, {"recipients": []}))["response_code"] == 300
    without = await stand_in.http.post(f"{stand_in.origin}/turbosms/message/send.json", json=body)
    assert without.json()["response_code"] == 103


async def test_inbox_tells_a_phone_s_messages_and_is_emptied(stand_in: SmsStandIn) -> None:
    for recipient in ("998901234567", "998901234568"):
        await send_by_playmobile(stand_in, playmobile_message(recipient=recipient))
    assert [text["phone"] for text in await stand_in.inbox()] == [PHONE, "+998901234568"]
    assert await stand_in.texts(PHONE) == ["Salom"]
    await stand_in.http.delete(f"{stand_in.origin}/inbox")
    assert await stand_in.inbox() == []


def asked_of(server: Scripted) -> str:
    return server.asked[-1].body.decode()


async def test_phone_sends_to_whoever_takes_the_short_number(stand_in: SmsStandIn) -> None:
    assert (await stand_in.send(PHONE, "P")).status_code == 502
    async with scripted(http(status=204)) as server:
        await stand_in.http.put(f"{stand_in.origin}/webhooks", json={"inbound": server.url})
        assert (await stand_in.send(PHONE, "<P> & П", id="7")).json() == {"status": 204, "id": "7"}
        assert '<message id="7" msisdn="998901234567"' in asked_of(server)
        assert "&lt;P&gt; &amp; П</content>" in asked_of(server)
        first, second = [(await stand_in.send(PHONE, "P")).json()["id"] for _ in range(2)]
        assert int(second) == int(first) + 1
    assert (await stand_in.send(PHONE, "P")).status_code == 502


async def test_phone_sends_json_where_that_was_agreed() -> None:
    async with running_sms(JSON_FIELDS) as stand_in, scripted(http()) as server:
        stand_in.webhooks.inbound = server.url
        await stand_in.send(PHONE, "П", id="7")
        assert json.loads(asked_of(server)) == {"message_id": "7", "from": "998901234567", "text": "П"}


async def test_reports_are_written_as_each_gateway_writes_them(stand_in: SmsStandIn) -> None:
    assert (await stand_in.report(PHONE, "x")).status_code == 404
    async with scripted(http()) as server:
        await send_by_eskiz(stand_in, await eskiz_token(stand_in), callback_url=server.url)
        assert (await stand_in.report(PHONE, "DELIVRD")).json() == {"status": 200}
        assert "user_sms_id=1&status=DELIVRD" in asked_of(server)
        stand_in.webhooks.report = server.url
        await send_by_playmobile(stand_in, playmobile_message())
        await stand_in.report(PHONE, "Delivered")
        assert json.loads(asked_of(server)) == {"messages": [{"message-id": "1", "status": "Delivered"}]}
        await send_by_turbosms(stand_in, {"recipients": ["998901234567"], "sms": {"sender": "HET", "text": "x"}})
        await stand_in.report(PHONE, "READ")
        assert json.loads(asked_of(server))["data"]["status"] == "READ"


async def test_page_shows_a_phone_and_sends(stand_in: SmsStandIn) -> None:
    person = next(iter(everybody()))
    await send_by_playmobile(
        stand_in,
        playmobile_message(
            recipient=person.phone.removeprefix("+"), sms={"originator": "1", "content": {"text": "<b>Salom</b>"}}
        ),
    )
    page = await stand_in.http.get(f"{stand_in.origin}/", params={"phone": person.phone})
    assert "&lt;b&gt;Salom&lt;/b&gt;" in page.text
    assert f'<option value="{person.phone}" selected>' in page.text
    async with scripted(http()) as server:
        stand_in.webhooks.inbound = server.url
        form = {"phone": person.phone, "text": "P"}
        sent = await stand_in.http.post(f"{stand_in.origin}/phone", data=form)
        assert sent.status_code == 303
        assert len(server.asked) == 1


async def test_manners_of_time_and_outage_keep_what_was_taken(stand_in: SmsStandIn) -> None:
    stand_in.quirks.lose_answers = 1
    assert (await send_by_playmobile(stand_in, playmobile_message())).status_code == 504
    assert (await send_by_playmobile(stand_in, playmobile_message())).status_code == 200
    assert len(await stand_in.inbox()) == 2
    stand_in.quirks.outage = True
    assert (await send_by_playmobile(stand_in, playmobile_message())).status_code == 503
    assert len(await stand_in.inbox()) == 2
    assert stand_in.asked == ["playmobile.send"] * 3
