"""The sandbox's prices are the published ones."""

from __future__ import annotations

import importlib.util
from datetime import UTC, date
from decimal import ROUND_HALF_UP, Decimal
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.greenbutton import read_feed
from sandbox.tariffs import charge
from tests.sandbox.shared_data import shared_data

MAY_2024, MAY_2025, JUNE_2024 = date(2024, 5, 1), date(2025, 5, 1), date(2024, 6, 1)


def cost(tariff: str, month: date, kwh: int) -> Decimal:
    return Decimal(sum(line.amount_minor for line in charge(tariff, month, {"total": kwh * 1000}))) / 100


@pytest.mark.parametrize(
    ("tariff", "month", "kwh", "price"),
    [
        ("UZ-HOUSE", MAY_2024, 500, "360000"),
        ("UZ-HOUSE", MAY_2025, 500, "360000"),
        ("UZ-HOUSE", MAY_2024, 300, "180000"),
        ("UZ-STOVE", MAY_2024, 300, "90000"),
        ("UZ-HOUSE", MAY_2025, 200, "120000"),
        ("UZ-HOUSE", MAY_2024, 10_000, "14085000"),
        ("UA-1Z", JUNE_2024, 100, "432"),
        ("UA-1Z", MAY_2024, 100, "264"),
    ],
)
def test_worked_examples(tariff: str, month: date, kwh: int, price: str) -> None:
    assert cost(tariff, month, kwh) == Decimal(price)


def test_zone_prices_are_multiples() -> None:
    lines = charge("UA-3Z", JUNE_2024, {"peak": 1000, "semi-peak": 1000, "night": 1000})
    assert [line.price for line in lines] == [Decimal("6.48"), Decimal("4.32"), Decimal("1.728")]
    assert [line.amount_minor for line in lines] == [648, 432, 173]


def test_nothing_taken_is_one_line_of_nothing() -> None:
    assert [(line.kwh, line.amount_minor) for line in charge("UZ-HOUSE", MAY_2025, {"total": 0})] == [(Decimal(0), 0)]


@given(wh=st.integers(0, 20_000_000))
def test_steps_share_out_all_the_energy(wh: int) -> None:
    lines = charge("UZ-HOUSE", MAY_2025, {"total": wh})
    assert sum(line.kwh for line in lines) == Decimal(wh) / 1000
    assert [line.tier for line in lines] == list(range(1, len(lines) + 1))


@pytest.fixture
def oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tariff_oracle", shared_data("tariff_oracle.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_real_year_costs_what_an_independent_script_says(oracle: ModuleType) -> None:
    """Months of a public feed, priced here and by `tariff_oracle.py`, which shares no code with the sandbox."""
    zone = ZoneInfo("America/Los_Angeles")
    months: dict[tuple[int, int], int] = {}
    for interval in read_feed(oracle.FEED):
        local = interval.start.astimezone(UTC).astimezone(zone)
        key = (local.year, local.month)
        months[key] = months.get(key, 0) + int(interval.kwh * 1000)
    assert len(months) == 12
    expected = oracle.read_months(oracle.FEED)
    for key, wh in months.items():
        _, steps_2024, steps_2025, one_zone, *_ = oracle.price(expected[key])
        ours = [cost_of(wh, tariff, month) for tariff, month in
                [("UZ-HOUSE", MAY_2024), ("UZ-HOUSE", MAY_2025), ("UA-1Z", JUNE_2024)]]  # fmt: skip
        cent = Decimal("0.01")
        assert ours == [each.quantize(cent, ROUND_HALF_UP) for each in (steps_2024, steps_2025, one_zone)]


def cost_of(wh: int, tariff: str, month: date) -> Decimal:
    return Decimal(sum(line.amount_minor for line in charge(tariff, month, {"total": wh}))) / 100
