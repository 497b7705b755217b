"""id.gov.ua's stand-in: login page, token, user info and logout, with the original's manners.

Parameters come in the query of a GET or a POST. `cert` is decoded twice, so one that was encoded once loses its "+" and
is refused. `"error": "0"` is the success of a logout. Error codes of the original are not public: these are OAuth's.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.identity.id_gov_ua_envelopes import CertificateRefused, DecryptionDesk, Envelopes
from sandbox.identity.id_gov_ua_page import login_page, maintenance_page, refusal_page
from sandbox.identity.id_gov_ua_person import METHODS, Quirks, person_json
from sandbox.identity.people import People, Person

TOKEN_LIFETIME_S = 3600
_BOTH = ["GET", "POST"]
_ANY_USER = 900_000_000


@dataclass(frozen=True, slots=True)
class Login:
    """Hold one finished login: who it was and how they proved it."""

    person: Person
    method: str
    user_id: str


class CallRefused(Exception):
    """Refuse a call with an error code and its description."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


def create_app(  # noqa: PLR0913 - each is another part of the registration
    people: People,
    *,
    client_id: str,
    client_secret: str,
    quirks: Quirks,
    envelopes: Envelopes,
    decryption_token: str,
    record: Callable[[str], None] = lambda _operation: None,
) -> Starlette:
    """Build the stand-in as an ASGI app with one client; `record` hears the operation of every call.

    `POST /decrypt` is the client's own service that opens what was sealed for it.
    """
    system = IdGovUa(people, client_id, client_secret, quirks, envelopes)
    calls = {
        "get-access-token": system.give_token,
        "get-user-info": system.give_user_info,
        "get-user-logout": system.log_out,
    }
    routes = [
        Route("/", system.show_login),
        Route("/login", system.log_in, methods=["POST"]),
        Route("/decrypt", DecryptionDesk(envelopes, decryption_token).decrypt, methods=["POST"]),
        *(Route(f"/{name}", _mannered(name, answer, quirks, record), methods=_BOTH) for name, answer in calls.items()),
    ]
    return Starlette(routes=routes)


class IdGovUa:
    """Answer id.gov.ua's requests."""

    def __init__(
        self, people: People, client_id: str, client_secret: str, quirks: Quirks, envelopes: Envelopes
    ) -> None:
        self._people = people
        self._client_id = client_id
        self._client_secret = client_secret.encode()
        self._quirks = quirks
        self._envelopes = envelopes
        self._codes: dict[str, Login] = {}
        self._tokens: dict[str, Login] = {}

    async def show_login(self, request: Request) -> Response:
        """Ask who is here."""
        wrong = self._why_wrong(request)
        return refusal_page(wrong) if wrong else login_page(self._people, _methods(request), request.url.query)

    async def log_in(self, request: Request) -> Response:
        """Judge the choice and send the browser back with a code, or with `access_denied`."""
        wrong = self._why_wrong(request)
        if wrong:
            return refusal_page(wrong)
        chosen = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if chosen.get("answer") == "refuse":
            return _returned(request, {"error": "access_denied", "error_description": "Користувач відмовився"})
        person, method = self._people.find(chosen.get("person", "")), chosen.get("method", "")
        if person is None or method not in _methods(request):
            return login_page(self._people, _methods(request), request.url.query, "Choose a person and a method.")
        code = secrets.token_hex(20)
        self._codes[code] = Login(person, method, str(_ANY_USER + secrets.randbelow(_ANY_USER)))
        return _returned(request, {"code": code})

    async def give_token(self, request: Request) -> Response:
        """Redeem a code, once."""
        asked = request.query_params
        is_known = asked.get("client_id") == self._client_id
        if not is_known or not hmac.compare_digest(asked.get("client_secret", "").encode(), self._client_secret):
            raise CallRefused("invalid_client", "Невірний секрет", 401)
        if asked.get("grant_type") != "authorization_code":
            raise CallRefused("unsupported_grant_type", "Невірний тип запиту")
        login = self._codes.pop(asked.get("code", ""), None)
        if login is None:
            raise CallRefused("invalid_grant", "Код авторизації не знайдено")
        token = secrets.token_hex(20)
        self._tokens[token] = login
        user_id: str | int = int(login.user_id) if self._quirks.numeric_user_id else login.user_id
        told = {"access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFETIME_S}
        return JSONResponse({**told, "refresh_token": secrets.token_hex(20), "user_id": user_id})

    async def give_user_info(self, request: Request) -> Response:
        """Tell who it is, sealed where a certificate came."""
        login = self._login(request)
        fields = request.query_params.get("fields", "").split(",")
        told = person_json(login.person, login.method, fields, self._quirks)
        certificate = unquote_plus(request.query_params.get("cert", ""))
        if not certificate and not self._quirks.refuse_plain:
            return JSONResponse(told)
        try:
            return JSONResponse({"encryptedUserInfo": self._envelopes.seal(told, certificate)})
        except CertificateRefused as error:
            raise CallRefused("invalid_cert", str(error)) from error

    async def log_out(self, request: Request) -> Response:
        """Forget a login; success is an error of "0"."""
        login = self._login(request)
        del self._tokens[request.query_params["access_token"]]
        text = f"Дані користувача із ID = {login.user_id} видалено успішно"
        return JSONResponse({"error": "0", "error_description": text})

    def _login(self, request: Request) -> Login:
        login = self._tokens.get(request.query_params.get("access_token", ""))
        if login is None or request.query_params.get("user_id") != login.user_id:
            raise CallRefused("invalid_token", "Маркер доступу не знайдено", 401)
        return login

    def _why_wrong(self, request: Request) -> str:
        asked = request.query_params
        if asked.get("response_type") != "code" or asked.get("client_id") != self._client_id:
            return "response_type is code; client_id is a registered client's"
        if urlsplit(asked.get("redirect_uri", "")).scheme not in {"http", "https"}:
            return "redirect_uri is an address"
        return "" if _methods(request) else f"auth_type is a list of {', '.join(METHODS)}"


def _mannered(
    operation: str, answer: Callable[[Request], Awaitable[Response]], quirks: Quirks, record: Callable[[str], None]
) -> Callable[[Request], Awaitable[Response]]:
    """Put the record and the manners of time and outage before an answer, and the spelling of errors behind it."""

    async def mannered(request: Request) -> Response:
        record(operation)
        if quirks.hang:
            while (await request.receive())["type"] != "http.disconnect":
                pass
        if quirks.hang or quirks.outage:
            return Response("Service Unavailable", 503, media_type="text/plain")
        if quirks.html_in_200:
            return maintenance_page()
        try:
            return await answer(request)
        except CallRefused as refused:
            spelled = {"error": refused.error, "error_description": refused.description}
            return JSONResponse(
                {"message": refused.description} if quirks.message_errors else spelled, status_code=refused.status
            )

    return mannered


def _methods(request: Request) -> list[str]:
    """List the ways asked for that there are, in the client's order."""
    return [each for each in request.query_params.get("auth_type", "").split(",") if each in METHODS]


def _returned(request: Request, back: dict[str, str]) -> Response:
    redirect_uri, state = request.query_params["redirect_uri"], request.query_params.get("state")
    joint = "&" if urlsplit(redirect_uri).query else "?"
    echoed = {} if state is None else {"state": state}
    return RedirectResponse(f"{redirect_uri}{joint}{urlencode({**back, **echoed})}", status_code=303)
