"""How the distribution stand-in refuses what is no proper request, and its bad manners."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import InvalidOperation

import pytest
import zeep.exceptions
from lxml import etree

from sandbox.distribution.envelope import NAMESPACE, SOAP
from tests.sandbox.soap import Stand, envelope, items, operations, post, running, strings

PING = envelope("<d:PingURL/>")


@pytest.fixture(scope="module")
def served() -> Iterator[Stand]:
    with running() as running_stand:
        yield running_stand


@pytest.fixture
def stand(served: Stand) -> Iterator[Stand]:
    served.calls.clear()
    yield served
    served.board.clear()


@pytest.mark.parametrize(
    ("document", "code", "counted"),
    [
        (envelope("<d:PingURL/>", password="wrong"), "Client", "PingURL"),
        (envelope("<d:PingURL/>", user="somebody"), "Client", "PingURL"),
        (envelope("<d:MeterEverything/>"), "Client", "unknown"),
        (envelope("<d:UsagePointsByAccountNos/>"), "Client", "unknown"),
        (envelope("<PingURL/>"), "Client", "unreadable"),
        (envelope("<d:PingURL/><d:PingURL/>"), "Client", "unreadable"),
        (envelope(""), "Client", "unreadable"),
        ("<oops", "Client", "unreadable"),
        ("", "Client", "unreadable"),
        (PING.replace(SOAP, "http://www.w3.org/2003/05/soap-envelope"), "VersionMismatch", "unreadable"),
        ("<!DOCTYPE x>" + PING, "Client", "unreadable"),
        ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + PING, "Client", "unreadable"),
        (PING + "<!--" + "x" * (1 << 20) + "-->", "Client", "unreadable"),
        (envelope("<d:GetReadingsByMeterNos><d:startDate>x</d:startDate></d:GetReadingsByMeterNos>"), "Client", ""),
        (envelope("<d:GetReadingsByMeterNos><d:beforeDate>x</d:beforeDate></d:GetReadingsByMeterNos>"), "Client", ""),
        (
            envelope("<d:GetReadingsByMeterNos><d:latestCount>-1</d:latestCount></d:GetReadingsByMeterNos>"),
            "Client",
            "",
        ),
        (envelope("<d:GetReadingsByMeterNos><d:latestCount>x</d:latestCount></d:GetReadingsByMeterNos>"), "Client", ""),
        (
            envelope("<d:GetReadingsByMeterNos><d:lastReceived>x</d:lastReceived></d:GetReadingsByMeterNos>"),
            "Client",
            "",
        ),
    ],
)
def test_improper_request_is_refused_by_a_fault(stand: Stand, document: str, code: str, counted: str) -> None:
    answer = post(stand, document)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    fault = etree.fromstring(answer.content).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    assert fault is not None
    assert fault.findtext("faultcode") == f"soap:{code}"
    assert fault.findtext("faultstring")
    assert stand.counted() == {counted or "GetReadingsByMeterNos": 1}


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ('""', 200),
        (f'"{NAMESPACE}/PingURL"', 200),
        (f"{NAMESPACE}/PingURL", 200),
        (f'"{NAMESPACE}/SubmitReadings"', 500),
    ],
)
def test_soap_action_is_not_required_but_must_not_contradict(stand: Stand, action: str, status: int) -> None:
    assert post(stand, PING).status_code == 200
    assert post(stand, PING, soapaction=action).status_code == status


async def test_wrong_password_moves_nothing(stand: Stand) -> None:
    number = stand.world.number(0)
    before = stand.world.work_orders(number)
    order = (
        f"<d:workOrder><d:objectID>1</d:objectID><d:accountNo>{number}</d:accountNo><d:kind>X</d:kind></d:workOrder>"
    )
    body = f"<d:CreateWorkOrders><d:workOrders>{order}</d:workOrders></d:CreateWorkOrders>"
    assert post(stand, envelope(body, password="wrong")).status_code == 500
    assert stand.world.work_orders(number) == before
    assert post(stand, envelope(body)).status_code == 200
    assert len(stand.world.work_orders(number)) == len(before) + 1


def test_fault_comes_with_200(stand: Stand) -> None:
    stand.board.put("distribution", {"fault_in_200": True})
    answer = post(stand, PING)
    assert answer.status_code == 200
    assert b"<soap:Fault><faultcode>soap:Server</faultcode>" in answer.content


async def test_zeep_raises_the_fault_that_came_with_200(stand: Stand) -> None:
    stand.board.put("distribution", {"fault_in_200": True})
    async with operations(stand) as service:
        with pytest.raises(zeep.exceptions.Fault, match="internal error"):
            await service.PingURL()


async def test_planned_maintenance_is_a_fault_that_says_until_when(stand: Stand) -> None:
    stand.board.put("distribution", {"maintenance_until": "2026-11-02T15:30:00+02:00"})
    async with operations(stand) as service:
        with pytest.raises(zeep.exceptions.Fault) as raised:
            await service.PingURL()
    assert raised.value.code == "soap:Server"
    assert raised.value.message == "MAINTENANCE until 2026-11-02T15:30:00"
    until = f"{{{NAMESPACE}}}maintenance/{{{NAMESPACE}}}until"
    assert raised.value.detail.findtext(until) == "2026-11-02T15:30:00"


def test_maintenance_that_is_over_is_no_fault(stand: Stand) -> None:
    stand.board.put("distribution", {"maintenance_until": "2026-11-02T08:00:00"})
    assert post(stand, PING).status_code == 200


@pytest.mark.parametrize(
    ("spelling", "written"),
    [
        (None, "<PingURLResult/>"),
        ("item", "<PingURLResult><errorObject/></PingURLResult>"),
        ("nil", '<PingURLResult xsi:nil="true"/>'),
        ("missing", '<PingURLResponse xmlns="urn:gridgate:sandbox:distribution:1"></PingURLResponse>'),
    ],
)
async def test_empty_list_has_four_spellings_and_zeep_reads_each(
    stand: Stand, spelling: str | None, written: str
) -> None:
    stand.board.put("distribution", {"empty_list": spelling})
    assert written in post(stand, PING).text
    async with operations(stand) as service:
        answer = await service.GetUsagePointsByAccountNos(accountNos=strings("999"))
    rows = items(answer.body.GetUsagePointsByAccountNosResult, "usagePoint")
    assert rows == ([None] if spelling == "item" else [])
    assert [error.objectID for error in answer.body.errors.errorObject] == ["999"]


async def test_leading_zeros_of_account_numbers_are_lost(stand: Stand) -> None:
    number = next(n for index in range(stand.world.size) if (n := stand.world.number(index)).startswith("0"))
    stand.board.put("distribution", {"strip_zeros": True})
    async with operations(stand) as service:
        answer = await service.GetUsagePointsByAccountNos(accountNos=strings(number))
    assert answer.body.GetUsagePointsByAccountNosResult.usagePoint[0].accountNo == number.lstrip("0")


async def test_decimals_have_a_comma(stand: Stand) -> None:
    (serial,) = stand.meters(1)
    newest = stand.newest_first(serial)[0]
    stand.board.put("distribution", {"decimal_comma": True})
    ask = f"<d:meterNos><d:string>{serial}</d:string></d:meterNos><d:latestCount>1</d:latestCount>"
    answer = post(stand, envelope(f"<d:GetReadingsByMeterNos>{ask}</d:GetReadingsByMeterNos>"))
    assert f"<value>{newest.value:f}</value>".replace(".", ",") in answer.text
    async with operations(stand) as service:
        with pytest.raises(InvalidOperation):
            await service.GetReadingsByMeterNos(meterNos=strings(serial), latestCount=1)


async def test_row_comes_twice_and_again_on_the_next_page(stand: Stand) -> None:
    serials = stand.meters(110)
    stand.board.put("distribution", {"repeat_rows": True})
    async with operations(stand) as service:
        first = await service.GetReadingsByMeterNos(meterNos=strings(*serials))
        last_sent = first.header.MultiSpeakMsgHeader.LastSent
        second = await service.GetReadingsByMeterNos(meterNos=strings(*serials), lastReceived=last_sent)
    one, two = (
        [row.objectID for row in page.body.GetReadingsByMeterNosResult.meterReading] for page in (first, second)
    )
    assert one[0] == one[1]
    assert one[-1] == two[0] == last_sent
    assert (len(one), len(set(one))) == (5001, 5000)


async def test_vendor_knows_the_operations_without_get(stand: Stand) -> None:
    number = stand.world.number(0)
    stand.board.put("distribution", {"renamed_operations": True})
    async with operations(stand) as service:
        with pytest.raises(zeep.exceptions.Fault, match="unknown operation GetUsagePointsByAccountNos"):
            await service.GetUsagePointsByAccountNos(accountNos=strings(number))
        await service.PingURL()
    async with operations(stand, f"{stand.url}?wsdl") as service:
        answer = await service.UsagePointsByAccountNos(accountNos=strings(number))
    assert [point.accountNo for point in answer.body.UsagePointsByAccountNosResult.usagePoint] == [number]
    assert stand.counted() == {"unknown": 1, "PingURL": 1, "wsdl": 1, "UsagePointsByAccountNos": 1}


def test_answers_are_disturbed_by_the_board(stand: Stand) -> None:
    stand.board.put("distribution", {"error_rate": 1})
    answer = post(stand, PING)
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert stand.counted() == {"PingURL": 1}
