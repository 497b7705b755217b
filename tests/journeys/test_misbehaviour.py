"""Bar 3: every bad manner of every system against every root field: no hang, no unhandled error, the rest complete."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import pytest

from tests.demo_process import DemoProcess

DEADLINE_S: Final = 5.0
SLACK_S: Final = 2.0
"""What this machine may add to the deadline under load."""

MANNERS: Final[dict[str, dict[str, Any]]] = {
    "slow": {"latency_ms": 300, "jitter_ms": 100},
    "erring": {"error_rate": 1.0},
    "erring-half": {"error_rate": 0.5},
    "hanging": {"hang": True},
    "truncating": {"truncate": True},
    "garbling": {"malformed": True},
    "wrong-encoding": {"wrong_encoding": True},
    "fault-in-200": {"fault_in_200": True},
    "empty-list-item": {"empty_list": "item"},
    "empty-list-nil": {"empty_list": "nil"},
    "empty-list-missing": {"empty_list": "missing"},
    "single-element": {"single_element": True},
    "zeros-lost": {"strip_zeros": True},
    "rows-repeated": {"repeat_rows": True},
    "decimal-comma": {"decimal_comma": True},
    "renamed": {"renamed_operations": True},
    "maintenance": {"maintenance_until": "2030-01-01T06:00:00+02:00"},
}
"""Every manner of the sandbox; `test_every_manner_is_tried` compares with what it offers."""

CODES: Final = {
    "erring": {"UPSTREAM_UNAVAILABLE"},
    "erring-half": {"UPSTREAM_UNAVAILABLE"},
    "hanging": {"UPSTREAM_TIMEOUT"},
    "truncating": {"UPSTREAM_MALFORMED", "UPSTREAM_UNAVAILABLE"},
    "garbling": {"UPSTREAM_MALFORMED", "UPSTREAM_UNAVAILABLE"},
    "fault-in-200": {"UPSTREAM_UNAVAILABLE"},
    "renamed": {"UPSTREAM_UNAVAILABLE"},
    "maintenance": {"PLANNED_MAINTENANCE"},
}
"""What the manners that no connector sees through are answered with; all others leave the answer whole."""

OWNERS: Final = {
    "holder": "billing",
    "balance": "billing",
    "charges": "billing",
    "bills": "billing",
    "meters": "distribution",
    "payments": "supply",
}
"""Whose each of an account's fields is."""

FIELDS: Final = """
  number
  holder { lastName }
  balance { amountOwedByCustomer }
  charges(first: 3) { totalCount nodes { period energy amount } }
  bills(first: 3) { totalCount nodes { number closingBalance } }
  meters { serialNumber readings(first: 3) { totalCount nodes { readAt value } } }
  payments(first: 3) { totalCount nodes { amount acceptedAt } }
"""


def known_manners(demo: DemoProcess) -> dict[str, list[str]]:
    known: dict[str, list[str]] = demo.client.get(f"{demo.facts['control_url']}/faults/known").json()
    return known


def test_every_manner_is_tried(kharkiv: DemoProcess) -> None:
    tried = {key for manner in MANNERS.values() for key in manner}
    offered = {key for keys in known_manners(kharkiv).values() for key in keys}
    assert tried == offered


def roots(demo: DemoProcess, node_id: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Write every root field that reads, each as an operation with its variables."""
    number = demo.user(10)["accounts"][0]
    entities = [{"__typename": "Account", "number": number}]
    return {
        "me": (f"{{ me {{ accounts(first: 3) {{ nodes {{ {FIELDS} }} }} }} }}", {}),
        "account": (f"query($n: AccountNumber!) {{ account(number: $n) {{ {FIELDS} }} }}", {"n": number}),
        "node": (f"query($i: ID!) {{ node(id: $i) {{ ... on Account {{ {FIELDS} }} }} }}", {"i": node_id}),
        "_entities": (
            f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on Account {{ {FIELDS} }} }} }}",
            {"r": entities},
        ),
        "tariffs": ("{ tariffs { code tiers { unitPrice } } }", {}),
        "utility": ("{ utility { name linkMethods } }", {}),
        "notices": ("{ notices { kind text } }", {}),
    }


def accounts_in(name: str, data: dict[str, Any]) -> list[dict[str, Any]]:
    match name:
        case "me":
            nodes: list[dict[str, Any]] = data["me"]["accounts"]["nodes"]
            return nodes
        case "_entities":
            entities: list[dict[str, Any]] = data["_entities"]
            return entities
        case "account" | "node":
            return [data[name]]
    return []


class Cell(NamedTuple):
    """A cell of the matrix."""

    root: str
    manner: str
    system: str

    @property
    def codes(self) -> set[str]:
        """The codes that an error may have here; none where the connector sees through the manner."""
        if self.manner == "wrong-encoding" and self.system == "supply":
            return {"UPSTREAM_MALFORMED"}  # a database's text that is not in the encoding it declares
        return CODES.get(self.manner, set())


def check(cell: Cell, calm: dict[str, Any], answer: dict[str, Any]) -> None:
    """Compare a disturbed answer with a calm one: untouched systems whole, touched ones whole or null with a code."""
    errors = answer.get("errors", [])
    for error in errors:
        assert error["extensions"]["code"] in cell.codes, (cell, error)
        assert error["extensions"]["system"] == cell.system
        assert error["extensions"]["planned"] is (cell.manner == "maintenance")
    if cell.root == "notices" and errors:
        assert answer["data"] == {"notices": None}
        return
    if cell.root == "notices" and cell.manner == "maintenance":
        announced = [notice for notice in answer["data"]["notices"] if notice not in calm["data"]["notices"]]
        assert [notice["kind"] for notice in announced] == ["MAINTENANCE"]
        return
    if cell.root in {"notices", "tariffs", "utility"}:
        assert answer["data"] == calm["data"]
        return
    for before, now in zip(accounts_in(cell.root, calm["data"]), accounts_in(cell.root, answer["data"]), strict=True):
        for field, owner in OWNERS.items():
            if owner != cell.system or not cell.codes:
                assert now[field] == before[field], (cell, field)
            elif cell.manner not in {"erring-half", "hanging"} and field != "balance":
                assert now[field] is None, (cell, field)


@pytest.mark.parametrize("manner", MANNERS)
def test_bad_manners_spoil_only_their_own_system(
    demo: DemoProcess, manner: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token = demo.token(10)
    number = demo.user(10)["accounts"][0]
    node_id = demo.send("query($n: AccountNumber!) { account(number: $n) { id } }", {"n": number}, token)
    operations = roots(demo, node_id["data"]["account"]["id"])
    calm = {name: demo.send(query, variables, token) for name, (query, variables) in operations.items()}
    assert not [answer for answer in calm.values() if "errors" in answer]
    known, tried = known_manners(demo), 0
    for system in ("billing", "distribution", "supply"):
        if not MANNERS[manner].keys() <= set(known[system]):
            continue
        demo.disturb(system, **MANNERS[manner])
        began = time.monotonic()
        with ThreadPoolExecutor(len(operations)) as together:
            answers = list(together.map(lambda each: demo.send(each[0], each[1], token), operations.values()))
        assert time.monotonic() - began < DEADLINE_S + SLACK_S
        for name, answer in zip(operations, answers, strict=True):
            check(Cell(name, manner, system), calm[name], answer)
            tried += 1
        demo.calm()
    with capsys.disabled():
        print(f" [{tried} cells]", end="")
