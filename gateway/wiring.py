"""Wiring: every part of the house is made here, once, and handed what it needs."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from auth.passwords import Passwords
from auth.server.limits import ClientLimits
from auth.signing_in import SigningIn
from auth.sms_texts import BadText
from connectors.billing.feed import BalanceFeed
from connectors.billing.remembered import RememberedBilling
from connectors.store.balances import BalanceRows
from connectors.store.clients import ClientRows
from connectors.store.health import Store, answers
from connectors.store.sessions import SessionRows
from connectors.transport.http import HttpTransport
from gateway.clock import now
from gateway.doors import Connectors, StartError, open_connectors, prepare_store
from gateway.entrance import Entrance, entrance_of
from gateway.housekeeping import forget_daily
from gateway.identity_settings import SmsSettings
from gateway.providers import open_external
from gateway.proving import Proving, Rows, learn_revocations, open_keys_of, proving_of
from gateway.settings import Settings
from gateway.sms import Sms, open_sms
from resolvers.house import House
from schema.systems import System

log = structlog.get_logger("gridgate")


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[tuple[House, Entrance]]:
    """Open the doors, bring the embedded store up to date, and wire the verbs. Raises StartError."""
    async with AsyncExitStack() as opened:
        doors = await opened.enter_async_context(open_connectors(settings))
        await prepare_store(settings, doors.store)
        passwords = opened.enter_context(closing(Passwords()))
        rows = Rows.of(doors.store)
        proving = proving_of(settings, await open_keys_of(settings), doors.store, rows, passwords)
        await learn_revocations(proving.revocations)
        sms = _open_sms(settings, doors.store, proving, opened)
        external = open_external(settings.identity, opened)
        billing, feed = _live_billing(settings, doors)
        entrance = entrance_of(settings, rows, proving, replace(doors, billing=billing), sms, external)
        work = [billing.run(), feed.run(), proving.throttle.run(), proving.keys.run(), proving.revocations.run()]
        work.append(
            forget_daily([rows.tickets.forget, rows.authorizations.forget, SessionRows(doors.store).forget], now)
        )
        if sms is not None:
            work += [sms.sender.run(), sms.sender.forget_daily()]
        await opened.enter_async_context(_running(*work))
        yield _house(settings, rows, proving, replace(doors, billing=billing), feed, entrance), entrance


def _open_sms(settings: Settings, store: Store, proving: Proving, opened: AsyncExitStack) -> Sms | None:
    if settings.identity.sms is None:
        return None
    transport = HttpTransport(System.IDENTITY)
    opened.push_async_callback(transport.aclose)
    try:
        return _wired_sms(settings, settings.identity.sms, store, transport, proving)
    except BadText as error:
        raise StartError(str(error)) from error


def _wired_sms(settings: Settings, given: SmsSettings, store: Store, transport: HttpTransport, proving: Proving) -> Sms:
    return open_sms(
        given,
        store,
        transport,
        profile=settings.load_profile(),
        throttle=proving.throttle,
        passwords=proving.passwords,
        audit=proving.audit,
        now=now,
    )


def _live_billing(settings: Settings, doors: Connectors) -> tuple[RememberedBilling, BalanceFeed]:
    """Wire billing's memory and the feed, which tell each other what changed."""
    billing = RememberedBilling(
        doors.billing,
        BalanceRows(doors.store),
        keep=timedelta(seconds=settings.stale_balance_s),
        now=now,
        changed=lambda numbers: feed.nudge(numbers),  # noqa: PLW0108 -- the feed is made a line below
    )
    feed = BalanceFeed(billing, doors.supply, settings.live, now)
    return billing, feed


def _house(  # noqa: PLR0913, PLR0917 -- each is another part of the house
    settings: Settings, rows: Rows, proving: Proving, doors: Connectors, feed: BalanceFeed, entrance: Entrance
) -> House:
    return House(
        profile=entrance.profile,
        billing=doors.billing,
        distribution=doors.distribution,
        supply=doors.supply,
        feed=feed,
        customers=rows.customers,
        links=rows.links,
        signing_in=SigningIn(entrance.by_password, proving.tokens, now),
        linking=entrance.linking,
        sessions=entrance.sessions,
        sign_out=entrance.sign_out,
        step_up=entrance.step_up,
        credentials=entrance.credentials,
        phone_change=entrance.phone_change,
        passkeys=rows.passkeys,
        identities=rows.identities,
        grants=rows.grants,
        clients=ClientRows(doors.store),
        audit=proving.audit,
        trail=rows.trail,
        throttle=proving.throttle,
        client_limits=ClientLimits(rows.authorizations, now),
        store_answers=partial(answers, doors.store),
        now=now,
        deadline_s=settings.deadline_s,
        node_limit=settings.limits.nodes,
    )


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
