"""The real Green Button files, loaded into the sandbox's meters: the API's readings equal the files' totals."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from tests.demo_process import DemoProcess, running_demo
from tests.sandbox.shared_data import shared_data

ELECTRICITY: Final = [
    "cew821_sample_greenbutton_data.xml",
    "gba_test_usage_data.xml",
    "vladistan_Desert_Single_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_7.xml",
    "vladistan_TestGBDataHourlyNineDaysBinnedDaily.xml",
    "vladistan_TestGBDataOneYearDailyBinnedMonthly.xml",
    "vladistan_electric_containerized.xml",
]
OTHERS: Final = [
    "gba_Retail_Customer_Statement_Example.xml",
    "vladistan_ngma_natural_gas_billing_billing_data_Service_1_1_2021-05-26_to_2024-04-25.xml",
]

HISTORY: Final = """
query($number: AccountNumber!, $after: String) { account(number: $number) { meters { isIntervalMeter
  readings(first: 500, after: $after) {
    totalCount nodes { value intervalStart intervalEnd } pageInfo { hasNextPage endCursor } } } } }
"""


@pytest.fixture(scope="module")
def utility(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """A demo of its own: loading a file replaces an account's meter."""
    with running_demo(tmp_path_factory.mktemp("greenbutton"), profile="ua-kharkiv", accounts=300) as demo:
        yield demo


def load(demo: DemoProcess, number: str, path: Path) -> int:
    url = f"{demo.facts['control_url']}/greenbutton?account={number}"
    return demo.client.post(url, content=path.read_bytes()).status_code


def whole_history(demo: DemoProcess, number: str) -> tuple[list[dict[str, Any]], int]:
    """Page through all readings of the account's only meter; returns them with the total that the API tells."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        answer = demo.send(HISTORY, {"number": number, "after": after}, demo.token(10))
        (meter,) = answer["data"]["account"]["meters"]
        assert meter["isIntervalMeter"] is True
        rows += meter["readings"]["nodes"]
        after = meter["readings"]["pageInfo"]["endCursor"]
        if not meter["readings"]["pageInfo"]["hasNextPage"]:
            return rows, meter["readings"]["totalCount"]


@pytest.mark.parametrize(("place", "name"), list(enumerate(ELECTRICITY)))
def test_the_readings_of_a_file_are_all_there(
    utility: DemoProcess, place: int, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared_data("greenbutton", name)
    written = re.findall(r"(?s)<IntervalReading.*?<value>\s*(\d+)\s*</value>", path.read_text("utf-8"))
    number = utility.user(10)["accounts"][place]
    assert load(utility, number, path) == 201
    rows, total = whole_history(utility, number)
    assert len(rows) == total == len(written)
    assert sum(Decimal(row["value"]) for row in rows) == Decimal(sum(map(int, written))) / 1000
    starts = [row["intervalStart"] for row in rows]
    assert len(set(starts)) == len(starts)
    with capsys.disabled():
        print(f" [{len(rows)} readings, {sum(Decimal(row['value']) for row in rows)} kWh]", end="")


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_electricity_is_refused(utility: DemoProcess, name: str) -> None:
    assert load(utility, utility.user(10)["accounts"][9], shared_data("greenbutton", name)) == 422
