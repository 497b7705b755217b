"""Linking against the billing system of a running sandbox: what proves an account, and that refusals tell nothing."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.transport.deadline import Deadline
from schema.linking import LinkAccountInput
from schema.paging import Page, Slice
from schema.places import Places
from schema.profile import LinkMethod
from schema.refusals import Refusal, RefusalCode
from tests.auth.desk import UNKNOWN, Desk, by_bill, by_name, by_qr, open_desk
from tests.auth.people import HERE, KHARKIV, UZBEKISTAN, Counter
from tests.sandbox_process import Sandbox


async def test_number_and_surname_in_any_spelling_link_an_account(kharkiv_desk: Desk) -> None:
    desk = kharkiv_desk
    written = f"  {desk.account['last_name'].upper()} "
    assert await desk.link(by_name(desk.number, written)) == desk.number
    assert await desk.links.numbers("s1") == {desk.number}
    assert await desk.failures() == 0


async def test_surname_of_the_sandbox_with_an_apostrophe_links_by_any_apostrophe(kharkiv_desk: Desk) -> None:
    everybody = [holder.accounts[0] for holder in kharkiv_desk.sandbox.holders(1, 40)]
    account = next(each for each in everybody if {"\u2019", "\u02bc"} & set(each["last_name"]))
    typed = account["last_name"].replace("\u2019", "'").replace("\u02bc", "`")
    assert typed != account["last_name"]
    assert await kharkiv_desk.link(by_name(account["number"], typed)) == account["number"]


async def test_text_of_the_bill_s_qr_code_links_an_account(kharkiv_desk: Desk) -> None:
    assert await kharkiv_desk.link(by_qr(f" {kharkiv_desk.account['qr']}\n")) == kharkiv_desk.number


async def test_qr_code_with_region_and_district_links_an_account(uzbek_desk: Desk) -> None:
    assert await uzbek_desk.link(by_qr(uzbek_desk.account["qr"])) == uzbek_desk.number


async def test_qr_code_is_checked_like_what_is_typed(uzbek_desk: Desk) -> None:
    desk = uzbek_desk
    _, region, district, number, bill = desk.account["qr"].split("|")
    for forged in (
        f"HET|1703|1703401|{number}|{bill}",
        f"HET|{region}|{another_district(region, district)}|{number}|{bill}",
        f"HET|{region}|{district}|{number}|1",
    ):
        assert (await desk.refused(by_qr(forged))).code is RefusalCode.ACCOUNT_NOT_CONFIRMED


async def test_district_and_bill_link_an_account(uzbek_desk: Desk) -> None:
    assert await uzbek_desk.link(by_bill(uzbek_desk.account)) == uzbek_desk.number


async def test_each_fact_of_a_bill_must_be_right(uzbek_desk: Desk) -> None:
    desk, region, district = uzbek_desk, uzbek_desk.account["region_code"], uzbek_desk.account["district_code"]
    for wrong in (
        {"region_code": "1703", "district_code": "1703401"},
        {"district_code": another_district(region, district)},
        {"bill_number": "1"},
    ):
        refused = await desk.refused(by_bill(desk.account, **wrong))
        assert refused.code is RefusalCode.ACCOUNT_NOT_CONFIRMED


def another_district(region: str, district: str) -> str:
    """Return a district of the same region that is not the account's."""
    found = next(each for each in UZBEKISTAN.places.regions("en") if each.code == region)
    return next(each.code for each in found.districts if each.code != district)


@pytest.mark.parametrize(
    ("region", "district", "field"),
    [
        ("9999", "1726262", "regionCode"),
        ("", "1726262", "regionCode"),
        ("1726262", "1726262", "regionCode"),
        ("1726", "9999999", "districtCode"),
        ("1726", "1718401", "districtCode"),
        ("1726", "1726", "districtCode"),
    ],
)
async def test_a_place_that_is_not_of_the_table_is_invalid_for_every_account_alike(
    uzbek_desk: Desk, region: str, district: str, field: str
) -> None:
    desk, place = uzbek_desk, {"region_code": region, "district_code": district}
    desk.sandbox.forget_calls()
    refusals = [await desk.refused(by_bill(desk.account, number=each, **place)) for each in (desk.number, UNKNOWN[:10])]
    assert refusals[0] == refusals[1]
    assert (refusals[0].code, refusals[0].field) == (RefusalCode.INVALID_INPUT, field)
    assert desk.sandbox.calls("billing") == {}
    assert await desk.failures() == 0


@pytest.mark.parametrize("place", ["9999|1726262", "1726|9999999", "1726|1718401"])
async def test_a_qr_code_with_a_place_that_is_not_of_the_table_is_invalid(uzbek_desk: Desk, place: str) -> None:
    desk, bill = uzbek_desk, uzbek_desk.account["bill_number"]
    desk.sandbox.forget_calls()
    refusals = [await desk.refused(by_qr(f"HET|{place}|{each}|{bill}")) for each in (desk.number, UNKNOWN[:10])]
    assert refusals[0] == refusals[1]
    assert (refusals[0].code, refusals[0].field) == (RefusalCode.INVALID_INPUT, "billQr")
    assert desk.sandbox.calls("billing") == {}
    assert await desk.failures() == 0


async def test_a_utility_without_a_table_of_places_leaves_them_to_billing(
    store: AsyncEngine, uzbek_sandbox: Sandbox, clock: Counter
) -> None:
    async with open_desk(store, uzbek_sandbox, replace(UZBEKISTAN, places=Places()), clock) as desk:
        refused = await desk.refused(by_bill(desk.account, district_code="9999999"))
        assert refused.code is RefusalCode.ACCOUNT_NOT_CONFIRMED
        assert await desk.link(by_bill(desk.account)) == desk.number


async def test_bills_older_than_the_last_three_prove_nothing(uzbek_desk: Desk) -> None:
    desk, bills = uzbek_desk, await last_bills(uzbek_desk, 4)
    assert (await desk.refused(by_bill(desk.account, bill_number=bills[3]))).code is RefusalCode.ACCOUNT_NOT_CONFIRMED
    assert await desk.link(by_bill(desk.account, bill_number=bills[2])) == desk.number


async def last_bills(desk: Desk, first: int) -> list[str]:
    (found,) = await desk.linking.billing.bills([desk.number], Page(first), Deadline.within(10))
    assert isinstance(found, Slice)
    return [bill.number for bill in found.rows]


async def test_unknown_account_wrong_surname_and_wrong_bill_are_one_refusal(kharkiv_desk: Desk) -> None:
    desk = kharkiv_desk
    refusals = [
        await desk.refused(by_name(desk.number, "Хтось")),
        await desk.refused(by_name(UNKNOWN, desk.account["last_name"])),
        await desk.refused(by_name(desk.number, "")),
        await desk.refused(by_qr(f"KHE;{desk.number};1")),
    ]
    assert refusals[0].code is RefusalCode.ACCOUNT_NOT_CONFIRMED
    assert all(refusal == refusals[0] for refusal in refusals)
    assert await desk.failures() == 3 * len(refusals)


async def test_unknown_and_known_accounts_cost_the_same_calls(kharkiv_desk: Desk) -> None:
    desk, counted = kharkiv_desk, []
    for number in (desk.number, UNKNOWN):
        for given in (by_name(number, "Хтось"), by_qr(f"KHE;{number};1")):
            desk.sandbox.forget_calls()
            await desk.refused(given)
            counted.append(desk.sandbox.calls("billing"))
    assert counted[0] == counted[2] == {"subscribers.query": 1}
    assert counted[1] == counted[3] == {"subscribers.query": 1, "bills.query": 1}


async def test_linked_account_stays_linked_without_proof_or_question(kharkiv_desk: Desk) -> None:
    desk = kharkiv_desk
    await desk.link(by_name(desk.number, desk.account["last_name"]))
    desk.sandbox.forget_calls()
    assert await desk.link(by_name(desk.number, "Хтось")) == desk.number
    assert desk.sandbox.calls("billing") == {}
    assert (await desk.refused(by_name(desk.number, "Хтось"), "s2")).code is RefusalCode.ACCOUNT_NOT_CONFIRMED


async def test_family_links_one_account_and_unlinks_apart(kharkiv_desk: Desk) -> None:
    desk = kharkiv_desk
    for subject in ("s1", "s2"):
        assert await desk.link(by_name(desk.number, desk.account["last_name"]), subject) == desk.number
    for _ in range(2):
        await desk.linking.unlink("s1", desk.number, HERE)
    assert await desk.links.numbers("s1") == frozenset()
    assert await desk.links.numbers("s2") == {desk.number}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        (by_name("12", "Коваль"), RefusalCode.INVALID_INPUT, "number"),
        (by_qr("https://example.org/"), RefusalCode.INVALID_INPUT, "billQr"),
        (by_qr(""), RefusalCode.INVALID_INPUT, "billQr"),
        (LinkAccountInput(), RefusalCode.INVALID_INPUT, "billQr"),
        (
            by_bill({"region_code": "1", "district_code": "1", "number": UNKNOWN, "bill_number": "1"}),
            RefusalCode.METHOD_NOT_OFFERED,
            None,
        ),
    ],
)
async def test_unusable_input_is_refused_before_anything_is_asked_or_counted(
    kharkiv_desk: Desk, given: LinkAccountInput, code: RefusalCode, field: str | None
) -> None:
    kharkiv_desk.sandbox.forget_calls()
    refused = await kharkiv_desk.refused(given)
    assert (refused.code, refused.field) == (code, field)
    assert kharkiv_desk.sandbox.calls("billing") == {}
    assert await kharkiv_desk.failures() == 0


async def test_qr_codes_need_the_utility_s_consent(
    store: AsyncEngine, kharkiv_sandbox: Sandbox, clock: Counter
) -> None:
    by_name_only = replace(KHARKIV, link_methods=[LinkMethod.NUMBER_AND_SURNAME])
    async with open_desk(store, kharkiv_sandbox, by_name_only, clock) as desk:
        refused = await desk.refused(by_qr(desk.account["qr"]))
        assert refused.code is RefusalCode.METHOD_NOT_OFFERED


@pytest.mark.parametrize("faults", [{"error_rate": 1.0}, {"hang": True}, {"malformed": True}, {"fault_in_200": True}])
async def test_billing_out_of_order_is_no_failure_of_the_customer(
    kharkiv_desk: Desk, faults: dict[str, object]
) -> None:
    desk, given = kharkiv_desk, by_qr(kharkiv_desk.account["qr"])
    with desk.sandbox.faults("billing", **faults):
        for _ in range(7):
            answer = await desk.linking.link("s1", given, HERE, Deadline.within(0.2))
            assert isinstance(answer, Refusal)
            assert answer.code is RefusalCode.SYSTEM_NOT_AVAILABLE
    assert await desk.failures() == 0
    assert await desk.link(given) == desk.number
