"""Hostile inputs over the front door: each is tried, counted and refused, and nothing in the store has moved."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Final
from urllib.parse import urlencode

import pytest

from gateway.browsers import SESSION_COOKIE
from tests.demo_process import DemoProcess
from tests.demo_store import DemoStore
from tests.journeys.guests import Guest, customer_of, guest_of, query_of, vouched
from tests.journeys.hostile.access_tokens import Forge, hostile_tokens
from tests.journeys.hostile.callbacks import Coming, hostile_callbacks
from tests.journeys.hostile.siege import Siege

ME: Final = "{ me { id } security { sessions { id } } }"


@pytest.fixture
def kharkiv_siege(kharkiv_apart: DemoProcess, tell: Callable[[str], None]) -> Siege:
    return Siege(kharkiv_apart, DemoStore.of(kharkiv_apart), tell)


@pytest.fixture
def uzbekistan_siege(uzbekistan_apart: DemoProcess, tell: Callable[[str], None]) -> Siege:
    return Siege(uzbekistan_apart, DemoStore.of(uzbekistan_apart), tell)


def is_nobody(guest: Guest, authorization: str) -> bool:
    """Tell whether an `Authorization` header lets nobody in."""
    answer = guest.asks(ME, authorization=authorization)
    codes = {error["extensions"]["code"] for error in answer.json.get("errors", [])}
    return codes == {"UNAUTHENTICATED"} and answer.json["data"] is None


def test_access_token_that_is_not_ours_is_as_none(uzbekistan_siege: Siege) -> None:
    siege, demo = uzbekistan_siege, uzbekistan_siege.demo
    customer, guest, good = customer_of(demo, 10), guest_of(demo), demo.sign_in(10)
    forge = Forge.of(siege.store, good)
    assert not is_nobody(guest, f"Bearer {good}")
    assert not is_nobody(guest, f"Bearer {forge.signed()}")
    found = {f"that is the cookie {name}": value for name, value in customer.cookies.items()}
    with siege.of("access tokens") as tried:
        for name, token in hostile_tokens(forge, good, found).items():
            tried.counted(f"token {name}", is_refused=is_nobody(guest, f"Bearer {token}"))


def comes_by(demo: DemoProcess, way: str, method: str) -> Callable[[Guest], Coming]:
    """Return how somebody signs in at a provider, up to where their browser is about to return."""

    def begin(guest: Guest) -> Coming:
        given = query_of(vouched(demo, guest, way, method))
        return Coming(given["code"], given["state"])

    return begin


@pytest.mark.parametrize(
    ("place", "way", "method", "elsewhere"),
    [("uzbekistan", "oneid", "PKCSMETHOD", "e-imzo"), ("kharkiv", "id-gov-ua", "bank_id", "password")],
)
def test_callback_that_this_browser_did_not_ask_for_opens_nothing(
    request: pytest.FixtureRequest, place: str, way: str, method: str, elsewhere: str
) -> None:
    siege: Siege = request.getfixturevalue(f"{place}_siege")
    demo, begin = siege.demo, comes_by(siege.demo, way, method)
    guest, stranger, lucky = guest_of(demo), guest_of(demo), guest_of(demo)
    used = vouched(demo, lucky, way, method)
    assert lucky.get(used).cookies[SESSION_COOKIE]
    state_elsewhere = guest.get(f"/sign-in/{elsewhere}").form["state"]
    with siege.of(f"callbacks of {way}") as tried:
        for name, who, query in hostile_callbacks(begin, guest, stranger, state_elsewhere):
            tried.refused(f"callback with {name}", who.get(f"/sign-in/{way}/callback?{query}"))
        tried.refused("callback again", lucky.get(used))
        tried.refused("callback again in another browser", stranger.get(used))
        for other in (elsewhere, "sms", "oidc", "nobody", "..", "%00"):
            ours = urlencode(asdict(begin(guest)))
            tried.refused(f"callback of {other}", guest.get(f"/sign-in/{other}/callback?{ours}"))
        late = vouched(demo, guest, way, method)
        assert siege.store.change("UPDATE tickets SET expires_at = made_at WHERE kind = 'sign-in'")
        tried.refused("callback too late", guest.get(late))
