"""SoapDistribution before a server that says what a test writes: hostile XML, errors inside, pages without end."""

import logging
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.distribution.settings import DistributionSettings
from schema.errors import PlannedMaintenance, UpstreamError, UpstreamMalformed, UpstreamUnavailable
from schema.identifiers import AccountNumber
from schema.metering import ConnectionState, Reading, ReadingQuality, ReadingSource, ReadingStatus, UsagePoint
from schema.paging import Page, Slice
from tests.connectors.scripted import Scripted, http, scripted
from tests.connectors.systems import DISTRIBUTION, SECRET, open_distribution, soon

NUMBER, OTHER = AccountNumber("000000000001"), AccountNumber("000000000002")
TWELVE = Page(12)
NAMESPACE = "urn:gridgate:sandbox:distribution:1"
READINGS, POINTS = "GetReadingsByMeterNos", "GetUsagePointsByAccountNos"


def envelope(body: str, *, header: str = "", doctype: str = "") -> bytes:
    """Write a SOAP answer."""
    return http(
        f'<?xml version="1.0" encoding="utf-8"?>{doctype}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Header><MultiSpeakMsgHeader xmlns="{NAMESPACE}" {header}/></s:Header><s:Body>{body}</s:Body></s:Envelope>',
        content_type="text/xml; charset=utf-8",
    )


def response(operation: str, content: str, **arguments: str) -> bytes:
    return envelope(f'<{operation}Response xmlns="{NAMESPACE}">{content}</{operation}Response>', **arguments)


def reading(**changes: str) -> str:
    values = {
        "objectID": "r1",
        "meterNo": "m1",
        "obisCode": "1.8.0",
        "value": "7.5",
        "readingDate": "2026-07-01T12:00:00",
        "source": "AMR",
        "quality": "0",
        "status": "ACCEPTED",
        **changes,
    }
    return f"<meterReading>{''.join(f'<{name}>{text}</{name}>' for name, text in values.items())}</meterReading>"


def readings(*rows: str, more: str = "", **arguments: str) -> bytes:
    return response(READINGS, f"<{READINGS}Result>{''.join(rows)}</{READINGS}Result>{more}", **arguments)


async def ask_readings(
    *replies: bytes,
    serials: Sequence[str] = ("m1",),
    page: Page = TWELVE,
    settings: DistributionSettings = DISTRIBUTION,
) -> tuple[list[Slice[Reading] | UpstreamError], Scripted]:
    async with scripted(*replies) as server, open_distribution(replace(settings, endpoint=server.url)) as distribution:
        return await distribution.readings(serials, page, soon()), server


async def ask_points(*replies: bytes) -> list[Sequence[UsagePoint] | UpstreamError]:
    async with (
        scripted(*replies) as server,
        open_distribution(replace(DISTRIBUTION, endpoint=server.url)) as distribution,
    ):
        return await distribution.usage_points([NUMBER, OTHER], soon())


async def one_reading(row: str, settings: DistributionSettings = DISTRIBUTION) -> Reading:
    found, _ = await ask_readings(readings(row), settings=settings)
    assert isinstance(found[0], Slice), found[0]
    return found[0].rows[0]


def only_point(answer: Sequence[UsagePoint] | UpstreamError) -> UsagePoint:
    assert not isinstance(answer, UpstreamError), answer
    assert len(answer) == 1
    return answer[0]


BOMB = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>'
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "reply",
    [
        response(READINGS, "", doctype=BOMB),
        response(READINGS, "", doctype=EXTERNAL),
        response(READINGS, "", doctype="<!DOCTYPE a>"),
        response("GetSomethingElse", ""),
        envelope(""),
        envelope("text"),
        http("<a/>"),
        http(""),
        http("<html><body>Maintenance"),
        http("<a>" * 5000),
        readings(reading(objectID="")),
        readings(reading(meterNo="")),
        readings(reading(), header='ObjectsRemaining="many"'),
        readings(more="<meterTotals><meterTotal><meterNo>m1</meterNo><total>x</total></meterTotal></meterTotals>"),
    ],
)
async def test_what_is_no_answer_is_malformed(reply: bytes) -> None:
    found, _ = await ask_readings(reply, serials=["m1", "m2"])
    assert [type(each) for each in found] == [UpstreamMalformed] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"value": "x"},
        {"readingDate": "x"},
        {"readingDate": "2026-07-01T12:00:00Z"},
        {"source": "GUESS"},
        {"status": "ODD"},
    ],
)
async def test_a_row_that_cannot_be_read_spoils_only_its_meter(change: dict[str, str]) -> None:
    rows = [reading(), reading(objectID="r2", meterNo="m2", **change)]
    found, _ = await ask_readings(readings(*rows), serials=["m2", "m1"])
    assert [type(each) for each in found] == [UpstreamMalformed, Slice]


async def test_an_error_inside_belongs_to_its_id() -> None:
    errors = (
        '<errors><errorObject objectID="m2" errorString="locked" nounType="meter"/>'
        '<errorObject objectID="m3" errorString="Unknown meter" nounType="meter"/></errors>'
    )
    found, _ = await ask_readings(readings(reading(), more=errors), serials=["m1", "m2", "m3"])
    assert [type(each) for each in found] == [Slice, UpstreamUnavailable, Slice]
    assert found[2] == Slice([], has_more=False, total=None)


async def test_an_error_of_nobody_belongs_to_all() -> None:
    errors = '<errors><errorObject errorString="database is closed"/></errors>'
    found, _ = await ask_readings(readings(reading(), more=errors), serials=["m1", "m2"])
    assert [type(each) for each in found] == [UpstreamUnavailable] * 2


async def test_an_error_s_account_gets_its_zeros_back() -> None:
    errors = '<errors><errorObject objectID="2" errorString="locked"/></errors>'
    found = await ask_points(response(POINTS, f"<{POINTS}Result/>{errors}"))
    assert found[0] == []
    assert isinstance(found[1], UpstreamUnavailable)


@pytest.mark.parametrize("last_sent", ['LastSent="r1"', 'LastSent=""', ""])
async def test_pages_without_end_are_malformed(last_sent: str) -> None:
    found, server = await ask_readings(readings(reading(), header=f'ObjectsRemaining="1" {last_sent}'))
    assert [type(each) for each in found] == [UpstreamMalformed]
    assert len(server.asked) <= 2


async def test_pages_are_bounded() -> None:
    pages = [readings(reading(), header=f'ObjectsRemaining="9" LastSent="r{place}"') for place in range(9)]
    found, server = await ask_readings(*pages, settings=replace(DISTRIBUTION, max_pages=4))
    assert [type(each) for each in found] == [UpstreamMalformed]
    assert len(server.asked) == 4


async def test_rounds_are_bounded() -> None:
    same_time = [reading(objectID=f"r{place:03}", obisCode=f"{place}") for place in range(100)]
    found, server = await ask_readings(readings(*same_time), page=Page(1), settings=replace(DISTRIBUTION, max_rounds=3))
    assert [type(each) for each in found] == [UpstreamMalformed]
    assert len(server.asked) == 3


async def test_many_rows_of_one_time_are_asked_for_again() -> None:
    rows = [reading(objectID=f"r{place:03}", obisCode="1.8.0") for place in range(6)]
    found, server = await ask_readings(readings(*rows[2:]), readings(*rows), page=Page(1))
    assert isinstance(found[0], Slice)
    assert ([row.object_id for row in found[0].rows], found[0].has_more) == (["r000"], True)
    assert len(server.asked) == 2


async def test_a_late_failure_spoils_only_those_that_were_asked_again() -> None:
    rows = [reading(objectID=f"r{place}", meterNo="m2") for place in range(4)]
    fault = envelope("<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>")
    found, _ = await ask_readings(readings(reading(), *rows), fault, serials=["m1", "m2"], page=Page(1))
    assert [type(each) for each in found] == [Slice, UpstreamUnavailable]


async def test_maintenance_without_a_readable_end_is_maintenance() -> None:
    fault = envelope("<s:Fault><faultcode>s:Server</faultcode><faultstring>MAINTENANCE</faultstring></s:Fault>")
    found, _ = await ask_readings(fault)
    assert isinstance(found[0], PlannedMaintenance)
    assert found[0].until is None


async def test_times_are_local_and_an_interval_has_its_bounds() -> None:
    row = reading(
        readingDate="2026-10-25T03:15:00",
        utcOffsetMinutes="120",
        periodStart="2026-10-25T03:00:00",
        periodEnd="2026-10-25T03:15:00",
        reportedDate="2026-10-25T03:20:00",
    )
    found = await one_reading(row)
    assert found.read_at == found.interval_end == datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert found.interval_start == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert found.reported_at == datetime(2026, 10, 25, 1, 20, tzinfo=UTC)


async def test_a_quality_that_espi_does_not_know_is_other() -> None:
    assert (await one_reading(reading(quality="99"))).quality is ReadingQuality.OTHER


async def test_vendor_names_of_fields_are_configuration() -> None:
    row = reading().replace("value>", "POKAZ>").replace("meterReading>", "Row>")
    fields = {"value": "POKAZ", "meterReading": "Row"}
    assert (await one_reading(row, replace(DISTRIBUTION, fields=fields))).value == Decimal("7.5")


async def test_vendor_codes_of_source_and_status_are_configuration() -> None:
    settings = replace(
        DISTRIBUTION,
        sources={"1": ReadingSource.AMR, "АБОНЕНТ": ReadingSource.CUSTOMER},
        statuses={"7": ReadingStatus.ADJUSTED, "скасовано": ReadingStatus.REJECTED},
    )
    for source, status, expected in (
        ("1", "7", (ReadingSource.AMR, ReadingStatus.ADJUSTED)),
        ("АБОНЕНТ", "скасовано", (ReadingSource.CUSTOMER, ReadingStatus.REJECTED)),
    ):
        found = await one_reading(reading(source=source, status=status), settings)
        assert (found.source, found.status) == expected


@pytest.mark.parametrize("change", [{"source": "AMR", "status": "7"}, {"source": "1", "status": "ACCEPTED"}])
async def test_a_code_that_is_not_configured_spoils_only_its_meter(change: dict[str, str]) -> None:
    settings = replace(DISTRIBUTION, sources={"1": ReadingSource.AMR}, statuses={"7": ReadingStatus.ACCEPTED})
    rows = [reading(source="1", status="7"), reading(objectID="r2", meterNo="m2", **change)]
    found, _ = await ask_readings(readings(*rows), serials=["m2", "m1"], settings=settings)
    assert [type(each) for each in found] == [UpstreamMalformed, Slice]


@pytest.mark.parametrize("source", ReadingSource)
@pytest.mark.parametrize("status", ReadingStatus)
async def test_our_own_codes_need_no_configuration(source: ReadingSource, status: ReadingStatus) -> None:
    found = await one_reading(reading(source=source.value, status=status.value))
    assert (found.source, found.status) == (source, status)


async def test_another_namespace_is_read_all_the_same() -> None:
    reply = readings(reading()).replace(NAMESPACE.encode(), b"http://www.multispeak.org/V5.0/wsdl/x")
    reply = reply.replace(b"content-length", b"x-length", 1).replace(
        b"content-type", b"connection: close\r\ncontent-type"
    )
    found, _ = await ask_readings(reply)
    assert isinstance(found[0], Slice)


async def test_usage_points_without_eic_or_known_state() -> None:
    point = "<usagePoint><accountNo>1</accountNo>{}<connectionState>ODD</connectionState></usagePoint>"
    for eic in ("", "<eic>62Z0000000000127</eic>", "<eic/>"):
        content = f"<{POINTS}Result>{point.format(eic)}</{POINTS}Result>"
        found = only_point((await ask_points(response(POINTS, content)))[0])
        assert (found.eic, found.connection_state, found.meters) == (None, ConnectionState.UNKNOWN, [])


async def test_a_ping_with_an_error_inside_is_not_available() -> None:
    reply = response("PingURL", '<PingURLResult><errorObject errorString="database is closed"/></PingURLResult>')
    async with scripted(reply) as server, open_distribution(replace(DISTRIBUTION, endpoint=server.url)) as distribution:
        with pytest.raises(UpstreamUnavailable):
            await distribution.ping(soon())


async def test_a_request_says_what_the_wsdl_says() -> None:
    async with (
        scripted(readings()) as server,
        open_distribution(replace(DISTRIBUTION, endpoint=server.url, company="KHOE")) as distribution,
    ):
        await distribution.readings(["m1"], Page(2, "2026-07-01T12:00:00+03:00|1.8.0|r1"), soon())
    asked = server.asked[0]
    assert f'soapaction: "{NAMESPACE}/{READINGS}"' in asked.head.lower().replace(READINGS.lower(), READINGS)
    for part in ("<ns0:beforeDate>2026-07-01T12:00:01<", 'Company="KHOE"', f'Pwd="{SECRET}"', "latestCount>8<"):
        assert part in asked.body.decode()
    assert b"startDate" not in asked.body


async def test_no_secret_and_no_customer_shows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fault = "<s:Fault><faultcode>s:Client</faultcode><faultstring>Petrenko 000000000001</faultstring></s:Fault>"
    point = f"<usagePoint><accountNo>{NUMBER}</accountNo><meterList><meter><meterNo>1</meterNo></meter></meterList>"
    broken = f"<{POINTS}Result>{point}</usagePoint></{POINTS}Result>"
    replies = [envelope(fault), response(POINTS, broken), http(f"<Petrenko>{NUMBER}"), http(b"\x98Petrenko")]
    shown = [repr(DISTRIBUTION)]
    for reply in replies:
        found = await ask_points(reply)
        shown += ["".join(traceback.format_exception(each)) for each in found if isinstance(each, UpstreamError)]
    text = "\n".join([caplog.text, *shown])
    assert len(shown) > len(replies)
    for secret in (SECRET, NUMBER, "Petrenko"):
        assert secret not in text
