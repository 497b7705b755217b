"""Billing's REST over a socket: what it answers, whom it refuses, and each of its bad manners."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.sandbox_process import Sandbox, running_sandbox

OPENAPI = Path(__file__).parents[2] / "sandbox" / "openapi.json"
NOWHERE = "000000000001"


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    with running_sandbox(accounts=400, clock_speed=0, clock_start="2026-11-21T12:00:00") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started: Sandbox) -> Iterator[Sandbox]:
    started.forget_calls()
    yield started
    started.control.delete("/faults")


@pytest.fixture(scope="module")
def client(started: Sandbox) -> Iterator[httpx2.Client]:
    key = {"X-Api-Key": started.billing["api_key"]}
    with httpx2.Client(base_url=started.billing["url"], headers=key, trust_env=False) as client:
        yield client


@pytest.fixture
def billing(sandbox: Sandbox, client: httpx2.Client) -> httpx2.Client:
    """Give a client of a billing that is well-behaved and counts from zero."""
    assert sandbox.calls("billing") == {}
    return client


def query(client: httpx2.Client, what: str, accounts: list[str], **more: object) -> Any:  # noqa: ANN401 - JSON
    answer = client.post(f"/v1/{what}/query", json={"accounts": accounts, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def months(item: dict[str, Any]) -> list[str]:
    return [row["period"] for row in item["rows"]]


@pytest.mark.parametrize("key", [None, b"", b"wrong", "ключ".encode()])
def test_without_the_key_there_is_nothing(sandbox: Sandbox, key: bytes | None) -> None:
    headers = {} if key is None else {b"X-Api-Key": key}
    with httpx2.Client(base_url=sandbox.billing["url"], headers=headers, trust_env=False, verify=False) as stranger:
        answers = [stranger.get("/v1/ping"), stranger.post("/v1/balances/query", json={"accounts": []})]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json()["error"]["code"] == "UNAUTHORIZED"
    assert sandbox.calls("billing") == {}


def test_ping_tells_local_time(billing: httpx2.Client) -> None:
    assert billing.get("/v1/ping").json() == {"status": "ok", "time": "21.11.2026 12:00:00"}


def test_openapi_is_the_committed_one_and_needs_no_key(sandbox: Sandbox) -> None:
    served = httpx2.get(f"{sandbox.billing['url']}/v1/openapi.json", trust_env=False)
    assert served.text == OPENAPI.read_text("utf-8")
    assert served.json()["openapi"] == "3.1.0"


def test_batches_leave_strangers_out_and_come_by_number(billing: httpx2.Client, sandbox: Sandbox) -> None:
    numbers = sandbox.holder(10).numbers
    for what in ("subscribers", "balances", "accruals", "bills"):
        items = query(billing, what, [*reversed(numbers), NOWHERE, numbers[0]])["items"]
        assert [item["accountNo"] for item in items] == sorted(numbers)
    assert sandbox.calls("billing") == {f"{what}.query": 1 for what in ("accruals", "balances", "bills", "subscribers")}


def test_single_reads_equal_batches(billing: httpx2.Client, sandbox: Sandbox) -> None:
    number = sandbox.holder(1).numbers[0]
    for what in ("subscribers", "balances"):
        (item,) = query(billing, what, [number])["items"]
        assert billing.get(f"/v1/{what}/{number}").json() == item
        stranger = billing.get(f"/v1/{what}/{NOWHERE}")
        assert (stranger.status_code, stranger.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_rows_have_the_legacy_shape(billing: httpx2.Client, sandbox: Sandbox) -> None:
    number = sandbox.holder(1).numbers[0]
    (balance,) = query(billing, "balances", [number])["items"]
    assert balance["calculatedAt"] == "21.11.2026 12:00:00"
    assert re.fullmatch(r"-?\d+\.\d\d", balance["saldo"])
    (accruals,) = query(billing, "accruals", [number])["items"]
    row = accruals["rows"][0]
    assert set(row) == {"period", "kwh", "amount", "tariffCode", "postedAt", "lines"}
    assert sum(Decimal(line["amount"]) for line in row["lines"]) == Decimal(row["amount"])
    (bills,) = query(billing, "bills", [number])["items"]
    bill = bills["rows"][0]
    assert bill["qr"] == f"KHE;{number};{bill['billNo']}"
    assert Decimal(bill["closing"]) == Decimal(bill["opening"]) + Decimal(bill["charged"]) - Decimal(bill["paid"])
    (who,) = query(billing, "subscribers", [number])["items"]
    assert set(who["address"]) == {"regionCode", "districtCode", "city", "street", "house", "flat", "postIndex"}
    assert datetime.strptime(who["contract"]["date"], "%d.%m.%Y")  # noqa: DTZ007 - a date


@pytest.mark.parametrize("what", ["accruals", "bills"])
def test_pages_are_newest_first_and_meet_without_gap(billing: httpx2.Client, sandbox: Sandbox, what: str) -> None:
    number = sandbox.holder(1).numbers[0]
    (whole,) = query(billing, what, [number], limit=120)["items"]
    assert whole["total"] == len(whole["rows"]) == 34
    assert months(whole)[0] == "10.2026"
    assert months(whole)[-1] == "01.2024"
    seen: list[str] = []
    while len(seen) < 34:
        (page,) = query(billing, what, [number], before=seen[-1] if seen else None)["items"]
        assert page["total"] == 34
        seen += months(page)
    assert seen == months(whole)
    (part,) = query(billing, what, [number], **{"from": "03.2025", "to": "06.2025", "limit": 2})["items"]
    assert (part["total"], months(part)) == (3, ["05.2025", "04.2025"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"accounts": "1"}', "accounts is a list"),
        (b'{"accounts": [1]}', "accounts is a list"),
        (json.dumps({"accounts": ["1"] * 201}).encode(), "at most 200 accounts"),
        (b'{"accounts": [], "limit": 0}', "limit is a whole number from 1"),
        (b'{"accounts": [], "limit": true}', "limit is a whole number from 1"),
        (b'{"accounts": [], "before": "13.2026"}', "before is a month as MM.YYYY"),
        (b'{"accounts": [], "from": "2026-10"}', "from is a month as MM.YYYY"),
    ],
)
def test_wrong_bodies_are_refused_with_the_reason(billing: httpx2.Client, body: bytes, reason: str) -> None:
    answer = billing.post("/v1/accruals/query", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION")
    assert reason in answer.json()["error"]["text"]


def test_errors_are_answered_with_500_and_counted(billing: httpx2.Client, sandbox: Sandbox) -> None:
    with sandbox.faults("billing", error_rate=0.5):
        assert [billing.get("/v1/ping").status_code for _ in range(4)] == [200, 500, 200, 500]
    with sandbox.faults("billing", error_rate=1.0):
        assert {billing.get("/v1/ping").status_code for _ in range(4)} == {500}
    assert sandbox.calls("billing") == {"ping": 8}


def test_hanging_answers_nothing_and_mends(billing: httpx2.Client, sandbox: Sandbox) -> None:
    with sandbox.faults("billing", hang=True), pytest.raises(httpx2.ReadTimeout):
        billing.get("/v1/ping", timeout=0.2)
    assert billing.get("/v1/ping").status_code == 200
    assert sandbox.calls("billing") == {"ping": 2}


def test_latency_delays(billing: httpx2.Client, sandbox: Sandbox) -> None:
    with sandbox.faults("billing", latency_ms=150, jitter_ms=20):
        assert billing.get("/v1/ping").elapsed.total_seconds() >= 0.15


def test_truncation_declares_more_than_it_sends(billing: httpx2.Client, sandbox: Sandbox) -> None:
    with sandbox.faults("billing", truncate=True), pytest.raises(httpx2.RemoteProtocolError):
        billing.get("/v1/ping")
    assert billing.get("/v1/ping").status_code == 200


def test_malformed_body_is_not_json(billing: httpx2.Client, sandbox: Sandbox) -> None:
    with sandbox.faults("billing", malformed=True):
        answer = billing.get("/v1/ping")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        answer.json()


def test_wrong_encoding_is_cp1251_declared_as_json(billing: httpx2.Client, sandbox: Sandbox) -> None:
    number = sandbox.holder(1).numbers[0]
    good = billing.get(f"/v1/subscribers/{number}").json()
    with sandbox.faults("billing", wrong_encoding=True):
        answer = billing.get(f"/v1/subscribers/{number}")
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")
    assert json.loads(answer.content.decode("cp1251"))["firstName"] == good["firstName"].replace("\u02bc", "?")
    assert answer.headers["content-type"] == "application/json"


def test_fault_in_200(billing: httpx2.Client, sandbox: Sandbox) -> None:
    with sandbox.faults("billing", fault_in_200=True):
        answer = billing.get("/v1/ping")
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, "E500")


@pytest.mark.parametrize(("spelling", "body"), [("item", {"items": [{}]}), ("nil", {"items": None}), ("missing", {})])
def test_empty_lists_are_spelled_three_ways(
    billing: httpx2.Client, sandbox: Sandbox, spelling: str, body: dict[str, object]
) -> None:
    with sandbox.faults("billing", empty_list=spelling):
        assert query(billing, "balances", [NOWHERE]) == body
    assert query(billing, "balances", [NOWHERE]) == {"items": []}


def test_a_list_of_one_comes_bare(billing: httpx2.Client, sandbox: Sandbox) -> None:
    number = sandbox.holder(1).numbers[0]
    with sandbox.faults("billing", single_element=True):
        item = query(billing, "accruals", [number], limit=1)["items"]
    assert item["accountNo"] == number
    assert item["rows"]["period"] == "10.2026"


def test_leading_zeros_are_lost(billing: httpx2.Client, sandbox: Sandbox) -> None:
    number = next(each for each in sandbox.holder(50).numbers if each.startswith("0"))
    with sandbox.faults("billing", strip_zeros=True):
        for what in ("subscribers", "balances", "accruals", "bills"):
            (item,) = query(billing, what, [number])["items"]
            assert item["accountNo"] == number.lstrip("0")


def test_rows_are_repeated_on_the_page_boundary(billing: httpx2.Client, sandbox: Sandbox) -> None:
    number = sandbox.holder(1).numbers[0]
    with sandbox.faults("billing", repeat_rows=True):
        (page,) = query(billing, "accruals", [number], limit=2, before="09.2026")["items"]
        balances = query(billing, "balances", [number])["items"]
    assert months(page) == ["09.2026", "08.2026", "08.2026", "07.2026"]
    assert len(balances) == 2


def test_decimals_have_a_comma(billing: httpx2.Client, sandbox: Sandbox) -> None:
    number = sandbox.holder(1).numbers[0]
    with sandbox.faults("billing", decimal_comma=True):
        (item,) = query(billing, "balances", [number])["items"]
    assert re.fullmatch(r"-?\d+,\d\d", item["saldo"])
    assert re.fullmatch(r"\d+,\d\d\d", item["avgDailyKwh"])


def test_planned_maintenance_says_until_when_and_is_announced(billing: httpx2.Client, sandbox: Sandbox) -> None:
    with sandbox.faults("billing", maintenance_until="2026-11-21T12:30:00"):
        answer = billing.get("/v1/ping")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1800"
    assert answer.json() == {"error": {"code": "MAINTENANCE", "until": "21.11.2026 12:30:00"}}
    with sandbox.faults("supply", maintenance_until="2026-11-21T12:30:00"):
        (maintenance, news) = billing.get("/v1/notices").json()["items"]
    assert (maintenance["kind"], maintenance["system"], maintenance["to"]) == (
        "MAINTENANCE",
        "supply",
        "21.11.2026 12:30",
    )
    assert (news["system"], news["from"], news["to"]) == (None, "29.11.2026 00:00", "04.12.2026 00:00")
    assert set(news["text"]) == {"uk", "uz", "ru", "en"}
