"""Doors: the connectors of the house and its store, opened once at start and closed again.

StartError   something that the start needs cannot be used; says what and how to mend it
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from connectors.billing.port import Billing
from connectors.billing.rest import RestBilling
from connectors.distribution.port import Distribution
from connectors.distribution.soap import SoapDistribution
from connectors.store.engine import UnknownDatabase, open_store
from connectors.store.health import Store, answers
from connectors.store.migrate import current, is_up_to_date, upgrade
from connectors.supply.port import Supply
from connectors.supply.sql import SqlSupply
from connectors.transport.http import HttpTransport
from gateway.settings import Settings
from schema.systems import System


class StartError(Exception):
    """Something that the start needs cannot be used; the text says what and how to mend it."""


@dataclass(frozen=True, slots=True)
class Connectors:
    """The doors of the house, open."""

    store: Store
    billing: Billing
    distribution: Distribution
    supply: Supply


@asynccontextmanager
async def open_connectors(settings: Settings) -> AsyncIterator[Connectors]:
    """Open every door and close them again; none asks anything yet. Raises StartError."""
    async with AsyncExitStack() as opened:
        store = _open_store(settings)
        opened.push_async_callback(store.dispose)
        billing = HttpTransport(System.BILLING)
        opened.push_async_callback(billing.aclose)
        distribution = HttpTransport(System.DISTRIBUTION)
        opened.push_async_callback(distribution.aclose)
        supply = SqlSupply(settings.supply)
        opened.push_async_callback(supply.aclose)
        yield Connectors(
            store=store,
            billing=RestBilling(settings.billing, billing),
            distribution=await SoapDistribution.open(settings.distribution, distribution),
            supply=supply,
        )


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the store alone, for the command line; raises StartError where it is not there or not up to date."""
    store = _open_store(settings)
    try:
        await prepare_store(settings, store)
        yield store
    finally:
        await store.dispose()


async def migrate_store(settings: Settings) -> str | None:
    """Bring the store to the newest revision and return it; raises StartError."""
    store = _open_store(settings)
    try:
        await _require_answer(store)
    finally:
        await store.dispose()
    await upgrade(settings.store_location())
    return await current(settings.store_location())


async def prepare_store(settings: Settings, store: Store) -> None:
    """Migrate the embedded store; one on a server is migrated by `gridgate migrate`, never by the way."""
    await _require_answer(store)
    if settings.store_url is None:
        await upgrade(settings.store_location())
    elif not await is_up_to_date(settings.store_location()):
        raise StartError("the store is not at the newest revision; run gridgate migrate")


async def _require_answer(store: Store) -> None:
    if not await answers(store):
        raise StartError("the store does not answer; check store_url and data_dir")


def _open_store(settings: Settings) -> Store:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return open_store(settings.store_location())
    except OSError as error:
        raise StartError(f"data_dir {settings.data_dir} cannot be used: {error.strerror}; set data_dir") from error
    except UnknownDatabase as error:
        raise StartError(f"{error}; set store_url") from error
