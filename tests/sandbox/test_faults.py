"""The fault board takes known manners only, and its chance is repeatable."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sandbox.faults import KNOWN, SYSTEMS, FaultBoard, FaultRefused, Faults
from sandbox.manners import account_text, decimal_text, json_list, rows_of_page


def test_put_replaces_and_clear_mends() -> None:
    board = FaultBoard()
    board.put("billing", {"latency_ms": 5, "hang": True})
    board.put("billing", {"error_rate": 1})
    assert board.as_json() == {"billing": {"error_rate": 1.0}, "distribution": {}, "supply": {}}
    board.put("supply", {"hang": True})
    board.clear("billing")
    assert board.as_json() == {"billing": {}, "distribution": {}, "supply": {"hang": True}}
    board.clear()
    assert board.of("supply") == Faults()


@pytest.mark.parametrize(
    ("system", "wanted", "reason"),
    [
        ("water", {}, "known: billing, distribution, supply"),
        ("billing", {"lag": 1}, "known: latency_ms, jitter_ms, error_rate, hang"),
        ("billing", {"renamed_operations": True}, "billing knows no fault 'renamed_operations'"),
        ("supply", {"empty_list": "item"}, "supply knows no fault 'empty_list'"),
        ("billing", {"hang": 1}, "hang is true or false"),
        ("billing", {"latency_ms": -1}, "latency_ms is a whole number"),
        ("billing", {"latency_ms": True}, "latency_ms is a whole number"),
        ("billing", {"error_rate": 1.5}, "error_rate is a number from 0 to 1"),
        ("billing", {"empty_list": "gone"}, "one of item, nil, missing"),
        ("billing", {"maintenance_until": "soon"}, "ISO 8601"),
    ],
)
def test_unknown_system_key_or_value_is_refused_and_nothing_changes(
    system: str, wanted: dict[str, object], reason: str
) -> None:
    board = FaultBoard()
    board.put("billing", {"latency_ms": 7})
    with pytest.raises(FaultRefused, match=reason):
        board.put(system, wanted)
    assert board.as_json() == {"billing": {"latency_ms": 7}, "distribution": {}, "supply": {}}


@pytest.mark.parametrize(("rate", "failures"), [(0, 0), (0.25, 5), (0.5, 10), (0.3, 6), (1, 20)])
def test_error_rate_is_exact(rate: float, failures: int) -> None:
    board = FaultBoard()
    board.put("billing", {"error_rate": rate})
    assert sum(board.fails("billing") for _ in range(20)) == failures


def test_jitter_is_spread_between_latency_and_latency_plus_jitter() -> None:
    board = FaultBoard()
    board.put("supply", {"latency_ms": 100, "jitter_ms": 50})
    delays = [board.delay_s("supply") for _ in range(200)]
    assert 0.1 <= min(delays) < 0.105
    assert 0.145 < max(delays) <= 0.15


def test_maintenance_without_offset_is_local_and_ends() -> None:
    zone = ZoneInfo("Europe/Kyiv")
    board = FaultBoard(zone)
    board.put("supply", {"maintenance_until": "2026-11-21T15:00:00"})
    assert board.maintenance("supply", datetime(2026, 11, 21, 12, 59, tzinfo=UTC)) == datetime(
        2026, 11, 21, 13, 0, tzinfo=UTC
    )
    assert board.maintenance("supply", datetime(2026, 11, 21, 13, 0, tzinfo=UTC)) is None


def test_each_system_names_its_manners() -> None:
    assert set(KNOWN) == set(SYSTEMS)
    assert set(KNOWN["distribution"]) - set(KNOWN["billing"]) == {"renamed_operations"}


def test_payload_manners() -> None:
    good = Faults()
    assert account_text("0012", good) == "0012"
    assert account_text("0012", Faults(strip_zeros=True)) == "12"
    assert decimal_text(Decimal("1E+1"), good) == "10"
    assert decimal_text(Decimal("-1.50"), Faults(decimal_comma=True)) == "-1,50"
    assert rows_of_page([1, 2], good, before=0) == [1, 2]
    assert rows_of_page([1, 2], Faults(repeat_rows=True), before=0) == [0, 1, 1, 2]
    assert rows_of_page([], Faults(repeat_rows=True)) == []
    assert json_list({}, "rows", [], good) == {"rows": []}
    assert json_list({}, "rows", [], Faults(empty_list="item")) == {"rows": [{}]}
    assert json_list({}, "rows", [], Faults(empty_list="nil")) == {"rows": None}
    assert json_list({}, "rows", [], Faults(empty_list="missing")) == {}
    assert json_list({}, "rows", [1], Faults(single_element=True)) == {"rows": 1}
    assert json_list({}, "rows", [1, 2], Faults(single_element=True)) == {"rows": [1, 2]}
