"""The price lists: what a month's energy costs, line by line.

Ukraine: one price for households (2.64 UAH from June 2023, 4.32 from June 2024, with VAT), multiplied by zone.
Uzbekistan: monthly steps (CMU 204 of 2024, CMU 194 of 2025; the steps of 2025 above 1,000 kWh are derived from those of
2024), half for homes with electric stoves.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from sandbox.ledger import AccrualLine


class Step(NamedTuple):
    """Hold one step: it reaches up to `upper_wh` of the month (`None` = no bound) at `price` per kWh."""

    upper_wh: int | None
    price: Decimal


def _steps(text: str) -> tuple[Step, ...]:
    """Read "200:450 1000:900 -:1800"."""
    pairs = (step.split(":") for step in text.split())
    return tuple(Step(None if upper == "-" else int(upper) * 1000, Decimal(price)) for upper, price in pairs)


_UA_PRICES = ((date(2024, 6, 1), Decimal("4.32")), (date.min, Decimal("2.64")))
_UA_ZONES = {
    "UA-1Z": {"total": Decimal(1)},
    "UA-2Z": {"day": Decimal(1), "night": Decimal("0.5")},
    "UA-3Z": {"peak": Decimal("1.5"), "semi-peak": Decimal(1), "night": Decimal("0.4")},
}
_UZ_STEPS = (
    (date(2025, 5, 1), _steps("200:600 500:800 1000:1000 5000:1500 10000:1750 -:2000")),
    (date(2024, 5, 1), _steps("200:450 1000:900 5000:1350 10000:1575 -:1800")),
    (date.min, _steps("-:295")),
)
_UZ_SHARES = {"UZ-HOUSE": Decimal(1), "UZ-STOVE": Decimal("0.5")}
_KWH = Decimal("0.001")


def charge(tariff_code: str, month: date, wh_by_zone: dict[str, int]) -> tuple[AccrualLine, ...]:
    """Price a month's energy: a line for each zone, or for each step that was reached."""
    if tariff_code in _UA_ZONES:
        price = next(price for since, price in _UA_PRICES if month >= since)
        zones = _UA_ZONES[tariff_code]
        return tuple(_line(1, zone, wh, price * zones[zone]) for zone, wh in wh_by_zone.items())
    steps = next(steps for since, steps in _UZ_STEPS if month >= since)
    return tuple(_stepped(steps, _UZ_SHARES[tariff_code], sum(wh_by_zone.values())))


def _stepped(steps: tuple[Step, ...], share: Decimal, wh: int) -> list[AccrualLine]:
    lines: list[AccrualLine] = []
    lower = 0
    for tier, step in enumerate(steps, 1):
        top = wh if step.upper_wh is None else min(wh, step.upper_wh)
        if top <= lower and lines:
            break
        lines.append(_line(tier, "total", top - lower, step.price * share))
        lower = top
    return lines


def _line(tier: int, zone: str, wh: int, price: Decimal) -> AccrualLine:
    kwh = (Decimal(wh) / 1000).quantize(_KWH)
    amount = (kwh * price * 100).quantize(Decimal(1), ROUND_HALF_UP)
    return AccrualLine(tier, zone, kwh, price, int(amount))
