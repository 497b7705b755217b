"""OneID, Uzbekistan's sign-in: like OAuth, but one URL for everything and no ID token, PKCE or nonce.

The operation is named by `response_type` in the browser and by `grant_type` in our POST; parameters travel in the
body, because query strings land in access logs. The state guards against forgery alone. A client may ask 300 times a
minute, so nothing is ever repeated. The access token is kept for signing out and used for nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

import structlog

from auth.identity.oneid_answer import (
    LEGAL_SIGNATURE,
    OneIdPerson,
    read_access_token,
    read_person,
    read_signed_out,
    refusal_code,
)
from auth.identity.port import Beginning, Identity, ProviderUnavailable, Redirect, SignInRefused, StateNumber
from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange, Transport
from connectors.transport.reading import read_answer
from schema.authentication import Amr, Assurance
from schema.errors import UpstreamError

T = TypeVar("T")
log = structlog.get_logger("gridgate")

REGISTER: Final = "uz-pinfl"
"""The register of `StateNumber`: personal identification numbers of natural persons (PINFL, JSHSHIR)."""

_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_UNKNOWN: Final = (Assurance.LOW, (Amr.FEDERATED,))
_SIGNATURE: Final = (Assurance.HIGH, (Amr.SOFTWARE_KEY, Amr.FEDERATED))
_PHONE: Final = (Assurance.SUBSTANTIAL, (Amr.MULTI_CHANNEL, Amr.FEDERATED))
_METHODS: Final[Mapping[str, tuple[Assurance, tuple[Amr, ...]]]] = {
    "LOGINPASSMETHOD": (Assurance.LOW, (Amr.PASSWORD, Amr.FEDERATED)),
    "MOBILEMETHOD": _PHONE,
    "MOBILEIDMETHOD": _PHONE,
    "QR": _PHONE,
    "PKCSMETHOD": _SIGNATURE,
    LEGAL_SIGNATURE: _SIGNATURE,
}
"""What each `auth_method` proves. A signature does not tell a file from a chip, so the weaker key is claimed."""


@dataclass(frozen=True, slots=True)
class OneIdSettings:
    """What the agreement with OneID's operator settles; the defaults are public facts.

    `scope` is usually the client's own registered name. `auth_methods`, where not empty, is sent as it is when the
    highest assurance is asked for: few integrations use the parameter, so try it before relying on it. `timeout_s`
    bounds both calls of a sign-in together. Changing `issuer` makes everybody a stranger.
    """

    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    url: str = "https://sso.egov.uz/sso/oauth/Authorization.do"
    issuer: str = "https://sso.egov.uz"
    auth_methods: str = ""
    timeout_s: float = 10.0


class OneId:
    """Signs people in by OneID; see `IdentityProvider`."""

    name = "oneid"
    assurance = Assurance.HIGH

    def __init__(self, settings: OneIdSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Redirect:  # noqa: ARG002 -- the port's deadline; nothing is asked
        """Send the browser to OneID; see `IdentityProvider.begin`."""
        settings = self._settings
        asked = {
            "response_type": "one_code",
            "client_id": settings.client_id,
            "redirect_uri": beginning.callback_url,
            "scope": settings.scope,
            "state": beginning.state,
        }
        if beginning.assurance is Assurance.HIGH and settings.auth_methods:
            asked["auth_methods"] = settings.auth_methods
        return Redirect(f"{settings.url}?{_encoded(asked)}")

    async def finish(
        self,
        answer: Mapping[str, str],
        kept: Mapping[str, str],  # noqa: ARG002 -- the port's; nothing is kept
        beginning: Beginning,
        deadline: Deadline,
    ) -> Identity:
        """Turn the code into the person; see `IdentityProvider.finish`.

        The assurance is of what happened, be it less than was asked for.
        """
        code = answer.get("code")
        if answer.get("error") or not code:
            raise SignInRefused(refusal_code(answer["error"]) if answer.get("error") else "NO_CODE")
        limited = deadline.sooner(self._settings.timeout_s)
        redirected = {"redirect_uri": beginning.callback_url, "code": code}
        token = await self._post("one_authorization_code", redirected, read_access_token, limited)
        person = await self._post("one_access_token_identify", self._session(token), read_person, limited)
        return self._identity(person, token)

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> str | None:  # noqa: ARG002 -- OneID sends nobody back
        """End OneID's session as well as can be; a failure is logged and changes nothing."""
        limited = deadline.sooner(self._settings.timeout_s)
        try:
            await self._post("one_log_out", self._session(hint), read_signed_out, limited)
        except (SignInRefused, ProviderUnavailable) as error:
            log.warning("provider_sign_out_failed", provider=self.name, reason=error.reason)
        return None

    def _session(self, token: str) -> Mapping[str, str]:
        return {"access_token": token, "scope": self._settings.scope}

    async def _post(self, grant: str, more: Mapping[str, str], read: Callable[[Answer], T], deadline: Deadline) -> T:
        settings = self._settings
        asked = {"grant_type": grant, "client_id": settings.client_id, "client_secret": settings.client_secret, **more}
        exchange = Exchange(f"oneid.{grant}", "POST", settings.url, _HEADERS, _encoded(asked).encode("ascii"))
        try:
            answer = await self._transport.send(exchange, deadline)
        except UpstreamError as error:
            raise ProviderUnavailable(error.code.value) from error
        return await read_answer(answer, read)

    def _identity(self, person: OneIdPerson, token: str) -> Identity:
        """Vouch for a person.

        An account that was never confirmed may carry anybody's PINFL: after no more than a password it stays the
        account's own name, and does not make its owner the same person as elsewhere.
        """
        assurance, amr = _METHODS.get(person.method, _UNKNOWN)
        is_proven = person.is_confirmed or assurance > Assurance.LOW
        return Identity(
            issuer=self._settings.issuer,
            subject=person.pin if is_proven else person.login or person.pin,
            method=person.method,
            assurance=assurance,
            amr=amr,
            full_name=person.full_name,
            state_number=StateNumber(REGISTER, person.pin) if is_proven else None,
            organisations=person.organisations,
            sign_out_hint=token,
        )


def _encoded(fields: Mapping[str, str]) -> str:
    """Percent-encode everything but unreserved characters; a code may hold `/`, `=` and `+`."""
    return urlencode(fields, quote_via=quote, errors="replace")
