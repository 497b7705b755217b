"""An app fills its lists of regions and districts, in any language, and links an account by what was chosen."""

from typing import Any

import pytest

from tests.demo_process import DemoProcess
from tests.journeys.test_linking import holder, newcomer


def regions(demo: DemoProcess, language: str | None = None) -> list[dict[str, Any]]:
    answer = demo.ask("places", {"language": language})
    assert "errors" not in answer
    found: list[dict[str, Any]] = answer["data"]["regions"]
    return found


def test_anybody_sees_the_places_of_the_utility_at_no_legacy_system_s_cost(demo: DemoProcess) -> None:
    demo.forget_calls()
    found = regions(demo)
    assert (len(found), sum(len(region["districts"]) for region in found)) in ((14, 206), (1, 16))
    assert demo.calls() == {}


@pytest.mark.parametrize(
    ("language", "name"),
    [
        (None, "Toshkent shahri"),
        ("uz-Cyrl", "Тошкент шаҳри"),
        ("ru", "город Ташкент"),
        ("en", "Tashkent City"),
        ("uk", "Tashkent City"),
    ],
)
def test_uzbekistan_in_the_language_of_the_app(uzbekistan: DemoProcess, language: str | None, name: str) -> None:
    assert name in [region["name"] for region in regions(uzbekistan, language)]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        (None, "Харківська область"),
        ("uk", "Харківська область"),
        ("ru", "Харьковская область"),
        ("en", "Kharkiv Oblast"),
        ("uz", "Kharkiv Oblast"),
    ],
)
def test_kharkiv_in_the_language_of_the_app(kharkiv: DemoProcess, language: str | None, name: str) -> None:
    assert [region["name"] for region in regions(kharkiv, language)] == [name]


def test_a_region_then_its_district_then_the_number_link_an_account(uzbekistan: DemoProcess) -> None:
    account = holder(uzbekistan, 2)[0]
    region = next(each for each in regions(uzbekistan) if each["code"] == account["region_code"])
    district = next(each for each in region["districts"] if each["code"] == account["district_code"])
    customer = newcomer(uzbekistan)
    chosen = {"regionCode": region["code"], "districtCode": district["code"]}
    proof = {**chosen, "number": account["number"], "billNumber": account["bill_number"]}
    assert customer.link(districtAndBill=proof)["number"] == account["number"]
    assert customer.linked() == [account["number"]]


def test_every_account_of_the_demo_lies_in_a_place_of_the_table(demo: DemoProcess) -> None:
    known = {(region["code"], district["code"]) for region in regions(demo) for district in region["districts"]}
    accounts = [account for size in (2, 3, 5, 10) for account in holder(demo, size)]
    assert {(account["region_code"], account["district_code"]) for account in accounts} <= known
