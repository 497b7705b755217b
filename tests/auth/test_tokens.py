"""Access tokens (RFC 9068): what is issued is read back, and nothing else is."""

import json
from base64 import urlsafe_b64decode
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt

from auth.keys import OVERLAP, SigningKeys, open_keys
from auth.token_claims import CLOCKS_APART, LONGEST_LIFETIME
from auth.tokens import FIRST_PARTY, AccessTokens, Bearer
from schema.authentication import Amr, Assurance, Authentication
from schema.errors import Unauthenticated
from schema.scopes import CUSTOMER_SCOPES, PARTNER_SCOPES, Principal, Scope
from tests.auth.people import KEY, Counter, open_tokens
from tests.auth.token_forge import (
    CUSTOMER,
    HEADER,
    NOW,
    SECOND,
    SIGNED_IN,
    THUMBPRINT,
    claims,
    hostile,
    part,
    signed,
    under,
)


def is_refused(token: str, tokens: AccessTokens | None = None, now: datetime = NOW) -> bool:
    with pytest.raises(Unauthenticated, match="sign in again"):
        (tokens or open_tokens()).read(token, now)
    return True


def test_issued_token_is_read_back() -> None:
    tokens = open_tokens()
    bearer = Bearer("s1", "app", [Scope.BALANCE_READ, Scope.ACCOUNTS_READ], SIGNED_IN, "g1", "f1", THUMBPRINT)
    issued = tokens.issue(bearer, NOW)
    assert issued.expires_at == SECOND + timedelta(minutes=10)
    assert issued.token not in repr(issued)
    expected = Principal(
        subject="s1",
        scopes=frozenset({Scope.BALANCE_READ, Scope.ACCOUNTS_READ}),
        expires_at=issued.expires_at,
        client="app",
        grant="g1",
        session="f1",
        authentication=SIGNED_IN,
        issued_at=NOW,
        revocable=(f"jti:{issued.token_id}", "sid:f1", "grant:g1", "subject:s1", "client:app"),
        proof_key=THUMBPRINT,
    )
    read = [each.read(issued.token, NOW) for each in (tokens, tokens, open_tokens())]
    assert read == [expected] * 3


def test_issued_token_is_what_rfc_9068_says() -> None:
    issued = open_tokens(random_bytes=bytes).issue(Bearer("s1", FIRST_PARTY, CUSTOMER_SCOPES, SIGNED_IN), NOW)
    read = jwt.decode(issued.token, KEY, algorithms=["ES256"])
    assert read.header == HEADER
    assert read.claims == claims(jti="0" * 32, scope=" ".join(sorted(scope.value for scope in CUSTOMER_SCOPES)))
    assert issued.token_id == "0" * 32


def test_what_a_bearer_lacks_stands_in_no_claim() -> None:
    bound = Bearer("s1", "app", [], SIGNED_IN, "g1", "f1", THUMBPRINT)
    read = jwt.decode(open_tokens().issue(bound, NOW).token, KEY).claims
    assert read.keys() - claims().keys() == {"grant_id", "sid", "cnf"}
    assert (read["grant_id"], read["sid"], read["cnf"]) == ("g1", "f1", {"jkt": THUMBPRINT})


def test_customer_who_signed_in_here_comes_by_no_client() -> None:
    principal = open_tokens().read(open_tokens().issue(CUSTOMER, NOW).token, NOW)
    assert (principal.subject, principal.client, principal.grant, principal.session) == ("s1", None, None, None)
    assert principal.revocable[1:] == ("subject:s1", "client:gridgate")


def test_client_on_its_own_has_no_subject() -> None:
    issued = open_tokens().issue(Bearer("bank", "bank", PARTNER_SCOPES), NOW)
    principal = open_tokens().read(issued.token, NOW)
    assert (principal.subject, principal.client, principal.scopes) == (None, "bank", PARTNER_SCOPES)
    assert principal.authentication is None
    assert principal.revocable == (f"jti:{issued.token_id}", "client:bank")


@pytest.mark.parametrize(
    "bearer",
    [
        Bearer("s1", FIRST_PARTY, []),
        Bearer("s1", "app", []),
        Bearer("app", "app", [], SIGNED_IN),
        Bearer(FIRST_PARTY, FIRST_PARTY, []),
        Bearer("bank", "bank", [], grant="g1"),
        Bearer("bank", "bank", [], family="f1"),
    ],
)
def test_no_token_is_signed_that_would_not_be_read(bearer: Bearer) -> None:
    with pytest.raises(ValueError, match=r"a sign-in|a client on its own"):
        open_tokens().issue(bearer, NOW)


@pytest.mark.parametrize(("asked", "got"), [(timedelta(seconds=60), 60), (timedelta(hours=1), 600), (None, 600)])
def test_lifetime_may_be_shorter_and_never_longer(asked: timedelta | None, got: int) -> None:
    for tokens in (open_tokens(), open_tokens(lifetime=timedelta(days=1))):
        issued = tokens.issue(Bearer("s1", FIRST_PARTY, [], SIGNED_IN, lifetime=asked), NOW)
        assert issued.expires_at == SECOND + timedelta(seconds=got)
        assert tokens.read(issued.token, NOW).expires_at == issued.expires_at


def test_sign_in_by_a_clock_that_is_ahead_counts_as_now() -> None:
    early = Authentication(Assurance.HIGH, (Amr.HARDWARE_KEY,), NOW + timedelta(seconds=5))
    principal = open_tokens().read(open_tokens().issue(Bearer("s1", FIRST_PARTY, [], early), NOW).token, NOW)
    assert principal.authentication == Authentication(Assurance.HIGH, ("hwk",), SECOND)


def test_good_token_of_our_making_passes() -> None:
    assert open_tokens().read(signed(), NOW).subject == open_tokens().read(under(HEADER), NOW).subject == "s1"


def test_unknown_scopes_allow_nothing() -> None:
    assert open_tokens().read(signed(scope="balance:read world:rule"), NOW).scopes == {Scope.BALANCE_READ}
    assert open_tokens().read(signed(scope=""), NOW).scopes == frozenset()


FITTING: Final = {
    ("sub", "other"), ("jti", "other"), ("client_id", "other"), ("scope", "other"), ("scope", ""), ("amr", "[]"),
    ("amr", "['http://127.0.0.1/graphql']"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(claims()))
@pytest.mark.parametrize(
    "value",
    [None, "", [], {}, True, ["http://127.0.0.1/graphql"], "other", 1.5, 10**400, -1],
    ids=lambda value: repr(value)[:12],
)
def test_each_claim_is_required_and_checked(name: str, value: Any) -> None:  # noqa: ANN401 -- any JSON
    fits = (name, value if isinstance(value, str) else repr(value)) in FITTING
    with nullcontext() if fits else pytest.raises(Unauthenticated):
        open_tokens().read(signed(**{name: value}), NOW)


def test_hostile_tokens_are_refused() -> None:
    refused = [name for name, token in hostile().items() if is_refused(token)]
    print(f"hostile tokens refused: {len(refused)} of {len(hostile())}")
    assert len(refused) == len(hostile()) == 78


def test_token_ends_at_its_second_also_when_it_is_remembered() -> None:
    tokens = open_tokens()
    issued = tokens.issue(CUSTOMER, NOW)
    tokens.read(issued.token, issued.expires_at - timedelta(microseconds=1))
    for each in (tokens, tokens, open_tokens()):
        assert is_refused(issued.token, each, issued.expires_at)


def test_clocks_may_differ_by_half_a_minute_at_the_beginning() -> None:
    token = open_tokens().issue(CUSTOMER, NOW + CLOCKS_APART).token
    assert open_tokens().read(token, NOW)
    assert is_refused(token, now=NOW - timedelta(microseconds=1))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 -- hypothesis adds the zone
def test_moment_of_issue_is_read_back_to_the_microsecond(now: datetime) -> None:
    issued = open_tokens().issue(Bearer("s1", FIRST_PARTY, [], Authentication(Assurance.LOW, (), now)), now)
    principal = open_tokens().read(issued.token, now)
    assert principal.issued_at == now
    assert now + LONGEST_LIFETIME - timedelta(seconds=1) < issued.expires_at <= now + LONGEST_LIFETIME


def signing_by(keys: SigningKeys) -> AccessTokens:
    return AccessTokens(keys, issuer="i", audience="a")


def test_token_by_a_retired_key_is_good_until_no_such_token_can_live(tmp_path: Path) -> None:
    clock = Counter()
    keys = open_keys(tmp_path / "keys.json", now=clock.now)
    tokens, unaware = signing_by(keys), signing_by(open_keys(tmp_path / "keys.json"))
    before = tokens.issue(CUSTOMER, clock.now()).token
    keys.rotate()
    after = tokens.issue(CUSTOMER, clock.now()).token
    assert [unaware.read(token, clock.now()).subject for token in (before, after)] == ["s1", "s1"]
    clock.move(seconds=OVERLAP.total_seconds() - 1)
    late = unaware.issue(CUSTOMER, clock.now()).token
    assert tokens.read(late, clock.now()).subject == "s1"
    clock.move(seconds=1)
    for each in (tokens, signing_by(keys)):
        assert is_refused(late, each, clock.now())


def test_leaked_keys_make_every_token_worthless_also_a_remembered_one(tmp_path: Path) -> None:
    keys = open_keys(tmp_path / "keys.json")
    tokens = signing_by(keys)
    token = tokens.issue(CUSTOMER, NOW).token
    assert tokens.read(token, NOW).subject == "s1"
    keys.rotate(leaked=True)
    assert is_refused(token, tokens)
    assert tokens.read(tokens.issue(CUSTOMER, NOW).token, NOW).subject == "s1"


@given(st.one_of(st.text(max_size=200), st.text(alphabet="abcXYZ019-_.", max_size=200)))
def test_any_text_is_refused_the_same_way(text: str) -> None:
    assert is_refused(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4), st.booleans())
def test_any_header_is_refused_the_same_way(value: object, is_member: bool) -> None:  # noqa: FBT001 -- drawn
    for name in ("alg", "typ", "kid", "crit", "b64"):
        header = {**HEADER, name: value} if is_member else value
        if header != HEADER:
            assert is_refused(under(header))


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_changed_token_is_read(at: int, bit: int) -> None:
    token = bytearray(signed().encode())
    token[at % len(token)] ^= 1 << bit
    try:
        principal = open_tokens().read(token.decode("latin-1"), NOW)
    except Unauthenticated:
        return
    assert principal.subject == "s1"  # the last character of a base64 part carries bits that mean nothing


def test_memory_of_verified_tokens_is_bounded() -> None:
    tokens = open_tokens(remembered=3)
    issued = [tokens.issue(Bearer(f"s{at}", FIRST_PARTY, [], SIGNED_IN), NOW).token for at in range(10)]
    assert [tokens.read(token, NOW).subject for token in issued * 2] == [f"s{at}" for at in range(10)] * 2


def test_remembered_token_does_not_lend_its_claims_to_another() -> None:
    tokens = open_tokens()
    token = signed()
    tokens.read(token, NOW)
    head, _, tail = token.split(".")
    stolen = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert is_refused(f"{head}.{part({**stolen, 'sub': 's2'})}.{tail}", tokens)
