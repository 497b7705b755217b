"""Our authorization server wired to one store and served over ASGI, with customers and clients.

Its pages are plain ones: the desk says who is signed in at the browser, and the consent form says what they decide.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # Authlib ships no types
from joserfc import jwt
from joserfc.jwk import ECKey, Key
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from auth.audit import Audit
from auth.dpop import Proofs
from auth.identity.port import Visitor
from auth.revocations import Revocations
from auth.server.partners import Partners, Registered
from auth.server.registration import Registration
from auth.server.rules import AuthorizationRules
from auth.server.server import AuthorizationServer
from auth.throttle import Throttle
from auth.tokens import AccessTokens
from connectors.store import authorization_tables
from connectors.store.attempts import AttemptRows
from connectors.store.audit import AuditRow, AuditRows
from connectors.store.clients import ClientRows
from connectors.store.customers import CustomerRows
from connectors.store.engine import reading
from connectors.store.links import LinkRows
from connectors.store.revocations import RevocationRows
from connectors.store.tickets import TicketRows
from gateway.authorization import Given, authorization_server
from gateway.oauth import routes
from schema.authentication import Amr, Assurance, Authentication
from schema.customers import Customer
from schema.identifiers import AccountNumber
from schema.scopes import Principal, Scope
from tests.auth import proof_maker
from tests.auth.people import KEYS, Counter
from tests.auth.server.plain_pages import FROM_OUR_PAGE, PlainPages

ISSUER: Final = "http://127.0.0.1:8000"
TOKEN_URL: Final = f"{ISSUER}/oauth/token"
REDIRECT_URI: Final = "https://app.example/callback"
VERIFIER: Final = "a-verifier-of-forty-three-characters-or-more"
CHALLENGE: Final[str] = create_s256_code_challenge(VERIFIER)
HERE: Final = Visitor("192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
ACCOUNTS: Final = (AccountNumber("100000000001"), AccountNumber("100000000002"))
ASKED: Final = (Scope.BALANCE_READ, Scope.CHARGES_READ)
PARTNER_KEY: Final = ECKey.generate_key("P-256", auto_kid=True)
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
RULES: Final = AuthorizationRules()

_COUNTED: Final = frozenset({"clients", "client_rates"})
ON_SQLITE: Final = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""Marks tests for which one kind of store is enough."""

_ALL: Final = ["ES256", "RS256", "PS256", "Ed25519", "HS256", "none"]
_NUMBERS: Final = count()


@dataclass(slots=True)
class Desk:
    """The server with everything around it."""

    store: AsyncEngine
    server: AuthorizationServer
    partners: Partners
    tokens: AccessTokens
    revocations: Revocations
    links: LinkRows
    pages: PlainPages
    clock: Counter
    http: httpx2.AsyncClient = field(repr=False)

    async def register(self, kind: str = "app", **changes: Any) -> Registered:  # noqa: ANN401 -- any field
        """Register a client; an app is somebody else's, public, and comes back to REDIRECT_URI."""
        given: dict[str, Any] = {"redirect_uris": (REDIRECT_URI,)} if kind == "app" else {}
        return await self.partners.register(Registration(**{"name": "Kettle", "kind": kind, **given, **changes}))

    async def partner(self, **changes: Any) -> Registered:  # noqa: ANN401 -- any field
        """Register a partner that proves itself by PARTNER_KEY."""
        jwks = {"keys": [PARTNER_KEY.as_dict(private=False)]}
        return await self.register("partner", **{"name": "Kettle Bank", "jwks": jwks, **changes})

    def sign_in(self, subject: str | None = "s1", assurance: Assurance = Assurance.LOW) -> Authentication:
        """Sign a customer in at the browser now."""
        authentication = Authentication(assurance, (Amr.PASSWORD,), self.clock.now())
        self.pages.sign_in_as(subject, authentication)
        return authentication

    async def authorize(self, client: Registered, **changes: str | None) -> httpx2.Response:
        """Send the browser to ask; a change to None leaves a parameter out."""
        return await self.http.get("/oauth/authorize", params=asking(client, **changes))

    async def decide(self, asked: httpx2.Response, **changes: Any) -> httpx2.Response:  # noqa: ANN401 -- any field of a form
        """Allow, on the consent page, everything that was asked for, and both accounts."""
        page = asked.json()
        allowed = {"decision": "allow", "scope": page["scopes"], "account": list(ACCOUNTS), **changes}
        return await self.http.post(
            "/oauth/authorize",
            content=urlencode({"pending": page["pending"], "from": FROM_OUR_PAGE, **allowed}, doseq=True),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )

    async def code(self, client: Registered, **changes: str | None) -> str:
        """Ask, consent where that is asked for, and return the code."""
        answer = await self.authorize(client, **changes)
        if answer.status_code == 200:
            answer = await self.decide(answer)
        return returned(answer)["code"]

    async def exchange(self, client: Registered, code: str, **changes: Any) -> httpx2.Response:  # noqa: ANN401 -- see `post`
        """Present a code."""
        given = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
        return await self.post("/oauth/token", client, **{**given, "code": code, **changes})

    async def refresh(self, client: Registered, token: str, **changes: Any) -> httpx2.Response:  # noqa: ANN401 -- see `post`
        """Present a refresh token."""
        return await self.post("/oauth/token", client, grant_type="refresh_token", refresh_token=token, **changes)

    async def issued(self, client: Registered, **changes: str | None) -> dict[str, Any]:
        """Go all the way to the first tokens."""
        answer = await self.exchange(client, await self.code(client, **changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def post(
        self,
        path: str,
        client: Registered,
        *,
        headers: Any = None,  # noqa: ANN401 -- a mapping of texts
        **form: Any,  # noqa: ANN401 -- texts and lists
    ) -> httpx2.Response:
        """Post a form as a client that proves itself in its own way; a field of None is left out."""
        proven = {**self.proof_of(client), **form}
        by_header = {"authorization": proven.pop("authorization")} if "authorization" in proven else {}
        given = {name: value for name, value in proven.items() if value is not None}
        return await self.http.post(
            path,
            content=urlencode(given, doseq=True),
            headers={"content-type": "application/x-www-form-urlencoded", **by_header, **(headers or {})},
        )

    def proof_of(self, client: Registered) -> dict[str, str]:
        """Return how a client proves itself: by its key, by its secret, or not at all."""
        client_id = client.client.client_id
        if client.secret is not None:
            return {"authorization": basic(client_id, client.secret)}
        if client.client.jwks is not None:
            return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(client_id)}
        return {"client_id": client_id}

    def assertion(self, client_id: str, key: Key = PARTNER_KEY, header: Any = None, **changes: object) -> str:  # noqa: ANN401 -- any header
        """Sign a client assertion; a change to None leaves a claim out."""
        now = int(self.clock.now().timestamp())
        good = {"iss": client_id, "sub": client_id, "aud": ISSUER, "iat": now, "exp": now + 60}
        claims = {**good, "jti": f"assertion-{next(_NUMBERS)}", **changes}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(header or {"alg": "ES256", "kid": key.kid}, kept, key, algorithms=_ALL)

    def dpop(self, key: ECKey = proof_maker.EC, **changes: object) -> dict[str, str]:
        """Return the header of a request to the token endpoint that proves a key."""
        now = int(self.clock.now().timestamp())
        given = {"jti": f"proof-{next(_NUMBERS)}", "htu": TOKEN_URL, "iat": now, "ath": None, **changes}
        head = proof_maker.header(jwk=key.as_dict(private=False))
        return {"dpop": proof_maker.proof(head, proof_maker.claims(**given), key=key)}

    def read(self, answer: dict[str, Any]) -> Principal:
        """Read the access token of an answer."""
        return self.tokens.read(answer["access_token"], self.clock.now())

    def is_good(self, answer: dict[str, Any]) -> bool:
        """Tell whether the access token of an answer still lets its bearer in."""
        return not self.revocations.is_revoked(self.read(answer))

    async def audit(self, subject: str = "s1") -> list[tuple[str, str | None]]:
        """Return what the audit trail holds of a customer, the oldest first."""
        rows: list[AuditRow] = await AuditRows(self.store).of_subject(subject, 100, None)
        return [(row.kind, row.detail) for row in reversed(rows)]

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of the authorization server but counters."""
        tables = [each for each in vars(authorization_tables).values() if isinstance(each, Table)]
        async with reading(self.store) as connection:
            return {
                table.name: sorted(map(tuple, (await connection.execute(select(table))).all()), key=repr)
                for table in tables
                if table.name not in _COUNTED
            }


def asking(client: Registered, **changes: str | None) -> dict[str, str]:
    """Return the parameters of a good request; a change to None leaves one out."""
    good = {
        "response_type": "code",
        "client_id": client.client.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": " ".join(scope.value for scope in ASKED),
        "state": "the state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def returned(answer: httpx2.Response) -> dict[str, str]:
    """Return what the browser carries back to the client."""
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query, strict_parsing=True))


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Return how a request was refused."""
    return answer.status_code, answer.json()["error"]


def basic(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


def pairs(parameters: dict[str, str], *more: tuple[str, str]) -> Sequence[tuple[str, str]]:
    """Return parameters in a form that can repeat."""
    return (*parameters.items(), *more)


@asynccontextmanager
async def open_desk(store: AsyncEngine, clock: Counter, rules: AuthorizationRules = RULES) -> AsyncIterator[Desk]:
    """Open a desk with two customers; both accounts are the first one's, and the second account the other's too."""
    await add_customers(store, clock)
    desk = wire(store, clock, rules)
    async with desk.http:
        yield desk


async def add_customers(store: AsyncEngine, clock: Counter) -> None:
    """Register the two customers, with their accounts."""
    customers, links = CustomerRows(store), LinkRows(store)
    for subject in ("s1", "s2"):
        await customers.add(
            Customer(
                subject=subject, name=subject, email=f"{subject}@example.org", phone=None, registered_at=clock.now()
            ),
            "",
        )
    for subject, number in (("s1", ACCOUNTS[0]), ("s1", ACCOUNTS[1]), ("s2", ACCOUNTS[1])):
        await links.link(subject, number, clock.now())


def wire(store: AsyncEngine, clock: Counter, rules: AuthorizationRules = RULES, issuer: str = ISSUER) -> Desk:
    """Wire a desk to a store."""
    tokens = AccessTokens(KEYS, issuer=issuer, audience=issuer)
    audit = Audit(AuditRows(store), clock.now)
    revocations = Revocations(RevocationRows(store), clock.now)
    throttle = Throttle(AttemptRows(store), secret=b"a secret of tests", now=clock.now)
    given = Given(tokens, KEYS, revocations, Proofs(TicketRows(store), clock.now), audit, throttle, clock.now)
    server, pages = authorization_server(store, issuer, rules, given), PlainPages()
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(serve(server, pages)), base_url=issuer)
    partners = Partners(ClientRows(store), revocations, audit, clock.now)
    return Desk(store, server, partners, tokens, revocations, LinkRows(store), pages, clock, http)


def serve(server: AuthorizationServer, pages: PlainPages) -> Any:  # noqa: ANN401 -- an ASGI application
    """Put the routes together, with the state that the gateway's lifespan gives."""
    app = Starlette(routes=routes(pages))

    async def with_state(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"authorization": server}}, receive, send)

    return with_state
