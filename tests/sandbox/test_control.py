"""The control endpoint over a socket: it counts, disturbs, makes things happen and moves the clock."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from tests.sandbox.shared_data import shared_data
from tests.sandbox_process import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    with running_sandbox(profile="uz-het", accounts=400, clock_speed=0, clock_start="2026-11-21T12:00:00") as sandbox:
        yield sandbox


@pytest.fixture
def control(started: Sandbox) -> Iterator[httpx.Client]:
    started.forget_calls()
    yield started.control
    started.control.delete("/faults")


def debt(sandbox: Sandbox, number: str) -> Decimal:
    url = f"{sandbox.billing['url']}/v1/balances/{number}"
    answer = sandbox.control.get(url, headers={"X-Api-Key": sandbox.billing["api_key"]})
    return Decimal(answer.json()["saldo"])


def test_health(control: httpx.Client) -> None:
    body = control.get("/health").json()
    assert (body["status"], body["profile"], body["accounts"]) == ("ok", "uz-het", 400)
    assert body["time"].endswith("+05:00")


def test_holders_carry_what_links_them(control: httpx.Client) -> None:
    holders = control.get("/holders", params={"size": 10, "count": 5}).json()
    assert [len(holder["accounts"]) for holder in holders] == [10, 10]
    account = holders[0]["accounts"][0]
    assert set(account) == {
        "number", "last_name", "region_code", "district_code", "bill_number", "qr", "meters",
    }  # fmt: skip
    codes = (account["region_code"], account["district_code"], account["number"], account["bill_number"])
    assert account["qr"] == "|".join(("HET", *codes))
    assert [len(code) for code in codes] == [4, 7, 10, 10]
    assert control.get("/holders", params={"size": 0}).status_code == 422


def test_calls_are_counted_and_forgotten(control: httpx.Client, started: Sandbox) -> None:
    number = started.holder(1).numbers[0]
    debt(started, number)
    counted = control.get("/calls").json()
    assert counted["total"] == 1
    assert {system: calls for system, calls in counted["systems"].items() if calls} == {"billing": {"balances.get": 1}}
    assert control.delete("/calls").json()["total"] == 0


def test_faults_are_put_listed_and_cleared(control: httpx.Client) -> None:
    known = control.get("/faults/known").json()
    assert set(known) == {"billing", "distribution", "supply"}
    assert control.put("/faults/supply", json={"latency_ms": 3}).json() == {"latency_ms": 3}
    assert control.put("/faults/billing", json={"hang": True, "latency_ms": 0}).json() == {"hang": True}
    assert control.get("/faults").json() == {"billing": {"hang": True}, "distribution": {}, "supply": {"latency_ms": 3}}
    assert control.delete("/faults/supply").json() == {"billing": {"hang": True}, "distribution": {}, "supply": {}}
    assert control.delete("/faults").json() == {"billing": {}, "distribution": {}, "supply": {}}


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/faults/water", {}, "known: billing, distribution, supply"),
        ("/faults/billing", {"lag": 1}, "known: latency_ms"),
        ("/faults/supply", {"decimal_comma": True}, "supply knows no fault 'decimal_comma'"),
        ("/faults/billing", [], "not a JSON object"),
    ],
)
def test_unknown_faults_are_refused(control: httpx.Client, path: str, body: object, reason: str) -> None:
    answer = control.put(path, json=body)
    assert answer.status_code == 422
    assert reason in answer.json()["error"]
    assert control.get("/faults").json() == {"billing": {}, "distribution": {}, "supply": {}}


def test_a_payment_moves_the_balance_now(control: httpx.Client, started: Sandbox) -> None:
    number = started.holder(1).numbers[0]
    before = debt(started, number)
    answer = control.post("/payments", json={"account": number, "amount": "150000.50", "operator": "CLICK"})
    assert answer.status_code == 201
    assert answer.json() | {"id": 0} == {
        "id": 0, "account": number, "amount": "150000.50", "operator": "CLICK", "posted": True,
        "debt": f"{before - Decimal('150000.50')}",
    }  # fmt: skip
    assert debt(started, number) == before - Decimal("150000.50")


def test_a_waiting_payment_moves_the_balance_when_it_is_posted(control: httpx.Client, started: Sandbox) -> None:
    number = started.holder(1).numbers[0]
    before = debt(started, number)
    waiting = control.post("/payments", json={"account": number, "amount": "1000", "posted": False}).json()
    assert not waiting["posted"]
    assert debt(started, number) == before
    posted = control.post(f"/payments/{waiting['id']}/post").json()
    assert posted["posted"]
    assert debt(started, number) == before - 1000
    assert control.post("/payments/77/post").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"account": "0000000001", "amount": "1"}, 404, "no account"),
        ({"account": "?", "amount": "0"}, 422, "more than 0"),
        ({"account": "?", "amount": "1.005"}, 422, "at most two decimals"),
        ({"account": "?", "amount": "1e400000000"}, 422, "decimal string"),
        ({"account": "?", "amount": "NaN"}, 422, "decimal string"),
        ({"account": "?"}, 422, "decimal string"),
        ({"amount": "1"}, 422, "account is a text"),
        ({"account": "?", "amount": "1", "sum": "1"}, 422, "unknown keys: sum"),
        ({"account": "?", "amount": "1", "posted": "yes"}, 422, "posted is true or false"),
    ],
)
def test_wrong_payments_are_refused(control: httpx.Client, body: dict[str, object], status: int, reason: str) -> None:
    answer = control.post("/payments", json=body)
    assert answer.status_code == status
    assert reason in answer.json()["error"]


def test_a_reading_is_made_of_what_the_meter_shows_or_what_is_said(control: httpx.Client, started: Sandbox) -> None:
    account = started.holder(1).accounts[0]
    shown = control.post("/readings", json={"account": account["number"]}).json()
    assert (shown["meter"], shown["obis"]) == (account["meters"][-1], "1.8.0")
    assert Decimal(shown["value"]) > 0
    said = control.post("/readings", json={"meter": shown["meter"], "value": "12345", "source": "OPERATOR"})
    assert (said.status_code, said.json()["value"], said.json()["source"]) == (201, "12345", "OPERATOR")
    assert control.post("/readings", json={"meter": "1"}).status_code == 404
    assert control.post("/readings", json={"account": account["number"], "obis": "7"}).status_code == 404
    assert control.post("/readings", json={"account": account["number"], "value": "-1"}).status_code == 422


def test_an_outage_begins(control: httpx.Client, started: Sandbox) -> None:
    number = started.holder(1).numbers[0]
    body = control.post("/outages", json={"account": number, "minutes": 30}).json()
    assert (body["kind"], body["accounts"]) == ("EMERGENCY", [number])
    assert control.post("/outages", json={"kind": "PLANNED", "group": "1.1"}).status_code == 201
    assert control.post("/outages", json={}).status_code == 422
    assert control.post("/outages", json={"group": "1.1", "kind": "FLOOD"}).status_code == 422


def test_a_green_button_feed_replaces_the_meter(control: httpx.Client, started: Sandbox) -> None:
    feed = shared_data("greenbutton", "vladistan_electric_containerized.xml").read_bytes()
    number = started.holder(10).numbers[3]
    loaded = control.post("/greenbutton", params={"account": number}, content=feed)
    assert loaded.status_code == 201
    assert loaded.json() | {"meter": ""} == {"account": number, "meter": "", "readings": 8, "kwh": "4.086"}
    assert control.get("/greenbutton").json() == [loaded.json()]
    assert started.holder(10).accounts[3]["meters"] == [loaded.json()["meter"]]
    refused = control.post("/greenbutton", params={"account": number}, content=b"<html/>")
    assert (refused.status_code, refused.json()["error"]) == (422, "the document is html, not an Atom feed")
    assert control.post("/greenbutton", content=feed).status_code == 404


def test_the_clock_moves_and_brings_charges(control: httpx.Client, started: Sandbox) -> None:
    number = started.holder(1).numbers[0]
    before = debt(started, number)
    assert control.post("/clock", json={"advance_seconds": 86_400}).json() == {"time": "2026-11-22T12:00:00+05:00"}
    assert debt(started, number) > before
    assert control.post("/clock", json={"advance_seconds": -1}).status_code == 422
    assert control.post("/clock", json={}).status_code == 422


def test_quirks_are_put_listed_and_cleared(control: httpx.Client) -> None:
    assert control.put("/quirks/oneid", json={"outage": True}).json()["oneid"]["outage"] is True
    refused = control.put("/quirks/oneid", json={"polite": True})
    assert (refused.status_code, "older_fields" in refused.json()["error"]) == (422, True)
    assert control.put("/quirks/nobody", json={}).status_code == 404
    assert control.delete("/quirks").json()["oneid"]["outage"] is False
