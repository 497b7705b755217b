"""Fixtures of this folder: the authorization server on each kind of store."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.server.partners import Registered
from tests.auth.people import Counter
from tests.auth.server.desk import Desk, open_desk


@pytest.fixture
async def desk(store: AsyncEngine, clock: Counter) -> AsyncIterator[Desk]:
    async with open_desk(store, clock) as opened:
        yield opened


@pytest.fixture
async def app(desk: Desk) -> Registered:
    """Register somebody else's application, public, and sign the first customer in."""
    desk.sign_in()
    return await desk.register()
