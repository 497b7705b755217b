"""OneID's stand-in: one URL for everything, with a login page of its own in place of id.egov.uz.

The refusal of a wrong secret is the original's to the letter. No other refusal of the original is public: the rest have
the same shape and codes of our own. Times that are not published either: a code lives a minute, a login ten.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.identity.oneid_page import METHODS, expired_page, login_page
from sandbox.identity.oneid_person import LEGAL_SIGNATURE, Quirks, person_json, ret_cd
from sandbox.identity.oneid_sessions import Attempt, Login, Minute, Remembered, new_base64_code, new_key
from sandbox.identity.oneid_wire import OneIdRefused, Parameters, grant_of, mannered_answer, parameters, refusal_answer
from sandbox.identity.people import People

PATH = "/sso/oauth/Authorization.do"
ATTEMPT_LIFETIME = timedelta(minutes=10)
CODE_LIFETIME = timedelta(minutes=1)
TOKEN_LIFETIME = timedelta(seconds=500_000)


@dataclass(frozen=True, slots=True)
class Client:
    """Hold the one registered client; `redirect_uris` of None lets every address but localhost's pass."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    redirect_uris: Sequence[str] | None


def create_app(  # noqa: PLR0913 - each is another part of the registration
    people: People,
    *,
    client_id: str,
    client_secret: str,
    scope: str,
    redirect_uris: Sequence[str] | None,
    quirks: Quirks,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    record: Callable[[str], None] = lambda _operation: None,
) -> Starlette:
    """Build the stand-in as an ASGI app with one client; `record` hears the operation of every call to the one URL."""
    client = Client(client_id, client_secret, scope, redirect_uris)
    oneid = OneId(people, client, quirks, now)
    routes = [
        Route(PATH, mannered_answer(oneid.authorise, lambda _: "one_code", quirks, record)),
        Route(PATH, mannered_answer(oneid.grant, grant_of, quirks, record), methods=["POST"]),
        Route("/login", oneid.show_login),
        Route("/login", oneid.log_in, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={OneIdRefused: refusal_answer(now)})


class OneId:
    """Answer OneID's requests."""

    def __init__(self, people: People, client: Client, quirks: Quirks, now: Callable[[], datetime]) -> None:
        self._people = people
        self._client = client
        self._quirks = quirks
        self._minute = Minute(now)
        self._attempts: Remembered[Attempt] = Remembered(ATTEMPT_LIFETIME, now)
        self._codes: Remembered[Login] = Remembered(CODE_LIFETIME, now)
        self._tokens: Remembered[Login] = Remembered(TOKEN_LIFETIME, now)
        self._grants: Mapping[str, Callable[[Parameters], Response]] = {
            "one_authorization_code": self._exchange,
            "one_access_token_identify": self._identify,
            "one_log_out": self._log_out,
        }

    async def authorise(self, _request: Request, asked: Parameters) -> Response:
        """Begin a login: send the browser on to the login page."""
        self._admit(asked)
        if asked.get("response_type") != "one_code":
            raise OneIdRefused("ResponseTypeException", "RESPONSE_TYPE_NOT_SUPPORTED")
        self._check_scope(asked)
        redirect_uri = self._checked_redirect(asked.get("redirect_uri", ""))
        wanted = asked.get("auth_methods", "").split(",")
        methods = tuple(method for method in METHODS if method in wanted) or tuple(METHODS)
        token_id = self._attempts.put(new_key(), Attempt(redirect_uri, asked.get("state"), methods))
        return RedirectResponse(f"/login?{urlencode({'token_id': token_id})}")

    async def show_login(self, request: Request) -> Response:
        """Show the login page."""
        token_id = request.query_params.get("token_id", "")
        attempt = self._attempts.find(token_id)
        return login_page(self._people, attempt.methods, token_id) if attempt else expired_page()

    async def log_in(self, request: Request) -> Response:
        """Judge the choice and send the browser back with a code, or with `access_denied`."""
        chosen = await parameters(request)
        token_id = chosen.get("token_id", "")
        attempt = self._attempts.find(token_id)
        if attempt is None:
            return expired_page()
        person, method = self._people.find(chosen.get("person", "")), chosen.get("method", "")
        if chosen.get("answer") == "refuse":
            back = {"error": "access_denied"}
        elif person is None or method not in attempt.methods:
            return login_page(self._people, attempt.methods, token_id, "Choose a person and a method.")
        elif method == LEGAL_SIGNATURE and person.organisation is None:
            return login_page(self._people, attempt.methods, token_id, "This person signs for no organisation.")
        else:
            code = new_base64_code() if self._quirks.base64_codes else new_key()
            back = {"code": self._codes.put(code, Login(person, method, attempt.redirect_uri))}
        self._attempts.take(token_id)
        return _returned(attempt, back)

    async def grant(self, _request: Request, asked: Parameters) -> Response:
        """Carry out a grant for the client."""
        self._admit(asked)
        if not hmac.compare_digest(asked.get("client_secret", "").encode(), self._client.client_secret.encode()):
            raise OneIdRefused("ClientSecretException", "CLIENT_SECRET_NOT_FOUND")
        grant = self._grants.get(asked.get("grant_type", ""))
        if grant is None:
            raise OneIdRefused("GrantTypeException", "GRANT_TYPE_NOT_SUPPORTED")
        if self._quirks.error_in_200:
            return JSONResponse({"error": "INTERNAL_ERROR", "message": "Ichki xatolik"})
        return grant(asked)

    def _exchange(self, asked: Parameters) -> Response:
        login = self._codes.take(asked.get("code", ""))
        if login is None or asked.get("redirect_uri", login.redirect_uri) != login.redirect_uri:
            raise OneIdRefused("AuthorizationCodeException", "AUTHORIZATION_CODE_NOT_FOUND")
        token = self._tokens.put(new_key(), login)
        lifetime_s = int(TOKEN_LIFETIME.total_seconds())
        told = {"scope": self._client.scope, "expires_in": lifetime_s, "token_type": "bearer"}
        return JSONResponse({**told, "refresh_token": new_key(), "access_token": token})

    def _identify(self, asked: Parameters) -> Response:
        self._check_scope(asked)
        token = asked.get("access_token", "")
        login = self._tokens.find(token)
        if login is None:
            raise OneIdRefused("AccessTokenException", "ACCESS_TOKEN_NOT_FOUND")
        if self._quirks.ret_cd_failure:
            return JSONResponse({"ret_cd": ret_cd(1, self._quirks)})
        return JSONResponse(person_json(login.person, login.method, token, self._quirks))

    def _log_out(self, asked: Parameters) -> Response:
        failed = self._quirks.ret_cd_failure or self._tokens.take(asked.get("access_token", "")) is None
        return JSONResponse({"ret_cd": ret_cd(int(failed), self._quirks)})

    def _admit(self, asked: Parameters) -> None:
        if not self._minute.admits():
            raise OneIdRefused("TooManyRequestsException", "TOO_MANY_REQUESTS", 429)
        if asked.get("client_id") != self._client.client_id:
            raise OneIdRefused("ClientException", "CLIENT_NOT_FOUND")

    def _check_scope(self, asked: Parameters) -> None:
        if asked.get("scope") != self._client.scope:
            raise OneIdRefused("ScopeException", "SCOPE_NOT_FOUND")

    def _checked_redirect(self, redirect_uri: str) -> str:
        known = self._client.redirect_uris
        if _host(redirect_uri) in {None, "localhost"} or (known is not None and redirect_uri not in known):
            raise OneIdRefused("RedirectUriException", "REDIRECT_URI_NOT_FOUND")
        return redirect_uri


def _returned(attempt: Attempt, back: Parameters) -> Response:
    echoed = {} if attempt.state is None else {"state": attempt.state}
    joint = "&" if urlsplit(attempt.redirect_uri).query else "?"
    return RedirectResponse(f"{attempt.redirect_uri}{joint}{urlencode({**back, **echoed})}", status_code=303)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
