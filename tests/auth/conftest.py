"""Fixtures of this folder: a sandbox of each utility, and the verbs wired to them."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.auth.desk import Desk, open_desk
from tests.auth.hall import Hall, open_hall
from tests.auth.people import KHARKIV, UZBEKISTAN, Counter, House, open_house
from tests.sandbox_process import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def kharkiv_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(accounts=200) as running:
        yield running


@pytest.fixture(scope="session")
def uzbek_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(profile="uz-het", accounts=200) as running:
        yield running


@pytest.fixture
def clock() -> Counter:
    return Counter()


@pytest.fixture
async def house(store: AsyncEngine, clock: Counter) -> AsyncIterator[House]:
    async with open_house(store, clock) as opened:
        yield opened


@pytest.fixture
def hall(store: AsyncEngine, clock: Counter) -> Hall:
    return open_hall(store, clock)


@pytest.fixture
async def kharkiv_desk(store: AsyncEngine, kharkiv_sandbox: Sandbox, clock: Counter) -> AsyncIterator[Desk]:
    async with open_desk(store, kharkiv_sandbox, KHARKIV, clock) as desk:
        yield desk


@pytest.fixture
async def uzbek_desk(store: AsyncEngine, uzbek_sandbox: Sandbox, clock: Counter) -> AsyncIterator[Desk]:
    async with open_desk(store, uzbek_sandbox, UZBEKISTAN, clock) as desk:
        yield desk
