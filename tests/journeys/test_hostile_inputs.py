"""Hostile inputs over the front door: each is tried, counted and refused, and nothing in the store has moved."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.demo_process import DemoProcess
from tests.demo_store import DemoStore
from tests.journeys.guests import Guest, customer_of, guest_of
from tests.journeys.hostile.access_tokens import Forge, hostile_tokens
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
    codes = [error["extensions"]["code"] for error in answer.json["errors"]]
    return answer.status == 200 and answer.json["data"] == {"me": None, "security": None} and set(codes) == {"UNAUTHENTICATED"}


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
