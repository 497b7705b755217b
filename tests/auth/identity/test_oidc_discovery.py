"""What an OpenID provider publishes: which keys are taken, for how long, and how often they are asked for."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from auth.identity.port import ProviderUnavailable, SignInRefused
from connectors.transport.deadline import Deadline
from tests.auth.identity.openid_provider import (
    BEGINNING,
    KEY,
    OpenIdProvider,
    half_hash,
    opened,
    running_provider,
    sign_in,
    signed,
)
from tests.auth.people import Counter

SECOND: Final = ECKey.generate_key("P-256", parameters={"kid": "second"})
THIRD: Final = ECKey.generate_key("P-256", parameters={"kid": "third"})


def soon() -> Deadline:
    return Deadline.within(5)


def rotate(provider: OpenIdProvider, key: Key) -> None:
    """Publish one key and sign by it."""
    provider.keys = [key]
    provider.header["kid"] = key.kid
    provider.sign = lambda header, claims: signed(header, claims, key)


@pytest.fixture(scope="module")
async def started() -> AsyncIterator[OpenIdProvider]:
    async with running_provider() as running:
        yield running


@pytest.fixture
def provider(started: OpenIdProvider, clock: Counter) -> OpenIdProvider:
    started.calm(clock.now)
    return started


@pytest.mark.parametrize(
    ("algorithm", "key", "digest"),
    [
        ("RS256", RSAKey.generate_key(2048), "sha256"),
        ("PS256", RSAKey.generate_key(2048), "sha256"),
        ("ES256", SECOND, "sha256"),
        ("EdDSA", OKPKey.generate_key("Ed25519"), "sha512"),
        ("Ed25519", OKPKey.generate_key("Ed25519"), "sha512"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_algorithm_on_the_list_is_taken(
    provider: OpenIdProvider, algorithm: str, key: Key, digest: str
) -> None:
    key.ensure_kid()
    rotate(provider, key)
    provider.header["alg"] = algorithm
    provider.claims["at_hash"] = half_hash("an access token", digest)
    async with opened(provider) as client:
        assert (await sign_in(provider, client)).subject == "248289761001"


async def test_keys_that_cannot_be_used_do_not_spoil_the_others(provider: OpenIdProvider) -> None:
    strange = [{"kty": "AKP"}, {"kty": "EC", "crv": "P-999"}, {"kty": ["RSA"]}, {"kty": "RSA", "n": 1}, "key", None, {}]
    provider.more_keys = [*strange, {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}, {"kty": "RSA", "n": "!"}]
    async with opened(provider) as client:
        assert (await sign_in(provider, client)).subject == "248289761001"


async def test_what_is_published_is_kept_for_an_hour(provider: OpenIdProvider, clock: Counter) -> None:
    async with opened(provider) as client:
        await client.begin(BEGINNING, soon())
        clock.move(minutes=59, seconds=59)
        await client.begin(BEGINNING, soon())
        assert provider.asked == ["discovery", "jwks"]
        clock.move(seconds=1)
        await client.begin(BEGINNING, soon())
    assert provider.asked == ["discovery", "jwks"] * 2


async def test_many_at_once_ask_once(provider: OpenIdProvider) -> None:
    async with opened(provider) as client:
        await asyncio.gather(*(client.begin(BEGINNING, soon()) for _ in range(20)))
        assert provider.asked == ["discovery", "jwks"]
        rotate(provider, SECOND)
        identities = await asyncio.gather(*(sign_in(provider, client) for _ in range(10)))
    assert len(identities) == 10
    assert [provider.asked.count(each) for each in ("discovery", "jwks", "token")] == [2, 2, 10]


async def test_rotated_keys_are_fetched_at_most_once_a_minute(provider: OpenIdProvider, clock: Counter) -> None:
    async with opened(provider) as client:
        await sign_in(provider, client)
        for key, asked in ((SECOND, 2), (THIRD, 2)):
            rotate(provider, key)
            if key is THIRD:
                with pytest.raises(SignInRefused, match="ID_TOKEN_KEY"):
                    await sign_in(provider, client)
            else:
                await sign_in(provider, client)
            assert provider.asked.count("jwks") == provider.asked.count("discovery") == asked
        clock.move(seconds=60)
        assert (await sign_in(provider, client)).subject
    assert provider.asked.count("jwks") == 3


async def test_a_flood_of_unknown_keys_costs_one_fetch_a_minute(provider: OpenIdProvider) -> None:
    provider.header["kid"] = "unknown"
    async with opened(provider) as client:
        tries = await asyncio.gather(*(sign_in(provider, client) for _ in range(10)), return_exceptions=True)
    assert [str(each) for each in tries] == ["ID_TOKEN_KEY"] * 10
    assert provider.asked.count("jwks") == 2


async def test_a_stale_key_is_refused_once_another_was_seen(provider: OpenIdProvider, clock: Counter) -> None:
    async with opened(provider) as client:
        await sign_in(provider, client)
        rotate(provider, SECOND)
        await sign_in(provider, client)
        rotate(provider, KEY)
        provider.keys = [SECOND]
        with pytest.raises(SignInRefused, match="ID_TOKEN_KEY"):
            await sign_in(provider, client)
        clock.move(minutes=1)
        with pytest.raises(SignInRefused, match="ID_TOKEN_KEY"):
            await sign_in(provider, client)


async def test_a_key_that_was_withdrawn_is_refused_within_the_hour(provider: OpenIdProvider, clock: Counter) -> None:
    async with opened(provider) as client:
        await sign_in(provider, client)
        provider.keys = [SECOND]
        clock.move(hours=1)
        with pytest.raises(SignInRefused, match="ID_TOKEN_KEY"):
            await sign_in(provider, client)


async def test_whoever_waits_for_another_ones_fetch_keeps_to_their_own_deadline(provider: OpenIdProvider) -> None:
    provider.hanging = "discovery"
    async with opened(provider) as client:
        first = asyncio.ensure_future(client.begin(BEGINNING, Deadline.within(0.6)))
        with pytest.raises(ProviderUnavailable, match="UPSTREAM_TIMEOUT"):
            await client.begin(BEGINNING, Deadline.within(0.2))
        assert not first.done()
        with pytest.raises(ProviderUnavailable, match="UPSTREAM_TIMEOUT"):
            await first
    provider.hanging = ""


async def test_after_a_failure_the_next_one_asks_again(provider: OpenIdProvider) -> None:
    provider.statuses["jwks"] = 503
    async with opened(provider) as client:
        with pytest.raises(ProviderUnavailable):
            await client.begin(BEGINNING, soon())
        del provider.statuses["jwks"]
        assert (await sign_in(provider, client)).subject
