"""A small OpenID provider on a socket of its own, whose every word a test may twist."""

import hashlib
import json
import secrets
import warnings
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

from joserfc.jwk import ECKey, Key
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.identity.oidc import OidcProvider
from auth.identity.oidc_settings import OidcSettings
from auth.identity.port import Beginning, Identity, Visitor
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from sandbox.listeners import listen
from schema.authentication import Assurance
from schema.systems import System

CLIENT_ID: Final = "a client"
SECRET: Final = "a secret: of +tests%&é"
CALLBACK: Final = "https://kabinet.example.org/sign-in/oidc/callback"
BEGINNING: Final = Beginning("a state/of+tests==", CALLBACK, Visitor("192.0.2.1", language="uk"))
KEY: Final = ECKey.generate_key("P-256", parameters={"kid": "first", "use": "sig"})
ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519", "HS256", "none"]

Json = dict[str, Any]
Sign = Callable[[Json, Json], str]


def signed(header: Json, claims: Json, key: Key = KEY) -> str:
    """Sign anything: joserfc's own function refuses to write what is hostile, and warns of what is weak."""
    signed_part = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    with warnings.catch_warnings(action="ignore"):
        signature = JWSRegistry(algorithms=ALGORITHMS).get_alg(header["alg"]).sign(signed_part.encode(), key)
    return f"{signed_part}.{encoded(signature)}"


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def half_hash(text: str, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, text.encode()).digest()
    return encoded(digest[: len(digest) // 2])


@dataclass(slots=True)
class OpenIdProvider:
    """A running provider. What is set here replaces, key by key, what it would say; `None` takes a key away."""

    now: Callable[[], datetime]
    issuer: str = ""
    secret: str = SECRET
    keys: list[Key] = field(default_factory=lambda: [KEY])
    more_keys: list[Any] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    header: Json = field(default_factory=dict)
    claims: Json = field(default_factory=dict)
    sign: Sign = signed
    grant: Json = field(default_factory=dict)
    person: Json = field(default_factory=dict)
    callback: Json = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    hanging: str = ""
    asked: list[str] = field(default_factory=list)
    requested: dict[str, str] = field(default_factory=dict)
    waiting_codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def calm(self, now: Callable[[], datetime]) -> None:
        """Say again what it would say by itself, at another time."""
        fresh = OpenIdProvider(now, self.issuer)
        for each in fields(fresh):
            setattr(self, each.name, getattr(fresh, each.name))

    def settings(self, **changes: Any) -> OidcSettings:  # noqa: ANN401 -- any setting
        given: Json = {
            "name": "oidc",
            "title": "A provider",
            "issuer": self.issuer,
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
        }
        return OidcSettings(**{**given, **changes})

    def visit(self, url: str) -> dict[str, str]:
        """Be the browser that signs in there, and return what comes back to the callback."""
        assert url.startswith(f"{self.issuer}/authorize?")
        self.requested = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        code = secrets.token_urlsafe(8)
        self.waiting_codes[code] = self.requested
        return _changed({"code": code, "state": self.requested["state"], "iss": self.issuer}, self.callback)

    def app(self) -> Starlette:
        routes = [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/jwks", self._jwks),
            Route("/token", self._token, methods=["POST"]),
            Route("/userinfo", self._userinfo),
        ]
        return Starlette(routes=routes)

    async def _discovery(self, request: Request) -> Response:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout?from=here",
            "id_token_signing_alg_values_supported": ALGORITHMS,
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }
        return await self._said(request, "discovery", _changed(told, self.metadata))

    async def _jwks(self, request: Request) -> Response:
        published = [key.as_dict(private=False) for key in self.keys]
        return await self._said(request, "jwks", {"keys": [*self.more_keys, *published]})

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if _credentials(request, form) != (CLIENT_ID, self.secret):
            return await self._said(request, "token", {"error": "invalid_client"}, 401)
        if form["grant_type"] == "refresh_token":
            return await self._granted(request, form["refresh_token"] == "a refresh token", {})
        begun = self.waiting_codes.pop(form["code"], None)
        challenge = encoded(hashlib.sha256(form["code_verifier"].encode()).digest())
        is_right = (
            begun is not None
            and begun["code_challenge"] == challenge
            and begun["code_challenge_method"] == "S256"
            and begun["redirect_uri"] == form["redirect_uri"]
        )
        return await self._granted(request, is_right, {"nonce": begun["nonce"]} if begun else {})

    async def _granted(self, request: Request, is_right: bool, claims: Json) -> Response:  # noqa: FBT001 -- private
        if not is_right:
            return await self._said(request, "token", {"error": "invalid_grant"}, 400)
        now = int(self.now().timestamp())
        access_token = "an access token"
        usual = {
            "iss": self.issuer,
            "sub": "248289761001",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "at_hash": half_hash(access_token),
            **claims,
        }
        header = _changed({"alg": "ES256", "kid": "first"}, self.header)
        granted = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self.sign(header, _changed(usual, self.claims)),
        }
        return await self._said(request, "token", _changed(granted, self.grant))

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer an access token"
        return await self._said(
            request, "userinfo", _changed({"sub": "248289761001", "name": "Olena Koval"}, self.person)
        )

    async def _said(self, request: Request, operation: str, told: Json, status: int = 200) -> Response:
        self.asked.append(operation)
        if self.hanging == operation:
            while (await request.receive())["type"] != "http.disconnect":
                pass
        return JSONResponse(told, self.statuses.get(operation, status))


@asynccontextmanager
async def running_provider() -> AsyncIterator[OpenIdProvider]:
    provider = OpenIdProvider(lambda: datetime.now(UTC))
    listener = await listen(provider.app(), "127.0.0.1", 0)
    provider.issuer = listener.url
    try:
        yield provider
    finally:
        await listener.close()


@asynccontextmanager
async def opened(provider: OpenIdProvider, **changes: Any) -> AsyncIterator[OidcProvider]:  # noqa: ANN401 -- any setting
    """Open our side of it, by the provider's clock."""
    transport = HttpTransport(System.IDENTITY)
    try:
        yield OidcProvider(provider.settings(**changes), transport, lambda: provider.now())  # noqa: PLW0108 -- it moves
    finally:
        await transport.aclose()


async def sign_in(
    provider: OpenIdProvider, client: OidcProvider, assurance: Assurance = Assurance.LOW, seconds: float = 5
) -> Identity:
    beginning = replace(BEGINNING, assurance=assurance)
    step = await client.begin(beginning, Deadline.within(seconds))
    return await client.finish(provider.visit(step.url), step.kept, beginning, Deadline.within(seconds))


def _changed(usual: Json, changes: Json) -> Json:
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, ...]:
    """Read a client's credentials as RFC 6749, 2.3.1 writes them."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    return tuple(unquote_plus(part) for part in b64decode(encoded).decode().split(":"))
