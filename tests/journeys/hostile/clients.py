"""The clients of a siege: applications and partners, registered as the utility would, and what they ask."""

import re
import time
from dataclasses import dataclass
from html import unescape
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # Authlib ships no types
from joserfc import jwt
from joserfc.jwk import ECKey

from auth.server.partners import Registered
from auth.server.registration import Registration
from schema.scopes import Scope
from tests.demo_store import DemoStore
from tests.gateway.reader import Answer, ask
from tests.journeys.guests import FORM, Guest, query_of

CALLBACK: Final = "https://app.example/callback"
LOOPBACK: Final = "http://127.0.0.1/callback"
OWN_SCHEME: Final = "com.example.kettle:/callback"
VERIFIER: Final = "a-verifier-of-forty-three-characters-or-more"
CHALLENGE: Final[str] = create_s256_code_challenge(VERIFIER)
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
ASKED: Final = (Scope.BALANCE_READ, Scope.ACCOUNTS_READ)
PARTNER_KEY: Final = ECKey.generate_key("P-256", auto_kid=True)
_NUMBERS: Final = count()
_ALL: Final = ["ES256", "RS256", "HS256", "none"]


@dataclass(frozen=True, slots=True)
class Clients:
    """Everybody who is registered, by what they are."""

    issuer: str
    app: Registered
    other: Registered
    native: Registered
    web: Registered
    partner: Registered
    bank: Registered
    device: Registered
    disabled: Registered

    @classmethod
    def at(cls, store: DemoStore, issuer: str) -> "Clients":
        """Register them."""

        def register(kind: str, name: str, **more: Any) -> Registered:  # noqa: ANN401 -- any field
            given: dict[str, Any] = {"scopes": ASKED} if kind != "partner" else {}
            given |= {"redirect_uris": (CALLBACK,)} if kind == "app" else {}
            return store.register(Registration(name=name, kind=kind, **{**given, **more}))

        keys = {"keys": [PARTNER_KEY.as_dict(private=False)]}
        clients = cls(
            issuer=issuer,
            app=register("app", "Kettle"),
            other=register("app", "Toaster", redirect_uris=("https://other.example/callback",)),
            native=register("app", "Kettle at home", redirect_uris=(LOOPBACK, OWN_SCHEME)),
            web=register("app", "Kettle on the web", is_confidential=True),
            partner=register("partner", "Kettle Bank", jwks=keys),
            bank=register("partner", "Toaster Bank"),
            device=register("device", "Kiosk"),
            disabled=register("app", "Broken kettle"),
        )
        store.disable(clients.disabled.client.client_id)
        return clients

    def post(self, path: str, form: dict[str, str] | list[tuple[str, str]], **headers: str) -> Answer:
        """Post a form as a client does."""
        host = self.issuer.removeprefix("http://")
        return ask(host, path, "POST", {"content-type": FORM, **headers}, urlencode(form))

    def assertion(self, header: dict[str, Any] | None = None, key: Any = PARTNER_KEY, **changes: object) -> str:  # noqa: ANN401 -- any key
        """Sign an assertion of the partner with a key; a change to None leaves a claim out."""
        client_id, now = self.partner.client.client_id, int(time.time())
        good = {"iss": client_id, "sub": client_id, "aud": self.issuer, "iat": now, "exp": now + 60}
        claims = {**good, "jti": f"assertion-{now}-{next(_NUMBERS)}", **changes}
        head = {"alg": "ES256", "kid": PARTNER_KEY.kid, **(header or {})}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(head, kept, key, algorithms=_ALL)

    def asked_by(self, client: Registered, **changes: str | None) -> dict[str, str]:
        """Return a good authorization request; a change to None leaves a parameter out."""
        good = {
            "response_type": "code",
            "client_id": client.client.client_id,
            "redirect_uri": client.client.redirect_uris[0],
            "scope": " ".join(sorted(scope.value for scope in ASKED)),
            "state": "the state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def asks(self, guest: Guest, client: Registered, **changes: str | None) -> Answer:
        """Send a browser to ask."""
        return guest.get(f"/oauth/authorize?{urlencode(self.asked_by(client, **changes))}")

    def code(self, guest: Guest, client: Registered, **changes: str | None) -> str:
        """Let somebody who is signed in allow everything; return the code."""
        answer = self.asks(guest, client, **changes)
        if answer.status == 200:
            answer = self.decides(guest, answer)
        return query_of(onward(answer))["code"]

    def decides(self, guest: Guest, page: Answer, decision: str = "allow") -> Answer:
        """Answer the page that asks."""
        return guest.post("/oauth/authorize", {**page.forms[0], "decision": decision})

    def presents(self, client: Registered, code: str, **changes: str | None) -> Answer:
        """Present a code at the token endpoint; a change to None leaves a field out."""
        good = {
            "grant_type": "authorization_code",
            "client_id": client.client.client_id,
            "client_secret": client.secret,
            "redirect_uri": client.client.redirect_uris[0],
            "code_verifier": VERIFIER,
            "code": code,
        }
        return self.post("/oauth/token", {k: v for k, v in {**good, **changes}.items() if v is not None})


def onward(answer: Answer) -> str:
    """Return where a browser is sent, at once or from the page that takes it on."""
    if "location" in answer.headers:
        return answer.location
    (address,) = re.findall(r'content="0;url=([^"]*)"', answer.text)
    return unescape(address)
