"""Bars 1 and 2: the home screen is complete, and costs the same few upstream calls for any number of accounts."""

from typing import Any

import pytest

from tests.demo_process import DemoProcess


def accounts_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert "errors" not in answer, answer["errors"]
    nodes: list[dict[str, Any]] = answer["data"]["me"]["accounts"]["nodes"]
    return nodes


@pytest.mark.parametrize("size", [1, 10, 50])
def test_the_home_screen_is_complete(demo: DemoProcess, size: int) -> None:
    accounts = accounts_of(demo.ask("home", token=demo.token(size)))
    assert [account["number"] for account in accounts] == sorted(demo.user(size)["accounts"])
    for account in accounts:
        assert account["status"] in {"ACTIVE", "SUSPENDED"}
        assert account["holder"]["lastName"]
        assert account["address"]["city"]
        assert account["tariff"]["name"]
        assert account["balance"]["isStale"] is False
        assert len(account["charges"]["nodes"]) == 12
        read = [len(meter["readings"]["nodes"]) for meter in account["meters"]]
        assert max(read) == 12  # a meter that was replaced lately, or its successor, may have fewer
        assert min(read) > 0
        assert 0 < len(account["payments"]["nodes"]) <= 12


def test_rows_come_newest_first(demo: DemoProcess) -> None:
    for account in accounts_of(demo.ask("home", token=demo.token(10))):
        periods = [charge["period"] for charge in account["charges"]["nodes"]]
        accepted = [payment["acceptedAt"] for payment in account["payments"]["nodes"]]
        assert periods == sorted(set(periods), reverse=True)
        assert accepted == sorted(accepted, reverse=True)
        for meter in account["meters"]:
            read_at = [reading["readAt"] for reading in meter["readings"]["nodes"]]
            assert read_at == sorted(read_at, reverse=True)


def test_a_customer_without_accounts_sees_an_empty_list(demo: DemoProcess) -> None:
    assert accounts_of(demo.ask("home", token=demo.token(0))) == []


def test_the_number_of_upstream_calls_does_not_depend_on_the_number_of_accounts(
    demo: DemoProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = {}
    for size in (1, 10, 50):
        token = demo.token(size)
        demo.forget_calls()
        demo.ask("home", token=token)
        counted[size] = demo.calls()
    assert counted[1] == counted[10] == counted[50]
    total = sum(sum(operations.values()) for operations in counted[50].values())
    with capsys.disabled():
        print(f" [{total} upstream calls]", end="")
    assert total <= 7
    assert set(counted[50]) == {"billing", "distribution", "supply"}
    assert {count for operations in counted[50].values() for count in operations.values()} == {1}


def test_prepaid_days_are_the_credit_at_the_average_daily_cost(uzbekistan: DemoProcess) -> None:
    balances = [account["balance"] for account in accounts_of(uzbekistan.ask("home", token=uzbekistan.token(50)))]
    in_credit = [each for each in balances if each["standing"] == "CUSTOMER_IN_CREDIT"]
    in_debt = [each for each in balances if each["standing"] == "CUSTOMER_OWES"]
    assert in_credit
    assert all(each["prepaidDaysLeft"] >= 0 for each in in_credit)
    assert any(each["prepaidDaysLeft"] > 0 for each in in_credit)
    assert all(each["prepaidDaysLeft"] == 0 for each in in_debt)


def test_where_nothing_is_prepaid_there_are_no_prepaid_days(kharkiv: DemoProcess) -> None:
    balances = [account["balance"] for account in accounts_of(kharkiv.ask("home", token=kharkiv.token(10)))]
    assert [each["prepaidDaysLeft"] for each in balances] == [None] * 10
