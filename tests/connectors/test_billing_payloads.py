"""RestBilling before a server that says what a test writes: other vendors' spellings, and rows that cannot be read."""

import json
import logging
import traceback
from collections.abc import Mapping
from dataclasses import replace

import pytest

from connectors.billing.settings import BillingSettings
from connectors.legacy.numbers import BalanceSign, MoneyScale
from schema.billing import Balance
from schema.errors import PlannedMaintenance, UpstreamError, UpstreamMalformed, UpstreamUnavailable
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.paging import Page, Slice
from tests.connectors.scripted import Scripted, http, scripted
from tests.connectors.systems import BILLING, SECRET, open_billing, soon

FIRST, SECOND, THIRD = (AccountNumber(f"00000000000{digit}") for digit in (1, 2, 3))


def balance(number: object = FIRST, **changes: object) -> dict[str, object]:
    return {"accountNo": number, "saldo": "10.50", "calculatedAt": "01.07.2026 12:00:00", **changes}


def answer(payload: object, status: int = 200) -> bytes:
    return http(json.dumps(payload), status, content_type="application/json")


async def balances(
    reply: bytes, numbers: list[AccountNumber], settings: BillingSettings = BILLING
) -> tuple[list[Balance | UpstreamError | None], Scripted]:
    async with scripted(reply) as server, open_billing(replace(settings, base_url=server.url)) as billing:
        return await billing.balances(numbers, soon()), server


async def one_balance(payload: Mapping[str, object], settings: BillingSettings = BILLING) -> Balance:
    found, _ = await balances(answer({"items": [payload]}), [FIRST], settings)
    assert isinstance(found[0], Balance), found[0]
    return found[0]


async def test_scale_and_sign_are_configuration() -> None:
    sign = BalanceSign.POSITIVE_IS_CREDIT
    settings = replace(BILLING, money_scale=MoneyScale.MINOR, balance_sign=sign, currency="UZS")
    found = await one_balance(balance(saldo=1050, avgDailyCost="12,4"), settings)
    assert found.amount_owed_by_customer == Money(-1050, "UZS")
    assert found.average_daily_cost == Money(12, "UZS")


async def test_a_balance_may_say_that_it_is_prepaid() -> None:
    assert (await one_balance(balance(prepaid=True))).is_prepaid
    assert not (await one_balance(balance())).is_prepaid


async def test_numbers_may_be_json_numbers() -> None:
    found = await one_balance(balance(number=1, saldo=10.5))
    assert (found.account_number, found.amount_owed_by_customer) == (FIRST, Money(1050, "UAH"))


async def test_vendor_names_of_fields_are_configuration() -> None:
    payload = {"LS": "1", "DOLG": "10.50", "NA": "01.07.2026"}
    fields = {"accountNo": "LS", "saldo": "DOLG", "calculatedAt": "NA", "items": "STROKI", "accounts": "SPISOK"}
    found, server = await balances(answer({"STROKI": [payload]}), [FIRST], replace(BILLING, fields=fields))
    assert isinstance(found[0], Balance)
    assert json.loads(server.asked[0].body) == {"SPISOK": [FIRST]}


async def test_a_row_that_cannot_be_read_spoils_only_its_account() -> None:
    rows = [balance(FIRST), balance(SECOND, saldo="much")]
    found, _ = await balances(answer({"items": rows}), [SECOND, FIRST, THIRD])
    assert [type(each) for each in found] == [UpstreamMalformed, Balance, type(None)]
    assert isinstance(found[0], UpstreamMalformed)
    assert str(found[0].__cause__) == "saldo: not a decimal"


async def test_where_a_row_has_no_owner_nobody_is_known_to_be_absent() -> None:
    rows = [balance(FIRST), balance("somebody")]
    found, _ = await balances(answer({"items": rows}), [FIRST, SECOND])
    assert [type(each) for each in found] == [Balance, UpstreamMalformed]


@pytest.mark.parametrize(
    "body", ["", "null", "[]", '"text"', '{"items": 7}', '{"items": [NaN]}', "[" * 100_000, '{"error": 7}', "\x00"]
)
async def test_what_is_no_payload_is_malformed(body: str) -> None:
    found, _ = await balances(http(body, content_type="application/json"), [FIRST, SECOND])
    assert [type(each) for each in found] == [UpstreamMalformed] * 2


async def test_what_no_encoding_fits_is_malformed() -> None:
    found, _ = await balances(http(b'{"items": "\x98"}'), [FIRST])
    assert [type(each) for each in found] == [UpstreamMalformed]


@pytest.mark.parametrize("status", [301, 400, 401, 404, 422, 429, 500])
@pytest.mark.parametrize("body", ["<html>", '{"items": []}', '{"error": {"code": "E1"}}'])
async def test_another_status_is_not_available(status: int, body: str) -> None:
    found, _ = await balances(http(body, status), [FIRST])
    assert isinstance(found[0], UpstreamUnavailable)
    assert str(found[0].__cause__) == f"refused with HTTP status {status}"


@pytest.mark.parametrize("until", [None, "", "soon", 7])
async def test_maintenance_without_a_readable_end_is_maintenance(until: object) -> None:
    found, _ = await balances(answer({"error": {"code": "MAINTENANCE", "until": until}}, 500), [FIRST])
    assert isinstance(found[0], PlannedMaintenance)
    assert found[0].until is None


async def test_a_page_is_asked_for_with_one_row_more() -> None:
    async with (
        scripted(answer({"items": []})) as server,
        open_billing(replace(BILLING, base_url=server.url)) as billing,
    ):
        assert await billing.charges([FIRST], Page(100, "2026-02-01"), soon()) == [Slice((), has_more=False, total=0)]
    assert json.loads(server.asked[0].body) == {
        "accounts": [FIRST],
        "limit": 101,
        "before": "02.2026",
        "from": None,
        "to": None,
    }


async def test_the_key_goes_where_it_is_configured() -> None:
    _, server = await balances(answer({"items": []}), [FIRST], replace(BILLING, api_key_header="Authorization"))
    assert f"authorization: {SECRET}" in server.asked[0].head.lower()


async def test_no_secret_and_no_customer_shows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = [repr(BILLING)]
    broken = answer({"items": [balance(FIRST, saldo="Petrenko")]})
    for reply in (answer({"items": [balance()]}), broken, http("Petrenko", 500), http('{"Petrenko', declared=500)):
        found, _ = await balances(reply, [FIRST])
        shown += ["".join(traceback.format_exception(each)) for each in found if isinstance(each, UpstreamError)]
    text = "\n".join([caplog.text, *shown])
    assert len(shown) == 4
    for secret in (SECRET, FIRST, "Petrenko"):
        assert secret not in text
