"""Paid, but the balance is as before: pending payments say why until the day the balance contains them."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, Final

import pytest

from tests.demo_process import DemoProcess, running_demo
from tests.live import pay

ACCOUNTS: Final = 50
NIGHTS: Final = 62
ROW: Final = "id state amount operator receiptNumber acceptedAt settledOn postedOn"
QUERY: Final = f"""{{ me {{ accounts(first: 100) {{ nodes {{
    number charges(first: 1) {{ totalCount }}
    balance {{ amount standing pendingTotal pendingPayments {{ {ROW} }} }}
    payments(first: 100) {{ nodes {{ {ROW} }} }}
}} }} }} }}"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """Run a demo of its own, and let time pass until payments wait in every state.

    Money arrives at midnight and is posted at six: at three in the night some payments are settled and not posted.
    """
    with running_demo(tmp_path_factory.mktemp("night"), profile="ua-kharkiv") as demo:
        for _ in range(NIGHTS):
            go_on_until(demo, time(3))
            shown = accounts_of(demo).values()
            if {row["state"] for account in shown for row in waiting(account)} == {"ACCEPTED", "SETTLED"}:
                break
        else:
            pytest.fail(f"no payment waited in {NIGHTS} nights")
        yield demo


def go_on_until(demo: DemoProcess, clock: time) -> None:
    """Move the utility's time to the next time of the day."""
    told = demo.client.get(f"{demo.facts['control_url']}/health").json()["time"]
    now = datetime.fromisoformat(told)
    then = datetime.combine(now.date(), clock, now.tzinfo)
    seconds = (then - now) % timedelta(days=1)
    demo.make("clock", advance_seconds=int(seconds.total_seconds()) + 1)


def accounts_of(demo: DemoProcess) -> dict[str, dict[str, Any]]:
    answer = demo.send(QUERY, token=demo.token(ACCOUNTS))
    assert "errors" not in answer, answer
    return {node["number"]: node for node in answer["data"]["me"]["accounts"]["nodes"]}


def waiting(account: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the payments that supply shows as not posted yet."""
    return [row for row in account["payments"]["nodes"] if row["state"] in {"ACCEPTED", "SETTLED"}]


def minor(rows: list[dict[str, Any]]) -> int:
    return sum(int(row["amount"]["minor"]) for row in rows)


def pending(account: dict[str, Any]) -> int:
    total = account["balance"]["pendingTotal"]
    return int(total["minor"]) if total else 0


def owed(account: dict[str, Any]) -> int:
    amount = int(account["balance"]["amount"]["minor"])
    return -amount if account["balance"]["standing"] == "CUSTOMER_IN_CREDIT" else amount


def test_pending_payments_are_those_that_are_shown_as_not_posted(night: DemoProcess) -> None:
    for account in accounts_of(night).values():
        shown = waiting(account)
        assert account["balance"]["pendingPayments"] == shown
        assert pending(account) == minor(shown)
        assert (account["balance"]["pendingTotal"] is None) == (not shown)
        assert {row["postedOn"] for row in shown} <= {None}
        assert all(row["receiptNumber"] for row in shown)


def test_a_payment_is_pending_from_the_counter_until_its_posting(night: DemoProcess) -> None:
    before = accounts_of(night)
    busy = next(number for number, account in before.items() if waiting(account))
    quiet = next(number for number, account in before.items() if not waiting(account))
    paid = {busy: pay(night, busy, 12_345, posted=False), quiet: pay(night, quiet, 12_345, posted=False)}
    received = accounts_of(night)
    for number in paid:
        newest, *others = received[number]["balance"]["pendingPayments"]
        assert others == before[number]["balance"]["pendingPayments"]
        assert (minor([newest]), newest["state"], newest["settledOn"]) == (12_345, "ACCEPTED", None)
        assert pending(received[number]) == pending(before[number]) + 12_345
        assert owed(received[number]) == owed(before[number])
    for identifier in paid.values():
        night.make(f"payments/{identifier}/post")
    posted = accounts_of(night)
    for number in paid:
        assert posted[number]["balance"]["pendingPayments"] == before[number]["balance"]["pendingPayments"]
        assert pending(posted[number]) == pending(received[number]) - 12_345
        assert owed(posted[number]) == owed(received[number]) - 12_345
    assert {number: pending(account) for number, account in posted.items()} == {
        number: pending(account) for number, account in before.items()
    }


def test_what_is_posted_in_the_morning_leaves_the_debt_and_what_is_pending(night: DemoProcess) -> None:
    at_night = accounts_of(night)
    go_on_until(night, time(6, 30))
    moved = 0
    for number, account in accounts_of(night).items():
        before = at_night[number]
        settled = [row for row in waiting(before) if row["state"] == "SETTLED"]
        known = {row["id"] for row in before["payments"]["nodes"]}
        new = [row for row in waiting(account) if row["id"] not in known]
        assert pending(account) == pending(before) - minor(settled) + minor(new)
        if account["charges"]["totalCount"] == before["charges"]["totalCount"]:
            assert owed(account) == owed(before) - minor(settled)
            moved += len(settled)
    assert moved > 0
