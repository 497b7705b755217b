"""Passkeys made of anything: whatever a browser sends is refused, and nothing breaks."""

import asyncio
import json
from typing import Final

import cbor2
from hypothesis import given
from hypothesis import strategies as st

from auth.audit import Audit
from auth.passkeys import MAX_CREDENTIAL, Passkeys, RelyingParty, challenge_of
from connectors.store.audit import AuditRows
from connectors.store.passkeys import Passkey, PasskeyRows
from connectors.store.tickets import TicketRows
from schema.refusals import Refusal
from tests.auth.hall import FIREFOX
from tests.auth.people import Counter
from tests.auth.soft_authenticator import HONEST, Said, SoftAuthenticator, b64

ORIGIN: Final = "https://kabinet.example"
PARTY: Final = RelyingParty("kabinet.example", "A utility", ORIGIN)


class Inviting(TicketRows):
    """Tickets of a customer whom any challenge invites."""

    def __init__(self) -> None:
        """Keep nothing."""

    async def take(self, *_: object) -> str | None:
        return "s1"


class Empty(PasskeyRows):
    """Passkeys of nobody, that are none the more for being added."""

    def __init__(self) -> None:
        """Keep nothing."""

    async def of_subject(self, *_: object) -> list[Passkey]:
        return []


def add_anywhere(credential: str) -> Passkey | Refusal:
    class Silent(AuditRows):
        def __init__(self) -> None:
            """Keep nothing."""

    clock = Counter()
    passkeys = Passkeys(Empty(), Inviting(), Audit(Silent(), clock.now), PARTY, clock.now)
    return asyncio.run(passkeys.add("s1", credential, "phone", FIREFOX))


JSON: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
CBOR: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-300, 300), st.binary(max_size=40), st.sampled_from([-7, -257, 2])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.integers(-5, 5), inner, max_size=5)),
    max_leaves=8,
)
INVITATION: Final = json.dumps(
    {"rp": {"id": PARTY.domain}, "user": {"id": b64(b"s1")}, "challenge": b64(b"c" * 32), "allowCredentials": []}
)


def made(said: Said = HONEST) -> dict[str, dict[str, object]]:
    credential: dict[str, dict[str, object]] = json.loads(SoftAuthenticator(ORIGIN).make(INVITATION, said))
    return credential


@given(st.one_of(st.text(max_size=100), JSON.map(json.dumps), st.integers(1, 9000).map(lambda deep: "[" * deep)))
def test_any_text_is_refused(text: str) -> None:
    assert isinstance(add_anywhere(text), Refusal)


@given(st.sampled_from(["id", "rawId", "type", "response"]), JSON)
def test_any_credential_is_refused(name: str, value: object) -> None:
    assert isinstance(add_anywhere(json.dumps(made() | {name: value})), Refusal)


@given(st.sampled_from(["clientDataJSON", "attestationObject"]), JSON)
def test_any_response_is_refused(name: str, value: object) -> None:
    credential = made()
    credential["response"][name] = value
    assert isinstance(add_anywhere(json.dumps(credential)), Refusal)


@given(CBOR)
def test_any_attestation_is_refused(value: object) -> None:
    credential = made()
    credential["response"]["attestationObject"] = b64(cbor2.dumps(value))
    assert isinstance(add_anywhere(json.dumps(credential)), Refusal)


@given(CBOR.filter(lambda value: not isinstance(value, dict)), st.sampled_from(["none", "packed", "apple", "x"]))
def test_any_key_is_refused(value: object, format_: str) -> None:
    credential = made(Said(public_key=cbor2.dumps(value), format=format_))
    assert isinstance(add_anywhere(json.dumps(credential)), Refusal)


def test_what_is_too_long_is_not_read() -> None:
    credential = json.dumps(made())
    assert challenge_of(credential) == b64(b"c" * 32)
    assert challenge_of(credential + " " * (MAX_CREDENTIAL - len(credential))) == b64(b"c" * 32)
    assert challenge_of(credential + " " * (MAX_CREDENTIAL + 1 - len(credential))) is None
