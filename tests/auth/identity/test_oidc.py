"""Signing in by OpenID Connect, against a small provider on a socket: what is sent, believed, kept and asked again."""

import json
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from structlog.testing import capture_logs

from auth.identity.port import (
    Identity,
    IdentityProvider,
    ProviderUnavailable,
    SignInExpired,
    SignInRefused,
)
from connectors.transport.deadline import Deadline
from schema.authentication import Assurance
from tests.auth.identity.openid_provider import (
    BEGINNING,
    CALLBACK,
    CLIENT_ID,
    Json,
    OpenIdProvider,
    opened,
    running_provider,
    sign_in,
)
from tests.auth.people import Counter

HOME: Final = "https://kabinet.example.org/?from=a b"
LEVELS: Final = {"urn:level:2": Assurance.SUBSTANTIAL, "urn:level:3": Assurance.HIGH}


def soon() -> Deadline:
    return Deadline.within(5)


def held(identity: Identity) -> Json:
    assert identity.sign_out_hint is not None
    hint: Json = json.loads(identity.sign_out_hint)
    return hint


@pytest.fixture(scope="module")
async def started() -> AsyncIterator[OpenIdProvider]:
    async with running_provider() as running:
        yield running


@pytest.fixture
def provider(started: OpenIdProvider, clock: Counter) -> OpenIdProvider:
    started.calm(clock.now)
    return started


async def test_it_is_a_provider(provider: OpenIdProvider) -> None:
    async with opened(provider, name="campus", title="Campus", acr=LEVELS) as client:
        behind_the_port: IdentityProvider = client
        assert (behind_the_port.name, client.title, behind_the_port.assurance) == ("campus", "Campus", Assurance.HIGH)
    async with opened(provider) as client:
        assert client.assurance is Assurance.LOW
    assert provider.asked == []


async def test_the_browser_is_sent_with_everything_it_needs(provider: OpenIdProvider) -> None:
    async with opened(provider, scopes=("openid", "profile", "offline_access"), max_age_s=3600) as client:
        steps = [await client.begin(BEGINNING, soon()) for _ in range(2)]
    sent = dict(parse_qsl(urlsplit(steps[0].url).query))
    assert len(sent.pop("code_challenge")) == 43
    assert sent == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": "openid profile offline_access",
        "state": BEGINNING.state,
        "nonce": steps[0].kept["nonce"],
        "code_challenge_method": "S256",
        "max_age": "3600",
        "ui_locales": "uk",
        "prompt": "consent",
    }
    assert steps[0].kept.keys() == {"nonce", "verifier", "max_age"}
    assert (
        len({steps[0].kept["nonce"], steps[0].kept["verifier"], steps[1].kept["nonce"], steps[1].kept["verifier"]}) == 4
    )
    assert steps[0].kept["verifier"] not in repr(steps[0])


async def test_the_person_is_who_the_id_token_names(provider: OpenIdProvider) -> None:
    async with opened(provider) as client:
        identity = await sign_in(provider, client)
    assert identity == Identity(
        issuer=provider.issuer,
        subject="248289761001",
        method="",
        assurance=Assurance.LOW,
        amr=("fed",),
        full_name="Olena Koval",
        sign_out_hint=identity.sign_out_hint,
    )
    assert provider.asked == ["discovery", "jwks", "token", "userinfo"]
    assert "248289761001" not in repr(identity)
    assert held(identity)["id_token"] not in repr(identity)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": " Olena "}, "Olena"),
        ({"given_name": "Olena", "family_name": "Koval"}, "Olena Koval"),
        ({"name": "", "given_name": 1, "family_name": "Koval"}, "Koval"),
    ],
)
async def test_a_name_in_the_id_token_costs_no_call(provider: OpenIdProvider, claims: Json, name: str) -> None:
    provider.claims.update(claims)
    async with opened(provider) as client:
        assert (await sign_in(provider, client)).full_name == name
    assert "userinfo" not in provider.asked


async def test_a_name_is_not_asked_for_in_vain(provider: OpenIdProvider) -> None:
    async with opened(provider, scopes=("openid",)) as client:
        assert (await sign_in(provider, client)).full_name is None
    provider.metadata["userinfo_endpoint"] = None
    async with opened(provider) as client:
        assert (await sign_in(provider, client)).full_name is None
    assert "userinfo" not in provider.asked


@pytest.mark.parametrize(
    ("acr", "seconds_ago", "assurance"),
    [
        ("urn:level:2", 0, Assurance.SUBSTANTIAL),
        ("urn:level:3", 330, Assurance.HIGH),
        ("urn:level:3", 331, Assurance.LOW),  # single sign-on: nobody was asked just now
        ("urn:level:3", -31, Assurance.LOW),
        ("urn:level:3", None, Assurance.LOW),
        ("urn:level:9", 0, Assurance.LOW),
        (["urn:level:3"], 0, Assurance.LOW),
        (None, 0, Assurance.LOW),
    ],
    ids=str,
)
async def test_assurance_follows_the_context_while_it_is_recent(
    provider: OpenIdProvider, clock: Counter, acr: object, seconds_ago: int | None, assurance: Assurance
) -> None:
    now = int(clock.now().timestamp())
    provider.claims.update(acr=acr, auth_time=None if seconds_ago is None else now - seconds_ago)
    async with opened(provider, acr=LEVELS) as client:
        identity = await sign_in(provider, client)
    assert identity.assurance is assurance
    assert identity.method == (acr if isinstance(acr, str) else "")


@pytest.mark.parametrize("auth_time", [True, "now", float("inf"), float("nan"), 10**400], ids=str)
async def test_a_time_that_is_none_proves_nothing(provider: OpenIdProvider, auth_time: object) -> None:
    provider.claims.update(acr="urn:level:3", auth_time=auth_time)
    async with opened(provider, acr=LEVELS) as client:
        assert (await sign_in(provider, client)).assurance is Assurance.LOW
        with pytest.raises(SignInRefused, match="ID_TOKEN_AUTH_TIME"):
            await sign_in(provider, client, Assurance.HIGH)


async def test_more_assurance_makes_the_provider_ask_again(provider: OpenIdProvider, clock: Counter) -> None:
    now = int(clock.now().timestamp())
    async with opened(provider, acr=LEVELS, max_age_s=7200) as client:
        provider.claims.update(acr="urn:level:3", auth_time=now - 330)
        assert (await sign_in(provider, client, Assurance.SUBSTANTIAL)).assurance is Assurance.HIGH
        assert provider.requested["acr_values"] == "urn:level:2 urn:level:3"
        assert provider.requested["max_age"] == "300"
        for auth_time in (now - 331, now + 31, None):
            provider.claims.update(auth_time=auth_time)
            with pytest.raises(SignInRefused, match="ID_TOKEN_AUTH_TIME"):
                await sign_in(provider, client, Assurance.HIGH)
        assert provider.requested["acr_values"] == "urn:level:3"
    async with opened(provider, max_age_s=60) as client:
        with pytest.raises(SignInRefused, match="ID_TOKEN_AUTH_TIME"):
            await sign_in(provider, client)


async def test_clients_authenticate_as_the_provider_takes_it(provider: OpenIdProvider) -> None:
    provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    async with opened(provider) as client:
        assert (await sign_in(provider, client)).subject
    async with opened(provider, client_secret="wrong") as client:
        with pytest.raises(ProviderUnavailable, match="CLIENT_REFUSED"):
            await sign_in(provider, client)
    provider.secret = ""
    async with opened(provider, client_secret="") as client:
        assert (await sign_in(provider, client)).subject


async def test_renewing_tells_that_they_still_vouch(provider: OpenIdProvider) -> None:
    provider.grant["refresh_token"] = "a refresh token"
    async with opened(provider, scopes=("openid", "offline_access")) as client:
        identity = await sign_in(provider, client)
        assert identity.sign_out_hint is not None
        provider.grant["refresh_token"] = "the next refresh token"
        renewed = await client.renew(identity.sign_out_hint, soon())
        assert (renewed.issuer, renewed.subject) == (identity.issuer, identity.subject)
        assert held(renewed)["refresh_token"] == "the next refresh token"
        assert (held(renewed)["sub"], held(renewed)["nonce"]) == (held(identity)["sub"], held(identity)["nonce"])
        assert renewed.sign_out_hint is not None
        with pytest.raises(SignInExpired, match="GRANT_REFUSED"):
            await client.renew(renewed.sign_out_hint, soon())
        provider.grant["refresh_token"] = None  # the old one goes on
        assert held(await client.renew(identity.sign_out_hint, soon()))["refresh_token"] == "a refresh token"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"sub": "another"}, "RENEWED_FOR_ANOTHER"),
        ({"nonce": "another"}, "RENEWED_FOR_ANOTHER"),
        ({"nonce": ["another"]}, "RENEWED_FOR_ANOTHER"),
        ({"iss": "https://another.example.org"}, "ID_TOKEN_ISS"),
        ({"aud": []}, "ID_TOKEN_AUD"),
        ({"exp": 1}, "ID_TOKEN_EXP"),
        ({"at_hash": "another"}, "ID_TOKEN_AT_HASH"),
    ],
    ids=str,
)
async def test_a_renewal_is_checked_like_a_sign_in(provider: OpenIdProvider, claims: Json, reason: str) -> None:
    provider.grant["refresh_token"] = "a refresh token"
    async with opened(provider) as client:
        identity = await sign_in(provider, client)
        assert identity.sign_out_hint is not None
        provider.claims.update(claims)
        with pytest.raises(SignInRefused, match=reason):
            await client.renew(identity.sign_out_hint, soon())


async def test_without_a_refresh_token_nothing_is_renewed(provider: OpenIdProvider) -> None:
    async with opened(provider) as client:
        identity = await sign_in(provider, client)
        assert identity.sign_out_hint is not None
        asked = len(provider.asked)
        with pytest.raises(SignInRefused, match="NOT_RENEWABLE"):
            await client.renew(identity.sign_out_hint, soon())
    assert len(provider.asked) == asked


async def test_signing_out_goes_where_the_provider_says(provider: OpenIdProvider) -> None:
    async with opened(provider) as client:
        identity = await sign_in(provider, client)
        assert identity.sign_out_hint is not None
        url = await client.sign_out(identity.sign_out_hint, HOME, soon())
    assert url is not None
    assert url.startswith(f"{provider.issuer}/logout?")
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "from": "here",
        "id_token_hint": held(identity)["id_token"],
        "client_id": CLIENT_ID,
        "post_logout_redirect_uri": HOME,
    }


async def test_signing_out_never_fails(provider: OpenIdProvider) -> None:
    async with opened(provider) as client:
        provider.metadata["end_session_endpoint"] = None
        assert await client.sign_out("{}", HOME, soon()) is None
    provider.statuses["discovery"] = 500
    async with opened(provider) as client:
        with capture_logs() as logs:
            assert await client.sign_out("{}", HOME, soon()) is None
    assert logs == [
        {"event": "provider_sign_out_failed", "log_level": "warning", "provider": "oidc", "reason": "HTTP_500"}
    ]


@pytest.mark.parametrize("status", [301, 404, 429, 500, 503])
@pytest.mark.parametrize("operation", ["discovery", "jwks", "token", "userinfo"])
async def test_any_failure_is_the_providers(provider: OpenIdProvider, operation: str, status: int) -> None:
    provider.statuses[operation] = status
    async with opened(provider) as client:
        with pytest.raises(ProviderUnavailable, match=f"^HTTP_{status}$"):
            await sign_in(provider, client)


@pytest.mark.parametrize("operation", ["discovery", "jwks", "token", "userinfo"])
async def test_the_deadline_is_kept(provider: OpenIdProvider, operation: str) -> None:
    provider.hanging = operation
    async with opened(provider) as client:
        with pytest.raises(ProviderUnavailable, match="UPSTREAM_TIMEOUT"):
            await sign_in(provider, client, seconds=0.3)
    async with opened(provider, timeout_s=0.3) as client:
        with pytest.raises(ProviderUnavailable, match="UPSTREAM_TIMEOUT"):
            await sign_in(provider, client)
    provider.hanging = ""


async def test_nobody_listening_is_the_providers_failure() -> None:
    async with opened(OpenIdProvider(Counter().now, "http://127.0.0.1:9")) as client:
        with pytest.raises(ProviderUnavailable, match="UPSTREAM_UNAVAILABLE"):
            await client.begin(BEGINNING, soon())
