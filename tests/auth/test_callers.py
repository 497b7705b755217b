"""Callers: a token of ours in force, shown as it must be, or a session that is open; anything else is nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey

from auth.callers import Asked
from auth.token_claims import LONGEST_LIFETIME
from auth.tokens import FIRST_PARTY, Bearer
from schema.errors import Unauthenticated
from schema.scopes import NOBODY, PARTNER_SCOPES, Principal, Scope
from tests.auth.hall import FIREFOX, Hall
from tests.auth.proof_maker import EC, URL, ath, claims, header, proof

PLAIN: Final = Asked("POST", URL)


def issue(hall: Hall, **changes: Any) -> str:  # noqa: ANN401 -- any claim
    given: dict[str, Any] = {
        "subject": "s1",
        "client_id": FIRST_PARTY,
        "scopes": [Scope.BALANCE_READ],
        "authentication": hall.signed_in(),
        **changes,
    }
    return hall.tokens.issue(Bearer(**given), hall.clock.now()).token


def bound(hall: Hall) -> str:
    return issue(hall, proof_key=EC.thumbprint())


def proof_for(hall: Hall, token: str, **changes: object) -> str:
    """Make a good proof for a token, or one with claims changed."""
    good = {"iat": int(hall.clock.now().timestamp()), "ath": ath(token)}
    return proof(body=claims(**{**good, **changes}))


async def refused(hall: Hall, authorization: str, asked: Asked = PLAIN) -> bool:
    try:
        await hall.callers.by_token(authorization, asked)
    except Unauthenticated:
        return True
    return False


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_token_of_ours_tells_who_asks(hall: Hall, scheme: str) -> None:
    for padding in (" ", "  "):
        caller = await hall.callers.by_token(f"{scheme}{padding}{issue(hall)}", PLAIN)
        assert (caller.subject, caller.client, caller.scopes) == ("s1", None, frozenset({Scope.BALANCE_READ}))


async def test_client_on_its_own_is_a_client_and_nobody_s_customer(hall: Hall) -> None:
    token = issue(hall, subject="bank", client_id="bank", scopes=PARTNER_SCOPES, authentication=None)
    caller = await hall.callers.by_token(f"Bearer {token}", PLAIN)
    assert (caller.subject, caller.client) == (None, "bank")


async def test_whatever_is_no_token_shown_as_a_bearer_s_is_refused(hall: Hall) -> None:
    token = issue(hall)
    tried = [
        "", " ", "Bearer", "Bearer ", "Bearer  ", token, f"Bearer{token}", f"Basic {token}", f"Token {token}",
        f"DPoP {token}", f"Bearer,{token}", f"Bearer {token} x", f"Bearer {token}.x", f"Bearer {token[:-2]}",
        f"Bearer Bearer {token}", "Bearer null", "Bearer \x00", "Bearer \ud800", "Bearer " + "a" * 100_000,
        "None", "{}", f"\tBearer {token}", f"Bearer\t{token}",
    ]  # fmt: skip
    assert [each for each in tried if not await refused(hall, each)] == []
    print(f"\nauthorization headers tried: {len(tried)}, let in: 0")


async def test_token_is_refused_once_it_has_expired(hall: Hall) -> None:
    token = issue(hall)
    caller = await hall.callers.by_token(f"Bearer {token}", PLAIN)
    hall.clock.time += LONGEST_LIFETIME
    assert await refused(hall, f"Bearer {token}")
    assert hall.callers.still(caller) is NOBODY


@pytest.mark.parametrize("key", ["jti", "sid", "grant", "subject", "client"])
async def test_token_is_refused_once_anything_it_stands_on_was_revoked(hall: Hall, key: str) -> None:
    token, other = issue(hall, client_id="app", family="f1", grant="g1"), issue(hall, subject="s2")
    caller = await hall.callers.by_token(f"Bearer {token}", PLAIN)
    assert hall.callers.still(caller) == caller
    (revoked,) = (each for each in caller.revocable if each.startswith(f"{key}:"))
    await hall.revocations.revoke(revoked, LONGEST_LIFETIME)
    assert await refused(hall, f"Bearer {token}")
    assert hall.callers.still(caller) is NOBODY
    assert not await refused(hall, f"Bearer {other}")


async def test_bound_token_is_good_with_a_proof_by_its_key_and_once_for_each_proof(hall: Hall) -> None:
    token = bound(hall)
    asked = replace(PLAIN, proofs=[proof_for(hall, token)])
    caller = await hall.callers.by_token(f"DPoP {token}", asked)
    assert (caller.subject, caller.proof_key) == ("s1", EC.thumbprint())
    assert await refused(hall, f"DPoP {token}", asked)
    assert not await refused(hall, f"dpop {token}", replace(PLAIN, proofs=[proof_for(hall, token, jti="proof-2")]))


def hostile(hall: Hall, token: str) -> dict[str, tuple[str, Asked]]:
    """Return ways to show a bound token that are not good, by what is wrong with them."""
    good, stranger = proof_for(hall, token), ECKey.generate_key("P-256")
    now = int(hall.clock.now().timestamp())

    def shown(proofs: Sequence[str], scheme: str = "DPoP", method: str = "POST", url: str = URL) -> tuple[str, Asked]:
        return f"{scheme} {token}", Asked(method, url, proofs)

    by_another = proof(header(jwk=stranger.as_dict(private=False)), claims(iat=now, ath=ath(token)), key=stranger)
    return {
        "as a bearer's": shown([good], "Bearer"),
        "as a bearer's without a proof": shown([], "Bearer"),
        "without a proof": shown([]),
        "with an empty proof": shown([""]),
        "with two proofs": shown([good, proof_for(hall, token, jti="proof-2")]),
        "with a proof by another key": shown([by_another]),
        "with a proof for another method": shown([proof_for(hall, token, htm="GET")]),
        "with a method that is not the proof's": shown([good], method="GET"),
        "with a proof for another path": shown([proof_for(hall, token, htu=URL + "/x")]),
        "with a proof for another host": shown([proof_for(hall, token, htu="https://evil.example/graphql")]),
        "at an address that is not the proof's": shown([good], url="https://other.example/graphql"),
        "with a proof for another token": shown([proof_for(hall, token, ath=ath("another"))]),
        "with a proof for no token": shown([proof_for(hall, token, ath=None)]),
        "with an old proof": shown([proof_for(hall, token, iat=now - 61)]),
        "with a proof of the future": shown([proof_for(hall, token, iat=now + 6)]),
        "with the token as its proof": shown([token]),
    }


async def test_bound_token_is_refused_without_a_proof_for_this_very_request(hall: Hall) -> None:
    token = bound(hall)
    tried = hostile(hall, token)
    assert [name for name, shown in tried.items() if not await refused(hall, *shown)] == []
    print(f"\nbound tokens tried: {len(tried)}, let in: 0")
    assert not await refused(hall, f"DPoP {token}", replace(PLAIN, proofs=[proof_for(hall, token)]))


async def test_unbound_token_takes_no_proof_for_a_bearer_s_scheme(hall: Hall) -> None:
    token = issue(hall)
    assert await refused(hall, f"DPoP {token}", replace(PLAIN, proofs=[proof_for(hall, token)]))


async def test_revoked_token_uses_no_proof_up(hall: Hall) -> None:
    token = bound(hall)
    asked = replace(PLAIN, proofs=[proof_for(hall, token)])
    await hall.revocations.revoke("subject:s1", LONGEST_LIFETIME)
    assert await refused(hall, f"DPoP {token}", asked)
    hall.clock.time += timedelta(seconds=1)
    again = bound(hall)
    assert not await refused(hall, f"DPoP {again}", replace(PLAIN, proofs=[proof_for(hall, again)]))


async def test_session_s_cookie_is_no_token_and_a_token_no_cookie(hall: Hall) -> None:
    await hall.register("s1")
    opened = await hall.sessions.open("s1", "password", hall.signed_in(), FIREFOX)
    token = issue(hall)
    assert (await hall.callers.by_session(opened.secret)).subject == "s1"
    for strange in (token, f"Bearer {token}", opened.session.id, "", "\x00"):
        assert await hall.callers.by_session(strange) is NOBODY
    for strange in (opened.secret, opened.session.id):
        assert await refused(hall, f"Bearer {strange}")


async def test_caller_without_an_end_is_still_there(hall: Hall) -> None:
    endless = Principal(subject="s1")
    assert hall.callers.still(endless) is endless
    assert hall.callers.still(NOBODY) is NOBODY
