"""Access tokens (RFC 9068): what is issued is read back, and nothing else is."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from schema.errors import Unauthenticated
from schema.scopes import CUSTOMER_SCOPES, Principal, Scope
from tests.auth.people import KEY, open_tokens

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": KEY.thumbprint()}


def claims(**changes: object) -> dict[str, Any]:
    """Return the claims of a good token; a change to None leaves one out."""
    issued = int(NOW.timestamp())
    good = {
        "iss": "http://127.0.0.1/",
        "aud": "http://127.0.0.1/graphql",
        "client_id": "gridgate",
        "sub": "s1",
        "scope": "balance:read",
        "jti": "1",
        "iat": issued,
        "auth_time": issued,
        "exp": issued + 600,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(header: dict[str, Any] | None = None, key: ECKey = KEY, **changes: object) -> str:
    return jwt.encode(HEADER if header is None else header, claims(**changes), key, default_type=None)


def test_issued_token_is_read_back() -> None:
    tokens = open_tokens()
    token, expires_at = tokens.issue("s1", [Scope.BALANCE_READ, Scope.ACCOUNTS_READ], NOW)
    assert expires_at == NOW + timedelta(minutes=10)
    expected = Principal("s1", frozenset({Scope.BALANCE_READ, Scope.ACCOUNTS_READ}), expires_at)
    assert tokens.read(token, NOW) == tokens.read(token, NOW) == open_tokens().read(token, NOW) == expected


def test_issued_token_is_what_rfc_9068_says() -> None:
    token, _ = open_tokens(random_bytes=bytes).issue("s1", CUSTOMER_SCOPES, NOW)
    read = jwt.decode(token, KEY, algorithms=["ES256"])
    assert read.header == HEADER
    assert read.claims == claims(jti="0" * 32, scope=" ".join(sorted(scope.value for scope in Scope)))


def test_good_token_of_our_making_passes() -> None:
    assert open_tokens().read(signed(), NOW).subject == "s1"


def test_unknown_scopes_allow_nothing() -> None:
    assert open_tokens().read(signed(scope="balance:read world:rule"), NOW).scopes == {Scope.BALANCE_READ}
    assert open_tokens().read(signed(scope=""), NOW).scopes == frozenset()


@pytest.mark.parametrize("name", sorted(claims()))
@pytest.mark.parametrize(
    "value",
    [None, "", [], {}, True, ["http://127.0.0.1/graphql"], "other", 1.5, 10**400],
    ids=lambda value: repr(value)[:12],
)
def test_each_claim_is_required_and_checked(name: str, value: Any) -> None:  # noqa: ANN401 -- any JSON
    fits = name in {"sub", "jti", "scope"} and (value == "other" or (name, value) == ("scope", ""))
    with nullcontext() if fits else pytest.raises(Unauthenticated):
        open_tokens().read(signed(**{name: value}), NOW)


def test_token_ends_at_its_second_also_when_it_is_remembered() -> None:
    tokens = open_tokens()
    token, expires_at = tokens.issue("s1", CUSTOMER_SCOPES, NOW)
    tokens.read(token, expires_at - timedelta(microseconds=1))
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            tokens.read(token, expires_at)
    with pytest.raises(Unauthenticated):
        open_tokens().read(token, expires_at)


def test_clocks_may_differ_by_half_a_minute_at_the_beginning() -> None:
    later = int(NOW.timestamp()) + 30
    assert open_tokens().read(signed(iat=later), NOW)
    with pytest.raises(Unauthenticated):
        open_tokens().read(signed(iat=later + 1), NOW)


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "typ": "JWT"},
        {**HEADER, "typ": "AT+JWT"},
        {"alg": "ES256", "kid": KEY.thumbprint()},
        {"alg": "ES256", "typ": "at+jwt"},
        {**HEADER, "kid": "another"},
        {**HEADER, "crit": ["exp"], "exp": 1},
    ],
)
def test_header_is_checked(header: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        open_tokens().read(unchecked(header), NOW)


def unchecked(header: dict[str, Any]) -> str:
    """Sign what joserfc would refuse to write."""
    if "crit" not in header:
        return signed(header)
    return ".".join((part(header), *signed().split(".")[1:]))


def part(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_other_keys_and_algorithms_are_refused() -> None:
    by_public_key = f"{part({**HEADER, 'alg': 'HS256'})}.{part(claims())}"
    mac = urlsafe_b64encode(hmac.digest(KEY.as_pem(private=False), by_public_key.encode(), "sha256")).rstrip(b"=")
    forged = {
        "another key": signed(key=ECKey.generate_key("P-256")),
        "no signature": f"{part(HEADER)}.{part(claims())}.",
        "alg none": f"{part({**HEADER, 'alg': 'none'})}.{part(claims())}.",
        "the public key as a secret": f"{by_public_key}.{mac.decode()}",
        "two signatures": signed() + "." + signed().split(".")[2],
    }
    for token in forged.values():
        with pytest.raises(Unauthenticated):
            open_tokens().read(token, NOW)


@given(st.one_of(st.text(max_size=200), st.text(alphabet="abcXYZ019-_.", max_size=200)))
def test_any_text_is_refused_the_same_way(text: str) -> None:
    with pytest.raises(Unauthenticated, match="sign in again"):
        open_tokens().read(text, NOW)


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_changed_token_is_read(at: int, bit: int) -> None:
    token = bytearray(signed().encode())
    token[at % len(token)] ^= 1 << bit
    try:
        principal = open_tokens().read(token.decode("latin-1"), NOW)
    except Unauthenticated:
        return
    assert principal.subject == "s1"  # the last character of a base64 part carries bits that mean nothing


def test_long_text_is_refused_without_being_read() -> None:
    with pytest.raises(Unauthenticated):
        open_tokens().read("a" * 4097, NOW)


def test_memory_of_verified_tokens_is_bounded() -> None:
    tokens = open_tokens(remembered=3)
    issued = [tokens.issue(f"s{at}", [], NOW)[0] for at in range(10)]
    assert [tokens.read(token, NOW).subject for token in issued * 2] == [f"s{at}" for at in range(10)] * 2


def test_remembered_token_does_not_lend_its_claims_to_another() -> None:
    tokens = open_tokens()
    token = signed()
    tokens.read(token, NOW)
    head, _, tail = token.split(".")
    stolen = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    with pytest.raises(Unauthenticated):
        tokens.read(f"{head}.{part({**stolen, 'sub': 's2'})}.{tail}", NOW)
