"""Wiring: every part of the house is made here, once, and handed what it needs."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog

from auth.audit import Audit
from auth.callers import Callers
from auth.credentials import Credentials
from auth.dpop import Proofs
from auth.identity.flow import SignInFlow
from auth.identity.passkey import PasskeyProvider
from auth.identity.password import PasswordProvider
from auth.identity.people import People
from auth.identity.port import IdentityProvider, Visitor
from auth.identity.sms import SmsProvider
from auth.keys import KEYS_FILE, SigningKeys, UnusableKeyFile, open_keys
from auth.linking import Linking
from auth.passkeys import Passkeys, RelyingParty
from auth.password_sign_in import PasswordSignIn, SignInRules
from auth.passwords import Passwords
from auth.phone_change import PhoneChange
from auth.revocations import Revocations
from auth.server.rules import AuthorizationRules, UnusableIssuer
from auth.server.server import AuthorizationServer
from auth.sessions import SessionRules, Sessions
from auth.sign_out import SignOut
from auth.signing_in import SigningIn
from auth.sms_texts import BadText
from auth.step_up import StepUp
from auth.throttle import Throttle
from auth.tokens import AccessTokens
from connectors.billing.feed import BalanceFeed
from connectors.billing.remembered import RememberedBilling
from connectors.store.attempts import AttemptRows
from connectors.store.audit import AuditRows
from connectors.store.authorization import AuthorizationRows
from connectors.store.balances import BalanceRows
from connectors.store.clients import ClientRows
from connectors.store.customers import CustomerRows
from connectors.store.grants import GrantRows
from connectors.store.health import Store, answers
from connectors.store.identities import IdentityRows
from connectors.store.links import LinkRows
from connectors.store.passkeys import PasskeyRows
from connectors.store.revocations import RevocationRows, StoreSilent
from connectors.store.sessions import SessionRows
from connectors.store.tickets import TicketRows
from connectors.transport.http import HttpTransport
from gateway.authorization import Given, authorization_server
from gateway.clock import now
from gateway.doors import Connectors, StartError, open_connectors, prepare_store
from gateway.entrance import Entrance
from gateway.identity_settings import SmsSettings
from gateway.providers import ExternalProviders, offered, open_external
from gateway.settings import Settings
from gateway.sms import Sms, open_sms
from resolvers.house import House
from schema.profile import SignInMethod, UtilityProfile
from schema.systems import System

log = structlog.get_logger("gridgate")


@dataclass(frozen=True, slots=True)
class Rows:
    """The tables that several parts of signing in share."""

    customers: CustomerRows
    links: LinkRows
    tickets: TicketRows
    grants: GrantRows
    identities: IdentityRows
    passkeys: PasskeyRows
    trail: AuditRows
    authorizations: AuthorizationRows

    @classmethod
    def of(cls, store: Store) -> "Rows":
        """Return the tables of a store."""
        return cls(
            CustomerRows(store),
            LinkRows(store),
            TicketRows(store),
            GrantRows(store),
            IdentityRows(store),
            PasskeyRows(store),
            AuditRows(store),
            AuthorizationRows(store),
        )


@dataclass(frozen=True, slots=True)
class Proving:
    """What callers are told apart by."""

    keys: SigningKeys
    tokens: AccessTokens
    revocations: Revocations
    throttle: Throttle
    passwords: Passwords
    audit: Audit
    callers: Callers
    sessions: Sessions


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[tuple[House, Entrance]]:
    """Open the doors, bring the embedded store up to date, and wire the verbs. Raises StartError."""
    async with AsyncExitStack() as opened:
        doors = await opened.enter_async_context(open_connectors(settings))
        await prepare_store(settings, doors.store)
        passwords = opened.enter_context(closing(Passwords()))
        rows = Rows.of(doors.store)
        proving = _proving(settings, await _open_keys(settings), doors.store, rows, passwords)
        await _learn_revocations(proving.revocations)
        sms = _open_sms(settings, doors.store, proving, opened)
        external = open_external(settings.identity, opened)
        billing, feed = _live_billing(settings, doors)
        entrance = _entrance(settings, rows, proving, replace(doors, billing=billing), sms, external)
        work = [billing.run(), feed.run(), proving.throttle.run(), proving.keys.run(), proving.revocations.run()]
        if sms is not None:
            work += [sms.sender.run(), sms.sender.forget_daily()]
        await opened.enter_async_context(_running(*work))
        yield _house(settings, rows, proving, replace(doors, billing=billing), feed, entrance), entrance


async def _open_keys(settings: Settings) -> SigningKeys:
    try:
        return await asyncio.to_thread(open_keys, settings.data_dir / KEYS_FILE)
    except (UnusableKeyFile, OSError) as error:
        raise StartError(str(error)) from error


async def _learn_revocations(revocations: Revocations) -> None:
    """Know what was revoked before the first caller is let in."""
    try:
        await revocations.refresh()
    except StoreSilent as error:
        raise StartError("the store does not answer; check store_url and data_dir") from error


def _proving(settings: Settings, keys: SigningKeys, store: Store, rows: Rows, passwords: Passwords) -> Proving:
    lifetime = timedelta(seconds=settings.token_lifetime_s)
    tokens = AccessTokens(keys, issuer=settings.issuer, audience=settings.issuer, lifetime=lifetime)
    revocations, audit = Revocations(RevocationRows(store), now), Audit(rows.trail, now)
    rules = SessionRules(timedelta(seconds=settings.session_idle_s), timedelta(seconds=settings.session_lifetime_s))
    sessions = Sessions(SessionRows(store), revocations, audit, now, rules)
    return Proving(
        keys=keys,
        tokens=tokens,
        revocations=revocations,
        throttle=Throttle(AttemptRows(store), secret=keys.derived_secret("throttle"), now=now),
        passwords=passwords,
        audit=audit,
        callers=Callers(tokens, revocations, Proofs(rows.tickets, now), sessions, now),
        sessions=sessions,
    )


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


def _entrance(  # noqa: PLR0913, PLR0917 -- each is another part of the house
    settings: Settings, rows: Rows, proving: Proving, doors: Connectors, sms: Sms | None, external: ExternalProviders
) -> Entrance:
    """Wire everything of signing in."""
    shipped = settings.load_profile()
    audit, throttle = proving.audit, proving.throttle
    rules = SignInRules(minimum_password_length=settings.minimum_password_length)
    one_time = sms.one_time if sms else None
    by_password = PasswordSignIn(rows.customers, proving.passwords, throttle, shipped, audit, now, rules, one_time)
    sign_out = SignOut(proving.sessions, rows.authorizations, rows.grants, proving.revocations, audit, now)
    party = RelyingParty.at(settings.issuer, shipped.title)
    known = dict(external.by_method)
    known[SignInMethod.PASSWORD] = (PasswordProvider(by_password),)
    if party is not None:
        known[SignInMethod.PASSKEY] = (PasskeyProvider(rows.passkeys, party, now),)
    if sms is not None:
        known[SignInMethod.SMS] = (_sms_provider(settings, shipped, rows, proving, sms, sign_out),)
    methods = [method for method in shipped.sign_in_methods if known.get(method)]
    profile = replace(shipped, sign_in_methods=methods)
    flow = _flow(settings, rows, proving, offered(methods, known))
    return Entrance(
        profile=profile,
        callers=proving.callers,
        flow=flow,
        sessions=proving.sessions,
        sign_out=sign_out,
        step_up=StepUp(flow.offering, rows.passkeys, rows.identities, now),
        credentials=Credentials(
            rows.customers,
            proving.passwords,
            rows.passkeys,
            sign_out,
            audit,
            now,
            settings.minimum_password_length,
        ),
        phone_change=_phone_change(shipped, rows, proving, sms, sign_out) if sms else None,
        by_password=by_password,
        linking=Linking(rows.links, doors.billing, throttle, audit, profile, now),
        audit=audit,
        trail=rows.trail,
        grants=rows.grants,
        server=_server(settings, doors.store, proving),
        sms=sms.credentials if sms else None,
        webhooks=sms.webhooks if sms else None,
        passkeys=Passkeys(rows.passkeys, rows.tickets, audit, party, now) if party else None,
    )


def _flow(settings: Settings, rows: Rows, proving: Proving, providers: dict[str, IdentityProvider]) -> SignInFlow:
    address = settings.issuer.rstrip("/")
    return SignInFlow(
        providers=providers,
        tickets=rows.tickets,
        people=People(rows.identities, rows.customers, proving.keys.derived_secret("identities"), now),
        sessions=proving.sessions,
        audit=proving.audit,
        callback_url=lambda name: f"{address}/sign-in/{name}/callback",
        now=now,
    )


def _sms_provider(  # noqa: PLR0913, PLR0917 -- each is another part of the house
    settings: Settings, profile: UtilityProfile, rows: Rows, proving: Proving, sms: Sms, sign_out: SignOut
) -> SmsProvider:
    async def sign_out_everywhere(subject: str) -> int:
        return await sign_out.everywhere(subject, Visitor("unknown"))

    async def has_second_factor(subject: str) -> bool:
        return bool(await rows.passkeys.of_subject(subject))

    return SmsProvider(
        rows.customers,
        sms.one_time,
        proving.throttle,
        proving.audit,
        profile.country,
        sms.settings.short_number,
        sms.settings.keywords[0],
        sign_out_everywhere,
        has_second_factor,
        settings.minimum_password_length,
    )


def _phone_change(profile: UtilityProfile, rows: Rows, proving: Proving, sms: Sms, sign_out: SignOut) -> PhoneChange:
    return PhoneChange(
        codes=sms.phone_codes,
        messages=sms.messages,
        customers=rows.customers,
        sign_out=sign_out,
        throttle=proving.throttle,
        texts=sms.texts,
        audit=proving.audit,
        country=profile.country,
        now=now,
    )


def _server(settings: Settings, store: Store, proving: Proving) -> AuthorizationServer:
    try:
        return authorization_server(
            store,
            settings.issuer,
            AuthorizationRules(),
            Given(
                tokens=proving.tokens,
                keys=proving.keys,
                revocations=proving.revocations,
                proofs=proving.callers.proofs,
                audit=proving.audit,
                throttle=proving.throttle,
                now=now,
            ),
        )
    except UnusableIssuer as error:
        raise StartError(str(error)) from error


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
