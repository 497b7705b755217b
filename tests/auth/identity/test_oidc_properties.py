"""Whatever an OpenID provider says is read or refused: nothing else can come of it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import KeySet

from auth.identity.oidc_discovery import Published
from auth.identity.oidc_id_token import Expected, read_id_token
from auth.identity.oidc_metadata import ALGORITHMS, ProviderMetadata, read_keys, read_metadata
from auth.identity.port import ProviderUnavailable, SignInRefused
from tests.auth.identity.openid_provider import KEY, encoded, half_hash, signed

ISSUER: Final = "https://op.example.org"
NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TIME: Final = int(NOW.timestamp())
METADATA: Final = ProviderMetadata(
    ISSUER, ISSUER, ISSUER, ISSUER, None, None, ALGORITHMS, frozenset(), promises_issuer=True
)
PUBLISHED: Final = Published(METADATA, KeySet([KEY]), NOW)
EXPECTED: Final = Expected("us", "an access token", "a nonce", 300)
CLAIMS: Final = {
    "iss": ISSUER,
    "sub": "1",
    "aud": "us",
    "azp": "us",
    "nonce": "a nonce",
    "exp": TIME + 1,
    "iat": TIME,
    "nbf": TIME,
    "auth_time": TIME,
    "at_hash": half_hash("an access token"),
}

LEAVES: Final = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("us") | st.just(TIME)
JSON: Final = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4)


def any_of(names: Mapping[str, object]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(sorted(names)), JSON, max_size=2)


def read(token: str) -> dict[str, Any]:
    return read_id_token(token, PUBLISHED, EXPECTED, NOW)


def test_the_claims_by_themselves_are_accepted() -> None:
    assert read(signed({"alg": "ES256", "kid": "first"}, CLAIMS)) == CLAIMS


@given(st.text() | st.from_regex(r"[\w-]*(\.[\w-]*){0,5}", fullmatch=True))
def test_any_text_is_refused(token: str) -> None:
    with suppress(SignInRefused):
        read(token)
        raise AssertionError(token)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "jwk", "x5c", "zip", "enc"]), JSON))
def test_any_header_is_refused_or_harmless(header: dict[str, Any]) -> None:
    token = signed({"alg": "ES256", "kid": "first"}, CLAIMS)
    head = encoded(json.dumps({"alg": "ES256", "kid": "first", **header}).encode())
    with suppress(SignInRefused):
        read(f"{head}.{token.partition('.')[2]}")


@given(any_of(CLAIMS))
def test_any_claims_are_refused_or_what_is_expected(claims: dict[str, Any]) -> None:
    with suppress(SignInRefused):
        told = read(signed({"alg": "ES256", "kid": "first"}, {**CLAIMS, **claims}))
        assert (told["iss"], told["nonce"], told["at_hash"]) == (ISSUER, "a nonce", CLAIMS["at_hash"])
        assert told["aud"] == "us" or "us" in told["aud"]
        assert told["azp"] == "us"
        assert told["sub"]
        assert isinstance(told["sub"], str)
        assert told["iat"] <= TIME + 30
        assert told["exp"] > TIME - 30
        assert abs(told["auth_time"] - TIME) <= 330


@given(
    any_of(
        dict.fromkeys(
            (
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
                "userinfo_endpoint",
                "end_session_endpoint",
                "id_token_signing_alg_values_supported",
                "token_endpoint_auth_methods_supported",
                "authorization_response_iss_parameter_supported",
                "issuer",
            )
        )
    )
)
def test_any_metadata_is_refused_or_secure(changes: dict[str, Any]) -> None:
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    with suppress(ProviderUnavailable):
        read_as = read_metadata({"issuer": ISSUER, **dict.fromkeys(names, f"{ISSUER}/x"), **changes}, ISSUER)
        assert read_as.issuer == ISSUER
        assert read_as.token_endpoint.startswith("https://")
        assert read_as.algorithms
        assert read_as.algorithms <= ALGORITHMS


@given(JSON | st.lists(any_of(dict.fromkeys(("kty", "kid", "use", "alg", "crv", "x", "y", "n", "e", "k"))) | JSON))
def test_any_keys_are_left_out_or_usable(keys: object) -> None:
    with suppress(ProviderUnavailable):
        assert all(key.key_type in {"RSA", "EC", "OKP"} for key in read_keys({"keys": keys}))


@given(any_of(KEY.as_dict(private=False)))
def test_a_key_with_a_mistake_is_left_out_or_usable(mistakes: dict[str, Any]) -> None:
    with suppress(ProviderUnavailable):
        assert read_keys({"keys": [{**KEY.as_dict(private=False), **mistakes}]})
