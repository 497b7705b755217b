"""DPoP proofs (RFC 9449): one for this very request counts once, and nothing else counts."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.dpop import ProofRefused, Proofs
from auth.proof_key import ALGORITHMS
from connectors.store.engine import open_store, reading
from connectors.store.sign_in_tables import tickets
from connectors.store.tickets import TicketRows
from tests.auth.hostile_proofs import hostile
from tests.auth.people import Counter
from tests.auth.proof_maker import EC, ISSUED_AT, KEYS, TOKEN, URL, claims, header, proof, proof_by
from tests.race import race

OURS: Final = EC.thumbprint()


@pytest.fixture
def proofs(store: AsyncEngine, clock: Counter) -> Proofs:
    return Proofs(TicketRows(store), clock.now)


async def verify(
    proofs: Proofs,
    given: str | Sequence[str],
    *,
    method: str = "POST",
    url: str = URL,
    access_token: str | None = TOKEN,
    expected_key: str | None = OURS,
) -> str:
    return await proofs.verify(given, method=method, url=url, access_token=access_token, expected_key=expected_key)


async def why(proofs: Proofs, given: str | Sequence[str], **request: str | None) -> str:
    """Return the reason for which a proof is refused."""
    with pytest.raises(ProofRefused) as refused:
        await verify(proofs, given, **request)  # type: ignore[arg-type]  # a part of a request by its name
    return refused.value.reason


async def count_of_tickets(store: AsyncEngine) -> int:
    async with reading(store) as connection:
        return (await connection.execute(select(func.count()).select_from(tickets))).scalar_one()


async def test_good_proof_gives_the_thumbprint_of_its_key(proofs: Proofs) -> None:
    assert await verify(proofs, proof()) == OURS


async def test_each_algorithm_that_is_announced_is_taken(proofs: Proofs) -> None:
    assert list(ALGORITHMS) == ["ES256", "RS256", "EdDSA", "Ed25519"]
    for at, algorithm in enumerate(ALGORITHMS):
        key = KEYS["Ed25519" if algorithm == "EdDSA" else algorithm].thumbprint()
        assert await verify(proofs, [proof_by(algorithm, jti=str(at))], expected_key=key) == key


async def test_what_else_stands_in_header_and_key_does_not_count(proofs: Proofs) -> None:
    jwk = {**EC.as_dict(private=False), "kid": "1", "use": "enc", "alg": "ES512", "key_ops": ["sign"], "x5c": 1}
    assert await verify(proofs, proof(header(jwk=jwk, kid="another", note="x"), claims(nonce="n", exp=1))) == OURS


async def test_hostile_proofs_are_refused_and_use_up_nothing(proofs: Proofs, store: AsyncEngine) -> None:
    proofs_given = hostile()
    reasons = {name: await why(proofs, given, expected_key=None) for name, given in proofs_given.items()}
    print(f"hostile proofs refused: {len(reasons)} of {len(proofs_given)}, for {len(set(reasons.values()))} reasons")
    assert len(reasons) == 113
    assert reasons["RSA of 8192 bits"] == "the proof's key cannot be used: n does not fit RS256"
    assert reasons["RSA with a long exponent"] == "the proof's key cannot be used: e does not fit RS256"
    assert await count_of_tickets(store) == 0
    assert await verify(proofs, proof()) == OURS
    assert await count_of_tickets(store) == 1


@pytest.mark.parametrize("given", [[], [proof(), proof()], ["", proof()]], ids=["none", "two", "one and an empty one"])
async def test_request_needs_one_proof(proofs: Proofs, given: list[str]) -> None:
    assert await why(proofs, given) == "the request needs one DPoP header"


async def test_proof_counts_once(proofs: Proofs, clock: Counter) -> None:
    given = proof()
    await verify(proofs, given)
    assert await why(proofs, given) == "the proof was used before"
    assert await why(proofs, proof(None, claims(iat=ISSUED_AT - 1))) == "the proof was used before"
    await verify(proofs, proof(None, claims(jti="proof-2")))
    await verify(proofs, proof_by("Ed25519"), expected_key=None)
    clock.move(seconds=60)
    assert await why(proofs, given) == "the proof was used before"
    clock.move(seconds=1)
    assert await why(proofs, given) == "iat is too old or in the future"


async def test_ticket_outlives_the_proof_by_any_clock(proofs: Proofs, store: AsyncEngine, clock: Counter) -> None:
    given = proof(None, claims(iat=ISSUED_AT + 5))
    await verify(proofs, given)
    clock.move(seconds=65)
    await TicketRows(store).forget(clock.now())
    assert await why(proofs, given) == "the proof was used before"
    clock.move(minutes=2)
    assert await TicketRows(store).forget(clock.now()) == 1


async def test_proof_may_be_a_minute_old_or_five_seconds_ahead(proofs: Proofs, store: AsyncEngine) -> None:
    for at, iat in enumerate([ISSUED_AT - 60, ISSUED_AT + 5, ISSUED_AT - 59.5, ISSUED_AT]):
        await verify(proofs, proof(None, claims(iat=iat, jti=str(at))))
    patient = Proofs(TicketRows(store), Counter().now, max_age=timedelta(minutes=5), max_ahead=timedelta(seconds=30))
    await verify(patient, proof(None, claims(iat=ISSUED_AT - 300, jti="old")))
    await verify(patient, proof(None, claims(iat=ISSUED_AT + 30, jti="ahead")))


async def test_token_is_bound_to_one_key(proofs: Proofs) -> None:
    reason = "the proof is signed by another key than the token is bound to"
    assert await why(proofs, proof(), expected_key=KEYS["RS256"].thumbprint()) == reason
    assert await why(proofs, proof(), expected_key="") == reason
    assert await why(proofs, proof(), expected_key="\u0457") == reason


async def test_where_no_token_comes_with_the_request_none_is_hashed(proofs: Proofs) -> None:
    assert await verify(proofs, proof(None, claims(ath=None)), access_token=None, expected_key=None) == OURS
    assert await verify(proofs, proof(None, claims(jti="2")), access_token=None, expected_key=None) == OURS
    assert await why(proofs, proof(None, claims(ath=None, jti="3"))) == "ath is not the hash of the access token"
    assert await why(proofs, proof(None, claims(jti="3")), access_token="") == "ath is not the hash of the access token"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (URL, URL),
        ("HTTPS://Gateway.EXAMPLE/graphql", URL),
        ("https://gateway.example:443/graphql", URL),
        ("https://gateway.example:/graphql", URL),
        (URL, "https://gateway.example:443/graphql?query=1#top"),
        (f"{URL}?query=1#top", URL),
        ("http://127.0.0.1:8000/graphql", "http://127.0.0.1:8000/graphql"),
        ("http://127.0.0.1", "http://127.0.0.1:80/"),
        ("https://[::1]:443/graphql", "https://[::1]/graphql"),
    ],
)
async def test_addresses_that_mean_the_same_are_the_same(proofs: Proofs, said: str, asked: str) -> None:
    assert await verify(proofs, proof(None, claims(htu=said)), url=asked) == OURS


def unreached() -> Proofs:
    """Verify by a store that would fail if it were asked."""
    return Proofs(TicketRows(open_store("sqlite+aiosqlite:////nowhere/store.db")), Counter().now)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3)


@given(st.one_of(st.text(max_size=200), st.text(alphabet="abcXYZ019-_.", max_size=200)))
def test_any_text_is_refused(text: str) -> None:
    assert asyncio.run(why(unreached(), text))


@given(st.sampled_from(["typ", "alg", "jwk", "crit", "b64"]), JSON)
def test_any_header_is_refused(name: str, value: object) -> None:
    assert asyncio.run(why(unreached(), proof(header() | {name: value})))


@given(st.sampled_from(["kty", "crv", "x", "y", "d"]), JSON)
def test_any_key_is_refused(name: str, value: object) -> None:
    assert asyncio.run(why(unreached(), proof(header(jwk=EC.as_dict(private=False) | {name: value}))))


@given(st.sampled_from(["htm", "htu", "ath"]), JSON)
def test_any_claim_is_refused(name: str, value: object) -> None:
    assert asyncio.run(why(unreached(), proof(None, claims() | {name: value})))


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_changed_proof_counts(at: int, bit: int) -> None:
    good = proof()
    changed = bytearray(good.encode())
    changed[at % len(good)] ^= 1 << bit
    if changed[:-1] != good.encode()[:-1]:  # the last character carries bits that mean nothing
        assert asyncio.run(why(unreached(), changed.decode("latin-1")))


def verify_in_process(start: Callable[[], None], _runner: int, url: str, given: list[str]) -> list[str]:
    async def run() -> list[str]:
        engine = open_store(url)
        proofs, answers = Proofs(TicketRows(engine), Counter().now), []
        start()
        for each in given:
            try:
                answers.append(await verify(proofs, each, expected_key=None))
            except ProofRefused as error:
                answers.append(error.reason)
        await engine.dispose()
        return answers

    return asyncio.run(run())


async def test_of_two_processes_with_one_proof_one_wins(store_url: str) -> None:
    given = [proof(None, claims(jti=str(at))) for at in range(20)]
    one, other = race(verify_in_process, store_url, given)
    assert [sorted(pair) for pair in zip(one, other, strict=True)] == [sorted([OURS, "the proof was used before"])] * 20
