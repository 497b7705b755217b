"""Wiring: every part of the house is made here, once, and handed what it needs.

StartError   something that the start needs cannot be used; says what and how to mend it
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from auth.keys import UnusableKeyFile, derived_secret, load_or_create
from auth.linking import Linking
from auth.passwords import Passwords
from auth.signing_in import SigningIn, SignInRules
from auth.throttle import Throttle
from auth.tokens import AccessTokens
from connectors.billing.feed import BalanceFeed
from connectors.billing.port import Billing
from connectors.billing.remembered import RememberedBilling
from connectors.billing.rest import RestBilling
from connectors.distribution.port import Distribution
from connectors.distribution.soap import SoapDistribution
from connectors.store.attempts import AttemptRows
from connectors.store.balances import BalanceRows
from connectors.store.customers import CustomerRows
from connectors.store.engine import UnknownDatabase, open_store
from connectors.store.health import Store, answers
from connectors.store.links import LinkRows
from connectors.store.migrate import current, is_up_to_date, upgrade
from connectors.supply.port import Supply
from connectors.supply.sql import SqlSupply
from connectors.transport.http import HttpTransport
from gateway.settings import Settings
from resolvers.house import House
from schema.systems import System

FIRST_PARTY: Final = "gridgate"
"""The client id in tokens of customers who signed in here themselves."""

log = structlog.get_logger("gridgate")


class StartError(Exception):
    """Something that the start needs cannot be used; the text says what and how to mend it."""


@dataclass(frozen=True, slots=True)
class Connectors:
    """The doors of the house, open."""

    store: Store
    billing: Billing
    distribution: Distribution
    supply: Supply


@dataclass(frozen=True, slots=True)
class Proofs:
    """What the verbs prove a caller with."""

    tokens: AccessTokens
    throttle: Throttle
    passwords: Passwords


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
async def open_house(settings: Settings) -> AsyncIterator[tuple[House, AccessTokens]]:
    """Open the doors, bring the embedded store up to date, and wire the verbs. Raises StartError."""
    async with open_connectors(settings) as doors:
        await _prepare_store(settings, doors.store)
        try:
            key = load_or_create(settings.data_dir / "signing-key.json")
        except (UnusableKeyFile, OSError) as error:
            raise StartError(str(error)) from error
        lifetime = timedelta(seconds=settings.token_lifetime_s)
        tokens = AccessTokens(
            key, issuer=settings.issuer, audience=settings.issuer, client_id=FIRST_PARTY, lifetime=lifetime
        )
        throttle = Throttle(AttemptRows(doors.store), secret=derived_secret(key, "throttle"), now=_now)
        billing, feed = _live_billing(settings, doors)
        async with _running(billing.run(), feed.run(), throttle.run()):
            with closing(Passwords()) as passwords:
                proofs = Proofs(tokens, throttle, passwords)
                yield _house(settings, replace(doors, billing=billing), feed, proofs), tokens


def _live_billing(settings: Settings, doors: Connectors) -> tuple[RememberedBilling, BalanceFeed]:
    """Wire billing's memory and the feed, which tell each other what changed."""
    billing = RememberedBilling(
        doors.billing,
        BalanceRows(doors.store),
        keep=timedelta(seconds=settings.stale_balance_s),
        now=_now,
        changed=lambda numbers: feed.nudge(numbers),  # noqa: PLW0108 -- the feed is made a line below
    )
    feed = BalanceFeed(billing, doors.supply, settings.live, _now)
    return billing, feed


def _house(settings: Settings, doors: Connectors, feed: BalanceFeed, proofs: Proofs) -> House:
    profile = settings.load_profile()
    customers, links = CustomerRows(doors.store), LinkRows(doors.store)
    rules = SignInRules(minimum_password_length=settings.minimum_password_length)
    return House(
        profile=profile,
        billing=doors.billing,
        distribution=doors.distribution,
        supply=doors.supply,
        feed=feed,
        customers=customers,
        links=links,
        signing_in=SigningIn(customers, proofs.passwords, proofs.tokens, proofs.throttle, profile, _now, rules),
        linking=Linking(links, doors.billing, proofs.throttle, profile, _now),
        store_answers=partial(answers, doors.store),
        now=_now,
        deadline_s=settings.deadline_s,
        node_limit=settings.limits.nodes,
    )


def _open_store(settings: Settings) -> Store:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return open_store(settings.store_location())
    except OSError as error:
        raise StartError(f"data_dir {settings.data_dir} cannot be used: {error.strerror}; set data_dir") from error
    except UnknownDatabase as error:
        raise StartError(f"{error}; set store_url") from error


async def migrate_store(settings: Settings) -> str | None:
    """Bring the store to the newest revision and return it; raises StartError."""
    store = _open_store(settings)
    try:
        await _require_answer(store)
    finally:
        await store.dispose()
    await upgrade(settings.store_location())
    return await current(settings.store_location())


async def _prepare_store(settings: Settings, store: Store) -> None:
    """Migrate the embedded store; one on a server is migrated by `gridgate migrate`, never by the way."""
    await _require_answer(store)
    if settings.store_url is None:
        await upgrade(settings.store_location())
    elif not await is_up_to_date(settings.store_location()):
        raise StartError("the store is not at the newest revision; run gridgate migrate")


async def _require_answer(store: Store) -> None:
    if not await answers(store):
        raise StartError("the store does not answer; check store_url and data_dir")


@asynccontextmanager
async def _running(*work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Keep work going in the background; one that breaks is logged, for it is a defect of ours."""
    tasks = [asyncio.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(_report)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("background_work_stopped", work=task.get_name(), error=type(error).__name__)


def _now() -> datetime:
    return datetime.now(UTC)
