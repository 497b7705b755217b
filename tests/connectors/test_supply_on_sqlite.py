"""SqlSupply against an SQLite file: the contract of supply."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from connectors.supply.sql import SqlSupply
from schema.identifiers import AccountNumber
from tests.connectors.contract.supply import SupplyContract, SupplySample
from tests.connectors.legacy_supply import UNKNOWN, payment_row, settings, sqlite_supply, staging_row

NUMBERS = [AccountNumber(f"{at:012d}") for at in range(60)]
MONTHS = [datetime(2026, month, 1, 12, 0) for month in range(1, 7)]  # noqa: DTZ001 -- the legacy system's local time


@pytest.fixture(scope="module")
async def supply(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqlSupply]:
    paid = [(number, month, state) for number in NUMBERS for month in MONTHS for state in (1, 2, 3, 9)]
    payments = [
        payment_row(key, ls=number, data_opl=month, data_zach=None, sost=state)
        for key, (number, month, state) in enumerate(paid, 1)
    ]
    staging = [staging_row(key, ls=NUMBERS[key // 95]) for key in range(1, 131)]
    url = sqlite_supply(tmp_path_factory.mktemp("legacy") / "supply.db", payments, staging)
    opened = SqlSupply(settings(url, batch_size=40))
    yield opened
    await opened.aclose()


@pytest.fixture(scope="module")
def sample() -> SupplySample:
    return SupplySample(NUMBERS[:10], NUMBERS, UNKNOWN, "UAH", "Europe/Kyiv")


class TestOnSQLite(SupplyContract):
    pass
