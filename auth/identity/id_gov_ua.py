"""id.gov.ua: Ukraine's identification system: by digital signature, Diia.Signature, Mobile ID or BankID.

It looks like OAuth 2 and is not: no PKCE, no nonce, parameters in the query of a POST, a certificate encoded twice, and
`"error": "0"` for success. So `state` and a code that works once are all that protects it.
Sources: the health service's public page on its use (eHealth, "Mithril-GovId"), and the public clients of Liquio, of
the system's maker IIT, and of the eIDAS evidence service, which cites the integration guide of 2026-01-14.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import quote_plus, urlencode

import structlog

from auth.identity.asking import ask, read_object
from auth.identity.callback import read_code
from auth.identity.decryption import Decryption, decode_base64
from auth.identity.id_gov_ua_answer import FIELDS, REACHES, read_identity
from auth.identity.port import Beginning, Identity, ProviderUnavailable, Redirect, SignInExpired, SignInRefused
from connectors.transport.deadline import Deadline
from connectors.transport.port import Exchange, Transport
from schema.authentication import Assurance

log = structlog.get_logger("gridgate")

_DONE: Final = "0"
_OUR_FAULT: Final = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})
_LANGUAGES: Final = {"en": "en"}


@dataclass(frozen=True, slots=True)
class IdGovUaSettings:
    """Our registration there.

    `auth_types` are the ways of signing in that are offered, `fields` what is asked of a person. `certificate` is our
    certificate of encryption in base64; empty asks for plain answers. `issuer` names the provider in identities, so it
    stays the same when `url` is the test system's.
    """

    client_id: str
    client_secret: str = field(repr=False)
    url: str = "https://id.gov.ua"
    auth_types: Sequence[str] = tuple(REACHES)
    fields: Sequence[str] = FIELDS
    issuer: str = "https://id.gov.ua"
    certificate: str = field(default="", repr=False)
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse ways that nobody knows."""
        unknown = sorted(set(self.auth_types) - set(REACHES))
        if unknown or not self.auth_types:
            raise ValueError(f"auth_types of id.gov.ua: {unknown} must be among {', '.join(REACHES)}")


class IdGovUa:
    """The provider behind the port. `sign_out_hint` is a JSON object of the access token and the user's id there."""

    name: ClassVar[str] = "id-gov-ua"

    def __init__(self, settings: IdGovUaSettings, transport: Transport, decryption: Decryption | None = None) -> None:
        self._settings = settings
        self._transport = transport
        self._decryption = decryption
        self._url = settings.url.rstrip("/")

    @property
    def assurance(self) -> Assurance:
        """The most that the ways on offer reach."""
        return max(REACHES[each] for each in self._settings.auth_types)

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Redirect:  # noqa: ARG002 -- the port's signature
        """Send the browser to id.gov.ua, with the ways that can reach the assurance asked for."""
        ways = [each for each in self._settings.auth_types if REACHES[each] >= beginning.assurance]
        if not ways:
            raise SignInRefused("ASSURANCE_NOT_OFFERED")
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "auth_type": ",".join(ways),
            "state": beginning.state,
            "redirect_uri": beginning.callback_url,
            "lang": _LANGUAGES.get(beginning.visitor.language[:2], "ua"),
        }
        return Redirect(f"{self._url}/?{urlencode(query)}")

    async def finish(
        self,
        answer: Mapping[str, str],
        kept: Mapping[str, str],  # noqa: ARG002 -- the port's signature
        beginning: Beginning,
        deadline: Deadline,
    ) -> Identity:
        """Redeem the code and read who it is for; see `IdentityProvider.finish`."""
        limited = deadline.sooner(self._settings.timeout_s)
        token, user = await self._redeem(read_code(answer, beginning), limited)
        info = await self._user_info(token, user, limited)
        hint = json.dumps({"access_token": token, "user_id": user})
        return read_identity(info, self._settings.issuer, hint)

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> None:  # noqa: ARG002 -- same
        """Have id.gov.ua forget what it holds of this sign-in; a failure is logged and changes nothing."""
        try:
            await self._log_out(json.loads(hint), deadline.sooner(self._settings.timeout_s))
        except ProviderUnavailable as error:
            log.warning("provider_sign_out_failed", provider=self.name, reason=error.reason)

    async def _redeem(self, code: str, deadline: Deadline) -> tuple[str, str]:
        """Return the access token and the user's id, which is a number in some answers."""
        query = {
            "grant_type": "authorization_code",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
            "code": code,
        }
        said = await self._call("token", "get-access-token", query, deadline)
        if str(said.get("error")) in _OUR_FAULT:
            raise ProviderUnavailable("CLIENT_REFUSED")
        if _is_error(said):
            raise SignInExpired("CODE_REFUSED")
        token, user = said.get("access_token"), said.get("user_id")
        if not isinstance(token, str) or not token or not isinstance(user, str | int):
            raise ProviderUnavailable("TOKEN_MALFORMED")
        return token, str(user)

    async def _user_info(self, token: str, user: str, deadline: Deadline) -> Mapping[str, object]:
        query = {
            "access_token": token,
            "user_id": user,
            "fields": ",".join(self._settings.fields),
            "cert": quote_plus(self._settings.certificate),  # a second time with the rest: so the system wants it
        }
        said = await self._call("user_info", "get-user-info", query, deadline)
        sealed = said.get("encryptedUserInfo")
        if sealed:
            return await self._open(decode_base64(sealed), deadline)
        if _is_error(said):
            raise ProviderUnavailable("USER_INFO_REFUSED")
        return said

    async def _log_out(self, query: Mapping[str, str], deadline: Deadline) -> None:
        said = await self._call("logout", "get-user-logout", query, deadline)
        if "error" not in said or _is_error(said):
            raise ProviderUnavailable("SIGN_OUT_REFUSED")

    async def _open(self, sealed: bytes, deadline: Deadline) -> Mapping[str, object]:
        if self._decryption is None:
            raise ProviderUnavailable("DECRYPTION_NOT_CONFIGURED")
        return await self._decryption.decrypt(sealed, deadline)

    async def _call(self, operation: str, path: str, query: Mapping[str, str], deadline: Deadline) -> dict[str, Any]:
        url = f"{self._url}/{path}?{urlencode(query)}"
        exchange = Exchange(f"id_gov_ua.{operation}", "POST", url, {"Accept": "application/json"})
        answer = await ask(self._transport, exchange, deadline)
        said = read_object(answer)
        if answer.status != HTTPStatus.OK and not _is_error(said):
            raise ProviderUnavailable(f"HTTP_{answer.status}")
        return said


def _is_error(said: Mapping[str, Any]) -> bool:
    """Tell whether an answer is an error: it says so in `error` and `error_description`, or in `message` alone."""
    return str(said.get("error", _DONE)) != _DONE or "message" in said
