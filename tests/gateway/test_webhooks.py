"""Webhooks of SMS operators, over sockets: who is let in, what is queued first, and what is never asked for again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from connectors.messaging.inbound import MAX_BODY, InboundFields, InboundReader, read_playmobile
from gateway.webhooks import Network, SmsWebhooks, routes
from sandbox.listeners import listen
from tests.auth.people import Counter
from tests.auth.sms_desk import PHONE, SmsDesk, open_sms_desk

SECRET = "a-secret-of-tests"
XML = '<sms-request version="1.0"><message id="{}" msisdn="998901234567"><content>{}</content></message></sms-request>'


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator before our webhooks."""

    desk: SmsDesk
    http: httpx.AsyncClient

    async def post(self, path: str, body: bytes | str = "", secret: str = SECRET, **headers: str) -> int:
        answer = await self.http.post(f"/webhooks/sms/{secret}/{path}", content=body, headers=headers)
        assert answer.content == b"" or answer.status_code >= 400
        return answer.status_code


@asynccontextmanager
async def open_operator(
    store: AsyncEngine,
    clock: Counter,
    *,
    networks: Sequence[Network] = (),
    read_inbound: InboundReader = read_playmobile,
) -> AsyncIterator[Operator]:
    async with open_sms_desk(store, clock) as desk:
        webhooks = SmsWebhooks(SECRET, read_inbound, desk.credentials, desk.sender, networks)
        listener = await listen(Starlette(routes=routes(lambda _request: webhooks)), "127.0.0.1", 0)
        desk.stand_in.webhooks.inbound = f"{listener.url}/webhooks/sms/{SECRET}/inbound"
        desk.stand_in.webhooks.report = f"{listener.url}/webhooks/sms/{SECRET}/report"
        try:
            async with httpx.AsyncClient(base_url=listener.url, trust_env=False) as http:
                yield Operator(desk, http)
        finally:
            await listener.close()


@pytest.fixture
def clock() -> Counter:
    return Counter()


@pytest.fixture
async def operator(store: AsyncEngine, clock: Counter) -> AsyncIterator[Operator]:
    async with open_operator(store, clock) as opened:
        yield opened


async def test_letter_p_brings_login_and_password_and_a_report_of_them(operator: Operator) -> None:
    desk = operator.desk
    sent = await desk.stand_in.send(PHONE, "P")
    assert sent.json()["status"] == 200
    assert await desk.states() == ["QUEUED"]
    await desk.sender.send_due()
    one_time = await desk.newest()
    reported = await desk.stand_in.report(PHONE, "Delivered")
    assert reported.json() == {"status": 200}
    assert await desk.states() == ["DELIVERED"]
    await desk.stand_in.report(PHONE, "NotDelivered")
    assert await desk.states() == ["DELIVERED"]
    await desk.finish(one_time)


async def test_message_is_queued_once_however_often_it_is_delivered(operator: Operator) -> None:
    body = XML.format(7, "P")
    assert await asyncio.gather(*(operator.post("inbound", body) for _ in range(4))) == [200] * 4
    operator.desk.clock.move(hours=1)
    assert await operator.post("inbound", body) == 200
    assert await operator.desk.states() == ["QUEUED"]


async def test_stranger_finds_nothing(operator: Operator) -> None:
    for path in ("inbound", "report"):
        for secret in ("wrong", f"{SECRET}x", SECRET[:-1], "%CE%A9", "%FF", "%00"):
            assert await operator.post(path, XML.format(7, "P"), secret) == 404
    assert await operator.desk.states() == []


@pytest.mark.parametrize(("network", "status"), [("127.0.0.0/8", 200), ("192.0.2.0/24", 404), ("2001:db8::/32", 404)])
async def test_operator_calls_from_its_own_network(
    store: AsyncEngine, clock: Counter, network: str, status: int
) -> None:
    async with open_operator(store, clock, networks=[ip_network(network)]) as operator:
        assert await operator.post("inbound", XML.format(7, "P")) == status
        assert await operator.post("report", "{}") == status
        assert len(await operator.desk.states()) == (status == 200)


async def test_body_is_bounded_while_it_is_read(operator: Operator) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 1000 + 2):
            yield b"x" * 1000

    for path in ("inbound", "report"):
        url = f"/webhooks/sms/{SECRET}/{path}"
        assert (await operator.http.post(url, content=endless())).status_code == 413
        assert (await operator.http.post(url, content=b"x" * (MAX_BODY + 1))).status_code == 413
        assert (await operator.http.get(url)).status_code == 405


async def test_inbound_message_that_cannot_be_read_is_refused(operator: Operator) -> None:
    for body in ("", "oops", "<!DOCTYPE x><sms-request/>", "<sms-request><message/></sms-request>"):
        assert await operator.post("inbound", body) == 400


async def test_report_of_nothing_we_know_is_never_asked_for_again(operator: Operator) -> None:
    unknown = '{"messages": [{"message-id": "991", "status": "Delivered"}]}'
    strange = '{"messages": [{"message-id": "8f0e", "status": "Delivered"}, {"status": "x"}, {"status": "Delivered"}]}'
    for body in ("", "oops", "[]", "{}", unknown, strange):
        assert await operator.post("report", body) == 200


async def test_operator_with_fields_of_its_own_is_read(store: AsyncEngine, clock: Counter) -> None:
    fields = InboundFields("sms_id", "mobile_phone", "message")
    async with open_operator(store, clock, read_inbound=fields.read) as operator:
        form = "sms_id=7&mobile_phone=998901234567&message=%D0%9F"
        assert await operator.post("inbound", form, **{"Content-Type": "application/x-www-form-urlencoded"}) == 200
        assert await operator.desk.states() == ["QUEUED"]


async def test_webhooks_show_no_secret(operator: Operator) -> None:
    webhooks = SmsWebhooks(SECRET, read_playmobile, operator.desk.credentials, operator.desk.sender)
    assert SECRET not in repr(webhooks)
