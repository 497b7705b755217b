"""Refresh tokens over a real network: several requests at once, an answer that is lost, a thief who comes later."""

import asyncio
from typing import Any, Final

import httpx2
import pytest

from tests.applications import (
    BACK,
    Application,
    asking,
    codes,
    customer,
    decided,
    exchanged,
    issuer,
    refreshed,
    registered,
)
from tests.demo_process import DemoProcess

OWN: Final = "{ me { accounts { nodes { number } } } }"
EVENTS: Final = "{ security { events(first: 50) { nodes { kind application detail } } } }"


@pytest.fixture(autouse=True)
def calm(kharkiv: DemoProcess) -> None:
    kharkiv.calm()


@pytest.fixture(params=["ours", "somebody else's"])
def kettle(request: pytest.FixtureRequest, kharkiv: DemoProcess) -> Application:
    """An app with tokens that refresh; one of the utility's own has no grant behind them."""
    options = ["--first-party"] if request.param == "ours" else []
    name = "Kettle of ours" if options else "Kettle of others"
    return registered(kharkiv, name, "--kind=app", f"--redirect-uri={BACK}", *options)


@pytest.fixture
def first(kharkiv: DemoProcess, kettle: Application) -> dict[str, Any]:
    """The first tokens, for the customer with one account."""
    scope = "accounts:read balance:read profile:read"
    address = decided(customer(kharkiv, 1), asking(kettle, scope), kharkiv.user(1)["accounts"])
    return exchanged(kharkiv, kettle, address)


def next_of(demo: DemoProcess, application: Application, tokens: dict[str, Any]) -> dict[str, Any]:
    status, answer = refreshed(demo, application, tokens["refresh_token"])
    assert status == 200, answer
    return answer


def is_in(demo: DemoProcess, tokens: dict[str, Any]) -> bool:
    """Tell whether an access token still shows something."""
    return not codes(demo.send(OWN, token=tokens["access_token"]))


def reuses(demo: DemoProcess, application: Application) -> int:
    """Count what the customer reads of reused tokens of an application."""
    events = demo.send(EVENTS, token=demo.token(1))["data"]["security"]["events"]["nodes"]
    wanted = {"kind": "TOKEN_REUSED", "application": application.name, "detail": "REFRESH_TOKEN"}
    return sum(event == wanted for event in events)


async def raced(demo: DemoProcess, application: Application, token: str, runners: int) -> list[dict[str, Any]]:
    """Present one refresh token several times at once, on connections of their own."""
    form = {"grant_type": "refresh_token", "client_id": application.client_id, "refresh_token": token}
    async with httpx2.AsyncClient(trust_env=False) as client:
        answers = await asyncio.gather(*(client.post(f"{issuer(demo)}/oauth/token", data=form) for _ in range(runners)))
    assert [answer.status_code for answer in answers] == [200] * runners
    return [answer.json() for answer in answers]


async def test_race_leaves_one_token_good_and_signs_nobody_out(
    kharkiv: DemoProcess, kettle: Application, first: dict[str, Any]
) -> None:
    before = reuses(kharkiv, kettle)
    given = await raced(kharkiv, kettle, first["refresh_token"], 4)
    assert len({each["refresh_token"] for each in given}) == 4
    assert all(is_in(kharkiv, each) for each in [first, *given])
    again = next_of(kharkiv, kettle, first)  # as the client does that lost all four answers
    assert is_in(kharkiv, next_of(kharkiv, kettle, next_of(kharkiv, kettle, again)))
    assert reuses(kharkiv, kettle) == before


async def test_of_two_answers_at_once_one_goes_on_and_the_other_ends_the_family(
    kharkiv: DemoProcess, kettle: Application, first: dict[str, Any]
) -> None:
    before = reuses(kharkiv, kettle)
    given = await raced(kharkiv, kettle, first["refresh_token"], 2)
    statuses = [refreshed(kharkiv, kettle, each["refresh_token"])[0] for each in given]
    assert statuses in ([200, 400], [400, 400])  # whichever was withdrawn is in a second hand, if it comes at all
    assert not any(is_in(kharkiv, each) for each in given)
    assert reuses(kharkiv, kettle) == before + 1


def test_client_that_lost_the_answer_refreshes_again_and_lives_on(
    kharkiv: DemoProcess, kettle: Application, first: dict[str, Any]
) -> None:
    before = reuses(kharkiv, kettle)
    next_of(kharkiv, kettle, first)
    second = next_of(kharkiv, kettle, first)
    third = next_of(kharkiv, kettle, second)
    assert is_in(kharkiv, third)
    assert reuses(kharkiv, kettle) == before


def test_thief_who_comes_later_ends_the_family_and_the_customer_reads_of_it(
    kharkiv: DemoProcess, kettle: Application, first: dict[str, Any]
) -> None:
    before = reuses(kharkiv, kettle)
    second = next_of(kharkiv, kettle, first)
    third = next_of(kharkiv, kettle, second)
    assert is_in(kharkiv, third)
    status, answer = refreshed(kharkiv, kettle, first["refresh_token"])
    assert (status, answer["error"]) == (400, "invalid_grant")
    for tokens in (first, second, third):
        assert not is_in(kharkiv, tokens)
        assert refreshed(kharkiv, kettle, tokens["refresh_token"])[0] == 400
    assert reuses(kharkiv, kettle) == before + 1
