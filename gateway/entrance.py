"""The entrance: everything that the pages and routes of signing in call, wired once at start."""

from dataclasses import dataclass, replace

from auth.audit import Audit
from auth.callers import Callers
from auth.credentials import Credentials
from auth.identity.flow import SignInFlow
from auth.identity.passkey import PasskeyProvider
from auth.identity.password import PasswordProvider
from auth.identity.people import People
from auth.identity.port import IdentityProvider, Visitor
from auth.identity.sms import SmsProvider
from auth.linking import Linking
from auth.passkeys import Passkeys, RelyingParty
from auth.password_sign_in import PasswordSignIn, SignInRules
from auth.phone_change import PhoneChange
from auth.server.rules import AuthorizationRules, UnusableIssuer
from auth.server.server import AuthorizationServer
from auth.sessions import Sessions
from auth.sign_out import SignOut
from auth.sms_credentials import SmsCredentials
from auth.step_up import StepUp
from connectors.store.audit import AuditRows
from connectors.store.grants import GrantRows
from connectors.store.health import Store
from gateway.authorization import Given, authorization_server
from gateway.clock import now
from gateway.doors import Connectors, StartError
from gateway.providers import ExternalProviders, offered
from gateway.proving import Proving, Rows
from gateway.settings import Settings
from gateway.sms import Sms
from gateway.webhooks import SmsWebhooks
from schema.profile import SignInMethod, UtilityProfile


@dataclass(frozen=True, slots=True)
class Entrance:
    """Found by routes in `request.state.entrance`; lives as long as the process.

    `sms` and `webhooks` are None where no gateway is set up, `passkeys` where the public address is no name.
    """

    profile: UtilityProfile
    callers: Callers
    flow: SignInFlow
    sessions: Sessions
    sign_out: SignOut
    step_up: StepUp
    credentials: Credentials
    phone_change: PhoneChange | None
    by_password: PasswordSignIn
    linking: Linking
    audit: Audit
    trail: AuditRows
    grants: GrantRows
    server: AuthorizationServer
    sms: SmsCredentials | None
    webhooks: SmsWebhooks | None
    passkeys: Passkeys | None


def entrance_of(  # noqa: PLR0913, PLR0917 -- each is another part of the house
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
        throttle=proving.throttle,
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
