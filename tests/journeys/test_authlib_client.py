"""Authlib's own client, set up from the metadata alone, drives our authorization server over the real front door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]  # same
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]  # same

from tests.applications import (
    BACK,
    VERIFIER,
    Application,
    app_of_others,
    codes,
    customer,
    decided,
    issuer,
    new_key,
    partners,
    registered,
)
from tests.demo_process import DemoProcess

SCOPE: Final = "accounts:read balance:read profile:read"
OWN: Final = "{ me { accounts { nodes { number } } } }"
PAYEE: Final = "query($n: AccountNumber!) { payee(number: $n) { number } }"


@pytest.fixture(autouse=True)
def calm(kharkiv: DemoProcess) -> None:
    kharkiv.calm()


@pytest.fixture
def metadata(kharkiv: DemoProcess) -> dict[str, str]:
    found: dict[str, str] = kharkiv.client.get(f"{issuer(kharkiv)}/.well-known/oauth-authorization-server").json()
    return found


@asynccontextmanager
async def client_of(application: Application, method: str, **given: Any) -> AsyncIterator[AsyncOAuth2Client]:  # noqa: ANN401 -- any argument
    """Set Authlib's client up."""
    async with AsyncOAuth2Client(
        application.client_id,
        application.secret or application.key,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        code_challenge_method="S256",
        redirect_uri=BACK,
        trust_env=False,
        **given,
    ) as client:
        yield client


async def let_in(client: AsyncOAuth2Client, demo: DemoProcess, metadata: dict[str, str]) -> str:
    """Take the customer with ten accounts through the pages; returns where the browser is sent back to."""
    address, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=VERIFIER)
    client.state = state  # fetch_token compares it
    accounts = demo.user(10)["accounts"][:2]
    return await asyncio.to_thread(lambda: decided(customer(demo, 10), address, accounts))


async def seen(client: AsyncOAuth2Client, demo: DemoProcess) -> int:
    """Return how many accounts the client's token shows, as its requests carry it."""
    answer = (await client.post(demo.facts["graphql_url"], json={"query": OWN})).json()
    assert "errors" not in answer, answer
    return len(answer["data"]["me"]["accounts"]["nodes"])


@pytest.fixture
def kettle(kharkiv: DemoProcess) -> Application:
    return app_of_others(kharkiv, "Kettle", *SCOPE.split())


async def test_public_app_gets_in_refreshes_and_signs_out(
    kharkiv: DemoProcess, metadata: dict[str, str], kettle: Application
) -> None:
    async with client_of(kettle, "none", scope=SCOPE) as client:
        back = await let_in(client, kharkiv, metadata)
        first = dict(
            await client.fetch_token(metadata["token_endpoint"], authorization_response=back, code_verifier=VERIFIER)
        )
        assert await seen(client, kharkiv) == 2
        second = dict(await client.refresh_token(metadata["token_endpoint"]))
        third = dict(await client.refresh_token(metadata["token_endpoint"]))
        assert len({each["refresh_token"] for each in (first, second, third)}) == 3
        assert await seen(client, kharkiv) == 2
        await client.revoke_token(metadata["revocation_endpoint"], third["refresh_token"])
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.refresh_token(metadata["token_endpoint"], third["refresh_token"])
    for tokens in (first, second, third):
        assert codes(kharkiv.send(OWN, token=tokens["access_token"])) == ["UNAUTHENTICATED"]


async def test_code_that_comes_again_ends_what_it_led_to(
    kharkiv: DemoProcess, metadata: dict[str, str], kettle: Application
) -> None:
    async with client_of(kettle, "none", scope=SCOPE) as client:
        back = await let_in(client, kharkiv, metadata)
        given = {"authorization_response": back, "code_verifier": VERIFIER}
        tokens = dict(await client.fetch_token(metadata["token_endpoint"], **given))
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.fetch_token(metadata["token_endpoint"], **given)
    assert codes(kharkiv.send(OWN, token=tokens["access_token"])) == ["UNAUTHENTICATED"]


@pytest.fixture(params=["client_secret_basic", "private_key_jwt"])
def online(request: pytest.FixtureRequest, kharkiv: DemoProcess) -> tuple[str, Application]:
    """An app on a server, and how it proves itself."""
    by_key = request.param == "private_key_jwt"
    options = ["--kind=app", f"--redirect-uri={BACK}", *([] if by_key else ["--secret"])]
    return request.param, registered(kharkiv, "Kettle Online", *options, key=new_key() if by_key else None)


async def test_app_on_a_server_proves_itself_introspects_and_revokes(
    kharkiv: DemoProcess, metadata: dict[str, str], online: tuple[str, Application]
) -> None:
    method, application = online
    async with client_of(application, method, scope=SCOPE) as client:
        client.register_client_auth_method(PrivateKeyJWT(metadata["token_endpoint"], alg="ES256"))
        back = await let_in(client, kharkiv, metadata)
        tokens = await client.fetch_token(
            metadata["token_endpoint"], authorization_response=back, code_verifier=VERIFIER
        )
        assert "refresh_token" not in tokens
        assert await seen(client, kharkiv) == 2
        judged = (metadata["introspection_endpoint"], tokens["access_token"])
        said = (await client.introspect_token(*judged)).json()
        assert (said["active"], said["client_id"], said["scope"]) == (True, application.client_id, SCOPE)
        await client.revoke_token(metadata["revocation_endpoint"], tokens["access_token"])
        assert (await client.introspect_token(*judged)).json() == {"active": False}
    assert codes(kharkiv.send(OWN, token=tokens["access_token"])) == ["UNAUTHENTICATED"]


@pytest.fixture
def bank(kharkiv: DemoProcess) -> Application:
    return registered(kharkiv, "Kettle Bank", "--kind=partner")


@pytest.fixture
def renewed(kharkiv: DemoProcess, bank: Application) -> str:
    """The secret that the bank got in place of its first one, which is good for a day more."""
    return dict(line.split() for line in partners(kharkiv, "rotate", bank.client_id).splitlines())["client_secret"]


async def test_partner_goes_on_with_either_secret_while_they_change(
    kharkiv: DemoProcess, metadata: dict[str, str], bank: Application, renewed: str
) -> None:
    number = kharkiv.user(1)["accounts"][0]
    for secret in (bank.secret, renewed):
        application = Application(bank.name, bank.client_id, secret)
        async with client_of(application, "client_secret_basic") as client:
            await client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="payees:read")
            sent = {"query": PAYEE, "variables": {"n": number}}
            answer = (await client.post(kharkiv.facts["graphql_url"], json=sent)).json()
            assert answer == {"data": {"payee": {"number": number}}}
