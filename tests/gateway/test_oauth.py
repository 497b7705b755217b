"""The authorization server over real sockets, driven by Authlib's own client."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]  # same
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]  # same
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from auth.server.partners import Registered
from sandbox.listeners import listen
from tests.auth.people import Counter
from tests.auth.server.desk import (
    ASKED,
    ON_SQLITE,
    PARTNER_KEY,
    REDIRECT_URI,
    VERIFIER,
    Desk,
    add_customers,
    serve,
    wire,
)

pytestmark = ON_SQLITE

OWN = {"grant_type": "client_credentials"}


@dataclass(frozen=True, slots=True)
class Served:
    """A desk that listens at `url`, and what its metadata say."""

    desk: Desk
    url: str
    metadata: dict[str, Any]

    def client(self, registered: Registered, **given: Any) -> AsyncOAuth2Client:  # noqa: ANN401 -- any argument
        """Set Authlib's client up from the metadata, as anybody would."""
        method = registered.client.authentication_method
        secret = registered.secret if registered.client.jwks is None else PARTNER_KEY
        return AsyncOAuth2Client(
            registered.client.client_id,
            secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            code_challenge_method="S256",
            redirect_uri=REDIRECT_URI,
            scope=" ".join(scope.value for scope in ASKED),
            **given,
        )


@pytest.fixture
async def served(store: AsyncEngine) -> AsyncIterator[Served]:
    desks: list[Desk] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await serve(desks[0].server, desks[0].pages)(scope, receive, send)

    listener = await listen(app, "127.0.0.1", 0)
    clock = Counter(datetime.now(UTC))
    desks.append(wire(store, clock, issuer=listener.url))
    await add_customers(store, clock)
    async with httpx2.AsyncClient() as browser:
        metadata = (await browser.get(f"{listener.url}/.well-known/oauth-authorization-server")).json()
    yield Served(desks[0], listener.url, metadata)
    await desks[0].http.aclose()
    await listener.close()


async def come_back(served: Served, url: str) -> str:
    """Do what a browser does: open the address, allow everything, and return where it ends up."""
    served.desk.sign_in()
    async with httpx2.AsyncClient() as browser:
        asked = await browser.get(url)
    answer = asked if asked.status_code == 303 else await served.desk.decide(asked)
    return str(answer.headers["location"])


async def test_code_with_pkce_refresh_and_revocation(served: Served) -> None:
    app = await served.desk.register()
    async with served.client(app) as client:
        url, state = client.create_authorization_url(served.metadata["authorization_endpoint"], code_verifier=VERIFIER)
        back = await come_back(served, url)
        assert dict(parse_qsl(urlsplit(back).query))["iss"] == served.url
        endpoint = served.metadata["token_endpoint"]
        tokens = await client.fetch_token(endpoint, authorization_response=back, code_verifier=VERIFIER, state=state)
        assert (tokens["token_type"], tokens["scope"]) == ("Bearer", "balance:read charges:read")
        renewed = await client.refresh_token(endpoint, tokens["refresh_token"])
        assert renewed["refresh_token"] != tokens["refresh_token"]
        revoked = await client.revoke_token(served.metadata["revocation_endpoint"], renewed["refresh_token"])
        assert (revoked.status_code, revoked.json()) == (200, {})
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.refresh_token(endpoint, renewed["refresh_token"])
    assert not served.desk.is_good(renewed)


async def test_client_that_returns_with_another_s_answer_gets_nothing(served: Served) -> None:
    app = await served.desk.register()
    async with served.client(app) as client:
        url, _ = client.create_authorization_url(served.metadata["authorization_endpoint"], code_verifier=VERIFIER)
        back = await come_back(served, url)
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.fetch_token(
                served.metadata["token_endpoint"], authorization_response=back, code_verifier="b" + VERIFIER
            )


@pytest.mark.parametrize("has_key", [False, True], ids=["secret", "key"])
async def test_client_credentials_and_introspection(served: Served, has_key: object) -> None:
    desk = served.desk
    bank = await (desk.partner() if has_key else desk.register("partner"))
    endpoint = served.metadata["token_endpoint"]
    async with served.client(bank) as client:
        client.register_client_auth_method(PrivateKeyJWT(endpoint, alg="ES256"))
        tokens = await client.fetch_token(endpoint, **OWN, scope="payees:read")
        assert sorted(tokens) == ["access_token", "expires_at", "expires_in", "scope", "token_type"]
        assert tokens["expires_in"] in {599, 600}
        address = served.metadata["introspection_endpoint"]
        said = (await client.introspect_token(address, tokens["access_token"])).json()
        assert (said["active"], said["client_id"], said["iss"]) == (True, bank.client.client_id, served.url)
        await client.revoke_token(served.metadata["revocation_endpoint"], tokens["access_token"])
        said = (await client.introspect_token(address, tokens["access_token"])).json()
        assert said == {"active": False}


async def test_no_log_holds_a_token_a_code_or_a_secret(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    desk = served.desk
    app, bank = await desk.register(), await desk.register("partner")
    for theirs in ("httpx2", "httpcore2", "aiosqlite"):  # the test's own client, and a driver that nobody sets to DEBUG
        caplog.set_level(logging.WARNING, logger=theirs)
    with caplog.at_level(logging.DEBUG), capture_logs() as ours:
        desk.sign_in()
        code = await desk.code(app)
        tokens = (await desk.exchange(app, code)).json()
        renewed = (await desk.refresh(app, tokens["refresh_token"])).json()
        own = (await desk.post("/oauth/token", bank, **OWN)).json()
        await desk.post("/oauth/introspect", bank, token=own["access_token"])
        await desk.exchange(app, code)
    logged = repr([each.getMessage() for each in caplog.records]) + repr(ours)
    of_customer = [each[name] for each in (tokens, renewed) for name in ("access_token", "refresh_token")]
    secrets = [code, bank.secret, own["access_token"], *of_customer]
    assert [at for at, secret in enumerate(secrets) if str(secret) in logged] == []
    assert len(caplog.records) > 10
