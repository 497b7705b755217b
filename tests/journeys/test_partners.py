"""A payment application on its own: what it may know of an account, how it is slowed down, and who looks after it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, Final

import pytest

from auth.throttle import PACES, Kind
from tests.applications import (
    Application,
    app_of_others,
    asking,
    codes,
    issuer,
    own_token,
    partners,
    registered,
    token_request,
    visitor_of,
)
from tests.demo_process import DemoProcess
from tests.journeys.test_strangers import WAYS, Way, at

OWN: Final = {"grant_type": "client_credentials"}
PAYEE: Final = "query($n: AccountNumber!) { payee(number: $n) { number maskedHolder amountDue isPrepaid } }"
FACTS: Final = """
query($n: AccountNumber!) {
  account(number: $n) { number isPrepaid holder { lastName firstName } balance { amount standing } }
}
"""
SEEN: Final = (
    "query($n: AccountNumber!) { security { accountEvents(account: $n) { nodes { kind application detail } } } }"
)
UNKNOWN: Final = {
    "data": {"payee": None},
    "errors": [
        {
            "message": "There is no such object among yours.",
            "locations": [{"line": 1, "column": 29}],
            "path": ["payee"],
            "extensions": {"code": "NOT_FOUND"},
        }
    ],
}
NEWS_S: Final = 3
"""How long a process may take to learn what another one revoked."""


@pytest.fixture
def bank(demo: DemoProcess) -> Application:
    return registered(demo, "Kettle Bank", "--kind=partner")


def look(demo: DemoProcess, token: str, number: str) -> dict[str, Any]:
    return demo.send(PAYEE, {"n": number}, token)


def until(is_so: Callable[[], bool]) -> None:
    """Ask again and again until it is so; it has to be soon."""
    deadline = monotonic() + NEWS_S
    while not is_so():
        assert monotonic() < deadline


def test_partner_learns_of_an_account_what_its_payer_needs_and_nothing_else(
    demo: DemoProcess, bank: Application
) -> None:
    token = own_token(demo, bank)
    for number in demo.user(10)["accounts"]:
        known = demo.send(FACTS, {"n": number}, demo.token(10))["data"]["account"]
        owed, holder = known["balance"]["amount"], known["holder"]
        is_owed = known["balance"]["standing"] == "CUSTOMER_OWES"
        assert look(demo, token, number) == {
            "data": {
                "payee": {
                    "number": number,
                    "maskedHolder": f"{holder['lastName'][0]}*** {holder['firstName'][0]}.",
                    "amountDue": owed if is_owed else {**owed, "minor": "0"},
                    "isPrepaid": known["isPrepaid"],
                }
            }
        }
    fields = demo.send('{ __type(name: "Payee") { fields { name } } }')["data"]["__type"]["fields"]
    assert [field["name"] for field in fields] == ["number", "maskedHolder", "amountDue", "isPrepaid"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_partner_on_its_own_is_no_customer(demo: DemoProcess, bank: Application, way: Way) -> None:
    number = demo.user(1)["accounts"][0]
    its_id = demo.send("query($n: AccountNumber!) { account(number: $n) { id } }", {"n": number}, demo.token(1))
    variables = way.variables(number, its_id["data"]["account"]["id"])
    answer = demo.send(way.operation.format("number"), variables, own_token(demo, bank))
    assert codes(answer) in (["FORBIDDEN"], ["UNAUTHENTICATED"])
    assert at(answer["data"], way.path) is None


def test_customers_have_no_payees_and_partners_no_more_scopes(demo: DemoProcess, bank: Application) -> None:
    number = demo.user(1)["accounts"][0]
    assert codes(look(demo, demo.token(1), number)) == ["FORBIDDEN"]
    assert codes(demo.send(PAYEE, {"n": number})) == ["UNAUTHENTICATED"]
    for scope in ("balance:read", "payees:read balance:read", "payees:read access:read", "x"):
        status, answer = token_request(demo, bank, **OWN, scope=scope)
        assert (status, answer["error"]) == (400, "invalid_scope")


def test_customer_sees_who_looked(demo: DemoProcess) -> None:
    till = registered(demo, "Kettle Till", "--kind=partner")
    number = demo.user(1)["accounts"][0]
    assert codes(look(demo, own_token(demo, till), number)) == []
    events = demo.send(SEEN, {"n": number}, demo.token(1))["data"]["security"]["accountEvents"]["nodes"]
    assert {"kind": "PAYEE_SEEN", "application": "Kettle Till", "detail": None} in events
    last = partners(demo, "audit", till.client_id, "--last=1").strip().split("  ")
    assert (last[1], last[4]) == ("PAYEE_SEEN", number)


def test_partner_that_guesses_numbers_is_slowed_down_and_no_other(demo: DemoProcess, bank: Application) -> None:
    token, number = own_token(demo, bank), demo.user(1)["accounts"][0]
    free = PACES[Kind.PAYEE_CLIENT].free
    for guess in range(free):
        assert look(demo, token, f"{guess:0{len(number)}}") == UNKNOWN
    refused = look(demo, token, number)
    assert (codes(refused), refused["data"]) == (["TOO_MANY_REQUESTS"], {"payee": None})
    assert refused["errors"][0]["extensions"]["retryAfterSeconds"] in {1, 2}
    other = registered(demo, "Kettle Post", "--kind=partner")
    assert codes(look(demo, own_token(demo, other), number)) == []


def test_partner_is_not_slowed_down_for_what_billing_could_not_answer(demo: DemoProcess, bank: Application) -> None:
    token, number = own_token(demo, bank), demo.user(1)["accounts"][0]
    demo.disturb("billing", error_rate=1.0)
    for _ in range(PACES[Kind.PAYEE_CLIENT].free + 1):
        assert codes(look(demo, token, number)) == ["UPSTREAM_UNAVAILABLE"]
    demo.calm()
    assert codes(look(demo, token, number)) == []


def test_secret_is_renewed_and_the_one_before_ends(demo: DemoProcess, bank: Application) -> None:
    said = partners(demo, "rotate", bank.client_id, "--overlap-hours=0")
    renewed = Application(bank.name, bank.client_id, dict(line.split() for line in said.splitlines())["client_secret"])
    status, answer = token_request(demo, bank, **OWN)
    assert (status, answer["error"]) == (401, "invalid_client")
    assert own_token(demo, renewed)


def test_disabled_partner_is_refused_at_once_until_it_is_enabled(demo: DemoProcess, bank: Application) -> None:
    token, number = own_token(demo, bank), demo.user(1)["accounts"][0]
    assert codes(look(demo, token, number)) == []
    partners(demo, "disable", bank.client_id)
    status, answer = token_request(demo, bank, **OWN)
    assert (status, answer["error"]) == (401, "invalid_client")
    until(lambda: codes(look(demo, token, number)) == ["UNAUTHENTICATED"])
    partners(demo, "enable", bank.client_id)
    assert codes(look(demo, token, number)) == ["UNAUTHENTICATED"]
    assert codes(look(demo, own_token(demo, bank), number)) == []


def test_disabled_app_cannot_ask_customers(demo: DemoProcess) -> None:
    app = app_of_others(demo, "Kettle", "balance:read")
    assert visitor_of(demo).get(asking(app, "balance:read")).status == 303
    partners(demo, "disable", app.client_id)
    page = visitor_of(demo).get(asking(app, "balance:read"))
    assert (page.status, "Kettle" in page.words) == (400, False)


def test_limited_partner_is_told_when_to_come_back(demo: DemoProcess, bank: Application) -> None:
    token, number = own_token(demo, bank), demo.user(1)["accounts"][0]
    partners(demo, "limit", bank.client_id, "1")
    until(lambda: codes(look(demo, token, number)) == ["TOO_MANY_REQUESTS"])  # the second, but for a minute that ends
    proof = {"client_id": bank.client_id, "client_secret": str(bank.secret)}
    answers = [demo.client.post(f"{issuer(demo)}/oauth/token", data={**OWN, **proof}) for _ in range(2)]
    assert (answers[-1].status_code, answers[-1].json()["error"]) == (429, "temporarily_unavailable")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    partners(demo, "limit", bank.client_id, "0")
    assert codes(look(demo, own_token(demo, bank), number)) == []


def test_what_was_done_about_a_partner_is_written_down(demo: DemoProcess, bank: Application) -> None:
    own_token(demo, bank)
    partners(demo, "rotate", bank.client_id)
    partners(demo, "limit", bank.client_id, "60")
    partners(demo, "disable", bank.client_id)
    lines = partners(demo, "audit", bank.client_id).splitlines()
    assert [line.split("  ")[1:3] for line in lines] == [
        ["CLIENT_CHANGED", "DISABLED"],
        ["CLIENT_CHANGED", "LIMIT 60"],
        ["CLIENT_CHANGED", "SECRET_ROTATED"],
        ["CLIENT_CHANGED", "REGISTERED"],
    ]
    assert str(bank.secret) not in partners(demo, "list")


def test_command_itself_reads_the_settings_that_the_demo_left(kharkiv: DemoProcess) -> None:
    bank = registered(kharkiv, "Kettle Bank", "--kind=partner")
    gridgate = Path(sys.executable).with_name("gridgate")
    settings = kharkiv.data_dir / "gridgate.toml"
    command = [str(gridgate), "partners", "list", f"--config={settings}"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert f"{bank.client_id}  Kettle Bank  partner  client_secret_basic  no limit  enabled  payees:read" in listed
