"""OpenID Connect Core 1.0: any provider behind the port, by the code flow with PKCE (RFC 9700).

Nonce and verifier are kept under the sign-in's state, not in a process or a cookie, so any worker may finish what
another began. Single sign-on may rest on a sign-in of hours ago, so more than the least assurance counts only while the
person proved themselves there in the last minutes; whoever asks for more makes the provider ask the person again.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]  # Authlib ships no types

from auth.identity.asking import get_object
from auth.identity.callback import read_code
from auth.identity.oidc_discovery import Discovery, Published
from auth.identity.oidc_id_token import LEEWAY_S, Expected, UnknownKey, read_id_token
from auth.identity.oidc_metadata import ProviderMetadata
from auth.identity.oidc_settings import OidcSettings
from auth.identity.oidc_tokens import TokenEndpoint, Tokens
from auth.identity.port import Beginning, Identity, ProviderUnavailable, Redirect, SignInExpired, SignInRefused
from connectors.transport.deadline import Deadline
from connectors.transport.port import Exchange, Transport
from schema.authentication import RECENT, Amr, Assurance

log = structlog.get_logger("gridgate")

_APART: Final = timedelta(seconds=LEEWAY_S)


def new_secret() -> str:
    """Draw a nonce or a verifier: 256 random bits as 43 characters (RFC 7636, 4.1)."""
    return secrets.token_urlsafe(32)


class OidcProvider:
    """One OpenID provider.

    `sign_out_hint` is a JSON object: the ID token, the refresh token where one was granted, the subject and the nonce.
    """

    def __init__(
        self,
        settings: OidcSettings,
        transport: Transport,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_secret: Callable[[], str] = new_secret,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._now = now
        self._new_secret = new_secret
        self._discovery = Discovery(settings.issuer, transport, now)
        self._endpoint = TokenEndpoint(settings, transport)

    @property
    def name(self) -> str:
        """The slug that is configured."""
        return self._settings.name

    @property
    def title(self) -> str:
        """What people call the provider."""
        return self._settings.title

    @property
    def assurance(self) -> Assurance:
        """The most that the authentication contexts configured reach."""
        return max([self._settings.assurance, *self._settings.acr.values()])

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Redirect:
        """Send the browser to the provider; see `IdentityProvider.begin`."""
        published = await self._discovery.published(self._limited(deadline))
        nonce, verifier, max_age_s = self._new_secret(), self._new_secret(), self._max_age_s(beginning.assurance)
        url = self._endpoint.authorization_url(
            published.metadata,
            verifier,
            redirect_uri=beginning.callback_url,
            state=beginning.state,
            nonce=nonce,
            max_age=max_age_s,
            acr_values=self._acr_values(beginning.assurance),
            ui_locales=beginning.visitor.language or None,
            prompt="consent" if "offline_access" in self._settings.scopes else None,
        )
        max_age = {} if max_age_s is None else {"max_age": str(max_age_s)}
        return Redirect(url, {"nonce": nonce, "verifier": verifier, **max_age})

    async def finish(
        self, answer: Mapping[str, str], kept: Mapping[str, str], beginning: Beginning, deadline: Deadline
    ) -> Identity:
        """Redeem the code and believe the ID token; see `IdentityProvider.finish`."""
        limited = self._limited(deadline)
        published = await self._discovery.published(limited)
        _check_issuer(answer.get("iss"), published.metadata)
        code = read_code(answer, beginning)
        nonce, verifier = kept.get("nonce"), kept.get("verifier")
        if not nonce or not verifier:
            raise SignInExpired("NOTHING_KEPT")
        tokens = await self._endpoint.by_code(published.metadata, code, verifier, beginning.callback_url, limited)
        max_age_s = int(kept["max_age"]) if "max_age" in kept else None
        expected = Expected(self._settings.client_id, tokens.access_token, nonce, max_age_s)
        claims = await self._claims(tokens.id_token, expected, published, limited)
        name = _name(claims) or await self._ask_name(claims["sub"], tokens, published.metadata, limited)
        return self._identity(claims, tokens, name, nonce)

    async def renew(self, hint: str, deadline: Deadline) -> Identity:
        """Ask whether the provider still vouches for whom `hint` came with, and return them with the next hint.

        Raises:
            SignInRefused: it granted no refresh token, or vouches for somebody else now.
            SignInExpired: it does not vouch any more.
            ProviderUnavailable: it does not answer as agreed.
        """
        limited, held = self._limited(deadline), json.loads(hint)
        if held["refresh_token"] is None:
            raise SignInRefused("NOT_RENEWABLE")
        published = await self._discovery.published(limited)
        tokens = await self._endpoint.by_refresh_token(published.metadata, held["refresh_token"], limited)
        expected = Expected(self._settings.client_id, tokens.access_token)
        claims = await self._claims(tokens.id_token, expected, published, limited)
        if claims["sub"] != held["sub"] or claims.get("nonce", held["nonce"]) != held["nonce"]:
            raise SignInRefused("RENEWED_FOR_ANOTHER")
        return self._identity(claims, tokens, _name(claims), held["nonce"])

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> str | None:
        """Return where the browser ends the provider's session (RP-Initiated Logout 1.0), if there is such a place."""
        try:
            published = await self._discovery.published(self._limited(deadline))
        except ProviderUnavailable as error:
            log.warning("provider_sign_out_failed", provider=self.name, reason=error.reason)
            return None
        endpoint = published.metadata.end_session_endpoint
        if endpoint is None:
            return None
        token, client_id = json.loads(hint)["id_token"], self._settings.client_id
        query = {"id_token_hint": token, "client_id": client_id, "post_logout_redirect_uri": return_to}
        url: str = add_params_to_uri(endpoint, list(query.items()))
        return url

    def _limited(self, deadline: Deadline) -> Deadline:
        return deadline.sooner(self._settings.timeout_s)

    def _max_age_s(self, assurance: Assurance) -> int | None:
        """Return how old a sign-in there may be; where more than the least is needed, minutes."""
        configured = self._settings.max_age_s
        if assurance is Assurance.LOW:
            return configured
        recent = int(RECENT.total_seconds())
        return recent if configured is None else min(recent, configured)

    def _acr_values(self, assurance: Assurance) -> str | None:
        if assurance is Assurance.LOW:
            return None
        return " ".join(acr for acr, reached in self._settings.acr.items() if reached >= assurance) or None

    async def _claims(
        self, token: str, expected: Expected, published: Published, deadline: Deadline
    ) -> Mapping[str, Any]:
        """Verify an ID token, by newer keys where its own is not known."""
        try:
            return read_id_token(token, published, expected, self._now())
        except UnknownKey:
            newer = await self._discovery.after_rotation(published, deadline)
            return read_id_token(token, newer, expected, self._now())

    async def _ask_name(
        self, subject: str, tokens: Tokens, metadata: ProviderMetadata, deadline: Deadline
    ) -> str | None:
        """Ask for the name, which must be of the person whom the ID token is of (Core 1.0, section 5.3.4)."""
        if metadata.userinfo_endpoint is None or "profile" not in self._settings.scopes:
            return None
        headers = {"Authorization": f"Bearer {tokens.access_token}", "Accept": "application/json"}
        exchange = Exchange("oidc.userinfo", "GET", metadata.userinfo_endpoint, headers, may_repeat=True)
        told = await get_object(self._transport, exchange, deadline)
        if told.get("sub") != subject:
            raise SignInRefused("USERINFO_OF_ANOTHER")
        return _name(told)

    def _identity(self, claims: Mapping[str, Any], tokens: Tokens, name: str | None, nonce: str) -> Identity:
        acr, subject = claims.get("acr"), claims["sub"]
        context = acr if isinstance(acr, str) else ""
        held = {"id_token": tokens.id_token, "refresh_token": tokens.refresh_token, "sub": subject, "nonce": nonce}
        return Identity(
            issuer=self._settings.issuer,
            subject=subject,
            method=context,
            assurance=self._assurance(context, claims.get("auth_time")),
            amr=(Amr.FEDERATED,),
            full_name=name,
            sign_out_hint=json.dumps(held),
        )

    def _assurance(self, context: str, authenticated_at: object) -> Assurance:
        """Judge a sign-in there by its context, as long as it is known to be recent."""
        if isinstance(authenticated_at, bool) or not isinstance(authenticated_at, int | float):
            return Assurance.LOW
        now = self._now()
        is_recent = (now - RECENT - _APART).timestamp() <= authenticated_at <= (now + _APART).timestamp()
        return self._settings.acr.get(context, self._settings.assurance) if is_recent else Assurance.LOW


def _check_issuer(told: str | None, metadata: ProviderMetadata) -> None:
    """Check that this provider sent the browser back, and no other (RFC 9207, section 2.4)."""
    if told is None and not metadata.promises_issuer:
        return
    if told != metadata.issuer:
        raise SignInRefused("CALLBACK_ISSUER")


def _name(claims: Mapping[str, Any]) -> str | None:
    names = [claims.get(each) for each in ("name", "given_name", "family_name")]
    whole, *parts = [each.strip() if isinstance(each, str) else "" for each in names]
    return whole or " ".join(filter(None, parts)) or None
