"""Authorization request: what a client asks of a customer by way of their browser, read and checked (RFC 6749 4.1.1).

Until client and redirect URI are known to belong together, an error is shown on a page of ours and goes nowhere else
(RFC 6749, 4.1.2.1); from then on it goes back to the client.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError  # type: ignore[import-untyped]  # same

from auth.server.call import Answer, Pairs, PlainRequest
from auth.server.client import Client
from auth.server.core import Core
from auth.server.errors import Unmet
from schema.authentication import Assurance, Authentication
from schema.scopes import Scope

PROMPTS: Final = frozenset({"none", "login", "consent"})
_NOT_TAKEN: Final = {"request": "request_not_supported", "request_uri": "request_uri_not_supported"}
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may be put before a customer.

    `assurance` is the least that the sign-in must reach (`acr_values`), `max_age` how old it may be; a sign-in after
    `began_at` is always recent enough. `pending` is the handle under which the request waits for the customer, if it
    does. `parameters` are the request's own words.
    """

    client_id: str
    client_name: str
    is_first_party: bool
    redirect_uri: str
    scopes: frozenset[Scope]
    assurance: Assurance
    max_age: timedelta | None
    prompt: frozenset[str]
    began_at: datetime
    parameters: Pairs = field(repr=False)
    pending: str | None = field(default=None, repr=False)

    @property
    def is_assured(self) -> bool:
        """Whether the answer reaches the client alone: any application may claim a scheme or a loopback port."""
        return self.redirect_uri.startswith("https://")

    @property
    def is_silent(self) -> bool:
        """Whether no page may be shown (`prompt=none`)."""
        return "none" in self.prompt

    def is_met_by(self, authentication: Authentication, now: datetime) -> bool:
        """Tell whether a sign-in is as strong and as recent as the client asks."""
        if authentication.assurance < self.assurance:
            return False
        if authentication.at >= self.began_at:
            return True
        is_recent = self.max_age is None or now - authentication.at <= self.max_age
        return is_recent and "login" not in self.prompt


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is refused: `redirect_url` tells the client; where it is None, a page tells the customer."""

    error: str
    description: str
    redirect_url: str | None = field(default=None, repr=False)


def read_request(
    core: Core, request: PlainRequest, began_at: datetime, pending: str | None
) -> AuthorizationRequest | Refused:
    """Read and check a request."""
    try:
        client, redirect_uri = _who_and_where(core, request)
    except OAuth2Error as error:
        return Refused(error.error, error.description)
    try:
        return _read(core, request, client, began_at, pending)
    except OAuth2Error as error:
        error.redirect_uri, error.state = redirect_uri, request.payload.state
        answer: Answer = core.handle_error_response(request, error)
        return Refused(error.error, error.description, answer.location)


def _who_and_where(core: Core, request: PlainRequest) -> tuple[Client, str]:
    for name in ("client_id", "redirect_uri"):
        if len(request.payload.datalist.get(name, [])) != 1:
            raise InvalidRequestError(f"{name} has to come once.")
    client = core.query_client(request.payload.client_id or "")
    if client is None:
        raise InvalidClientError("There is no such client.")
    redirect_uri = request.payload.redirect_uri or ""
    if not client.check_redirect_uri(redirect_uri):
        raise InvalidRequestError("The redirect_uri is not registered for this client.")
    return client, redirect_uri


def _read(
    core: Core, request: PlainRequest, client: Client, began_at: datetime, pending: str | None
) -> AuthorizationRequest:
    """Check what is not Authlib's to check, let Authlib check the rest, and read the request."""
    given = request.payload.data
    request.check_repetitions()
    _check_kind(given)
    core.get_authorization_grant(request).validate_consent_request()
    core.check_resources(request)
    if "dpop_jkt" in given and not _THUMBPRINT.fullmatch(given["dpop_jkt"]):
        raise InvalidRequestError("dpop_jkt is no thumbprint.")
    return AuthorizationRequest(
        client_id=client.client_id,
        client_name=client.row.name,
        is_first_party=client.row.is_first_party,
        redirect_uri=given["redirect_uri"],
        scopes=frozenset(Scope(name) for name in request.scope.split()),
        assurance=_assurance(given.get("acr_values", "").split()),
        max_age=_max_age(given.get("max_age")),
        prompt=_prompt(given.get("prompt", "").split()),
        began_at=began_at,
        parameters=tuple((name, value) for name, values in request.payload.datalist.items() for value in values),
        pending=pending,
    )


def _check_kind(given: dict[str, str]) -> None:
    """Refuse kinds of requests that are not served; Authlib cannot quote what it refuses, whatever it may hold."""
    if "response_type" not in given:
        raise InvalidRequestError("response_type is missing.")
    if given["response_type"] != "code":
        raise OAuth2Error("response_type has to be code.", error="unsupported_response_type")
    if given.get("response_mode", "query") != "query":
        raise InvalidRequestError("response_mode has to be query.")
    for name, error in _NOT_TAKEN.items():
        if name in given:
            raise OAuth2Error(f"{name} is not taken.", error=error)


def _assurance(acr_values: Sequence[str]) -> Assurance:
    """Return the least that will do; values that are not ours are passed over while one is (RFC 9470, section 5)."""
    ours = [each for each in Assurance if each.acr in acr_values]
    if acr_values and not ours:
        raise Unmet("unmet_authentication_requirements", "No sign-in reaches what acr_values ask for.")
    return min(ours, default=Assurance.LOW)


def _max_age(text: str | None) -> timedelta | None:
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise InvalidRequestError("max_age is no number of seconds.")
    return timedelta(seconds=int(text))


def _prompt(values: Sequence[str]) -> frozenset[str]:
    prompt = frozenset(values)
    if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise InvalidRequestError("prompt has to be none, or any of login and consent.")
    return prompt
