"""Somebody else's application acts for a customer under their grant: two of ten accounts, and no more than was allowed.

The customer sees what they allowed and who looked, and takes it back.
"""

from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import pytest

from tests.applications import Application, app_of_others, asking, codes, customer, decided, exchanged, refreshed
from tests.demo_process import DemoProcess
from tests.journeys.test_strangers import FIELDS, WAYS, Way, at
from tests.live import following, pay

SCOPE: Final = "accounts:read balance:read profile:read"
ALL_OF_ME: Final = "{ me { accounts(first: 100) { totalCount nodes { number balance { standing } } } } }"
GRANTS: Final = "{ security { grants { id application scopes accounts lastUsedAt } } }"
SEEN: Final = (
    "query($n: AccountNumber!) { security { accountEvents(account: $n) { nodes { kind application detail } } } }"
)
BALANCES: Final = """
subscription($accounts: [AccountNumber!]!) {
  balanceChanged(accounts: $accounts) { account { number } balance { standing } }
}
"""
REVOKE: Final = "mutation($id: ID!) { revokeGrant(id: $id) { id } }"

_NUMBERS: Final = count()


@dataclass(frozen=True, slots=True)
class LetIn:
    """An application that the customer with ten accounts has let in: for two of them, with these tokens."""

    demo: DemoProcess
    application: Application
    granted: list[str]
    tokens: dict[str, Any]

    @property
    def token(self) -> str:
        token: str = self.tokens["access_token"]
        return token

    @property
    def withheld(self) -> list[str]:
        return sorted(set(self.demo.user(10)["accounts"]) - set(self.granted))

    def customer(self, query: str, **variables: str) -> Any:  # noqa: ANN401 -- any part of an answer
        """Ask as the customer."""
        answer = self.demo.send(query, variables, self.demo.token(10))
        assert "errors" not in answer, answer
        return answer["data"]

    def grant(self) -> dict[str, Any]:
        """Return the grant as the customer sees it."""
        grants = self.customer(GRANTS)["security"]["grants"]
        (own,) = [grant for grant in grants if grant["application"] == self.application.name]
        found: dict[str, Any] = own
        return found

    def is_out(self) -> bool:
        """Tell whether the access token is refused."""
        return codes(self.demo.send(ALL_OF_ME, token=self.token)) == ["UNAUTHENTICATED"]


@pytest.fixture
def ledger(demo: DemoProcess) -> LetIn:
    return let_in(demo)


@pytest.fixture
def almanac(demo: DemoProcess) -> LetIn:
    """Another application, which was let in for the same accounts."""
    return let_in(demo)


def let_in(demo: DemoProcess) -> LetIn:
    """Let a new application in; a stranger's accounts, which the page does not show, are ticked as well."""
    application = app_of_others(demo, f"Kettle {next(_NUMBERS)}", *SCOPE.split())
    granted = sorted(demo.user(10)["accounts"])[3:5]
    strangers = demo.user(1)["accounts"]
    address = decided(customer(demo, 10), asking(application, SCOPE), [*granted, *strangers])
    return LetIn(demo, application, granted, exchanged(demo, application, address))


def node_id(ledger: LetIn, number: str) -> str:
    found: str = ledger.customer("query($n: AccountNumber!) { account(number: $n) { id } }", n=number)["account"]["id"]
    return found


def followed(event: dict[str, Any]) -> str:
    """Return whose balance an event shows."""
    assert "errors" not in event, event
    number: str = event["data"]["balanceChanged"]["account"]["number"]
    return number


def test_application_is_shown_the_two_accounts_that_were_ticked(ledger: LetIn) -> None:
    answer = ledger.demo.send(ALL_OF_ME, token=ledger.token)
    assert "errors" not in answer
    shown = answer["data"]["me"]["accounts"]
    assert (shown["totalCount"], [node["number"] for node in shown["nodes"]]) == (2, ledger.granted)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_every_way_leads_to_granted_accounts_alone(ledger: LetIn, way: Way) -> None:
    query = way.operation.format("number balance { standing }")
    for number in ledger.granted:
        answer = ledger.demo.send(query, way.variables(number, node_id(ledger, number)), ledger.token)
        assert "errors" not in answer
        assert at(answer["data"], way.path)["number"] == number
    for number in (*ledger.withheld[:2], *ledger.demo.user(1)["accounts"]):
        its_id = node_id(ledger, number) if number in ledger.withheld else node_id(ledger, ledger.withheld[0])
        answer = ledger.demo.send(query, way.variables(number, its_id), ledger.token)
        assert (codes(answer), at(answer["data"], way.path)) == (["NOT_FOUND"], None)


def test_fields_beyond_the_scopes_are_forbidden(ledger: LetIn) -> None:
    account = WAYS[1]
    for name, (scope, selection) in FIELDS.items():
        variables = account.variables(ledger.granted[0], "")
        answer = ledger.demo.send(account.operation.format(selection), variables, ledger.token)
        assert codes(answer) == ([] if scope in SCOPE.split() else ["FORBIDDEN"]), name
    for query in (
        "{ security { grants { id } } }",
        'mutation { revokeGrant(id: "x") { id } }',
        "mutation { signOutElsewhere { sessions } }",
    ):
        assert codes(ledger.demo.send(query, token=ledger.token)) == ["FORBIDDEN"]


async def test_subscription_follows_granted_accounts_alone(ledger: LetIn) -> None:
    async with following(ledger.demo, ledger.token, ledger.granted, BALANCES) as connection:
        assert sorted([followed(await connection.event()) for _ in ledger.granted]) == ledger.granted
    for numbers in ([ledger.withheld[0]], [*ledger.granted, ledger.withheld[0]]):
        async with following(ledger.demo, ledger.token, numbers, BALANCES) as connection:
            assert codes(await connection.event()) == ["NOT_FOUND"]


async def test_token_for_balances_alone_shows_balances_alone(ledger: LetIn) -> None:
    status, narrow = refreshed(ledger.demo, ledger.application, ledger.tokens["refresh_token"], scope="balance:read")
    assert (status, narrow["scope"]) == (200, "balance:read")
    number = ledger.granted[0]
    for way in WAYS:
        answer = ledger.demo.send(
            way.operation.format("number"), way.variables(number, node_id(ledger, number)), narrow["access_token"]
        )
        assert codes(answer) == ["FORBIDDEN"], way.name
    async with following(ledger.demo, narrow["access_token"], [number], BALANCES) as connection:
        assert followed(await connection.event()) == number
    async with following(ledger.demo, narrow["access_token"], [number]) as connection:
        event = await connection.event()
    assert (codes(event), event["data"]["balanceChanged"]["balance"]["pendingTotal"]) == (["FORBIDDEN"], None)


def test_customer_sees_what_they_allowed_and_who_looked(ledger: LetIn) -> None:
    assert codes(ledger.demo.send(ALL_OF_ME, token=ledger.token)) == []
    grant = ledger.grant()
    assert grant["scopes"] == ["PROFILE_READ", "ACCOUNTS_READ", "BALANCE_READ"]
    assert (grant["accounts"], grant["lastUsedAt"] is not None) == (ledger.granted, True)
    seen = {"kind": "ACCOUNT_SEEN", "application": ledger.application.name, "detail": SCOPE}
    for number in ledger.granted:
        assert ledger.customer(SEEN, n=number)["security"]["accountEvents"]["nodes"].count(seen) == 1
    for number in ledger.withheld:
        assert seen not in ledger.customer(SEEN, n=number)["security"]["accountEvents"]["nodes"]


def test_grant_that_is_taken_back_ends_every_token_at_once(ledger: LetIn, almanac: LetIn) -> None:
    assert not ledger.is_out()
    grant = ledger.grant()["id"]
    stranger = ledger.demo.send(REVOKE, {"id": grant}, ledger.demo.token(1))
    assert (stranger, ledger.is_out()) == ({"data": {"revokeGrant": {"id": grant}}}, False)
    ledger.customer(REVOKE, id=grant)
    assert ledger.is_out()
    status, answer = refreshed(ledger.demo, ledger.application, ledger.tokens["refresh_token"])
    assert (status, answer["error"]) == (400, "invalid_grant")
    assert f"'{ledger.application.name}'" not in str(ledger.customer(GRANTS))
    assert not almanac.is_out()


def test_taking_back_is_written_down_and_asking_again_shows_the_page(ledger: LetIn) -> None:
    silent = asking(ledger.application, SCOPE, prompt="none")
    assert "code=" in decided(customer(ledger.demo, 10), silent)
    ledger.customer(REVOKE, id=ledger.grant()["id"])
    assert "error=consent_required" in decided(customer(ledger.demo, 10), silent)
    events = ledger.customer("{ security { events { nodes { kind application detail } } } }")["security"]["events"][
        "nodes"
    ]
    own = [event["kind"] for event in events if event["application"] == ledger.application.name]
    assert own == ["ACCESS_REVOKED", "ACCESS_GRANTED"]


async def test_stream_under_a_grant_that_is_taken_back_shows_nothing_more(ledger: LetIn) -> None:
    async with following(ledger.demo, ledger.token, ledger.granted, BALANCES) as connection:
        for _ in ledger.granted:
            followed(await connection.event())
        ledger.customer(REVOKE, id=ledger.grant()["id"])
        pay(ledger.demo, ledger.granted[0], 100)
        ended = await connection.message()
    assert codes(ended["payload"]) == ["UNAUTHENTICATED"]
