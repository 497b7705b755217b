"""SqlSupply against a real PostgreSQL that the sandbox has filled: the contract of supply."""

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.supply.sql import SqlSupply
from tests.connectors.contract.supply import SupplyContract, SupplySample
from tests.connectors.legacy_supply import sample_of, settings
from tests.databases import postgres
from tests.postgres import Postgres
from tests.sandbox_process import Sandbox, running_sandbox

__all__ = ["postgres"]


@pytest.fixture(scope="module")
def seeded(postgres: Postgres) -> Iterator[Sandbox]:
    with running_sandbox(supply_url=postgres.url(driver="postgresql"), accounts=200) as running:
        yield running


@pytest.fixture(scope="module")
async def supply(seeded: Sandbox) -> AsyncIterator[SqlSupply]:
    opened = SqlSupply(settings(seeded.supply["url"], batch_size=40))
    yield opened
    await opened.aclose()


@pytest.fixture(scope="module")
def sample(seeded: Sandbox) -> SupplySample:
    return sample_of(seeded)


class TestOnPostgreSQL(SupplyContract):
    pass
