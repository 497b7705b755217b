"""Signing in by passkey with anything: whatever a browser sends for a known passkey is refused, and nothing breaks."""

import asyncio
import json
from dataclasses import replace
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.identity.passkey import PasskeyProvider
from auth.identity.port import Beginning, SignInRefused
from auth.passkeys import RelyingParty
from connectors.store.passkeys import Passkey, PasskeyRows
from tests.auth.hall import FIREFOX, soon
from tests.auth.people import Counter
from tests.auth.soft_authenticator import HONEST, Said, SoftAuthenticator, b64, cose_key, raw

ORIGIN: Final = "https://kabinet.example"
PARTY: Final = RelyingParty("kabinet.example", "A utility", ORIGIN)
CHALLENGE: Final = b64(b"c" * 32)
MADE: Final = json.dumps({"rp": {"id": PARTY.domain}, "user": {"id": b64(b"s1")}, "challenge": CHALLENGE})
ASKED: Final = json.dumps({"rpId": PARTY.domain, "challenge": CHALLENGE, "allowCredentials": []})

DEVICE: Final = SoftAuthenticator(ORIGIN)
ID: Final = json.loads(DEVICE.make(MADE))["id"]
PASSKEY: Final = Passkey(
    ID, "s1", cose_key(DEVICE.keys[ID][0]), 0, is_backed_up=False, name="phone", added_at=Counter().now()
)


class Known(PasskeyRows):
    """One passkey that goes by any id."""

    def __init__(self, passkey: Passkey) -> None:
        self._passkey = passkey

    async def find(self, credential_id: str) -> Passkey | None:
        return replace(self._passkey, credential_id=credential_id)

    async def use(self, *_: object) -> bool:
        return True


def finish(credential: str, passkey: Passkey = PASSKEY) -> str:
    """Finish a sign-in, and return whose it is or why it was refused."""
    provider = PasskeyProvider(Known(passkey), PARTY, Counter().now)
    kept = {"challenge": CHALLENGE, "subject": ""}
    beginning = Beginning("state", "https://kabinet.example/sign-in/passkey/callback", FIREFOX)
    try:
        return asyncio.run(provider.finish({"credential": credential}, kept, beginning, soon())).subject
    except SignInRefused as error:
        return error.reason


REFUSED: Final = {"PASSKEY_UNKNOWN", "PASSKEY_NOT_VERIFIED"}
JSON: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)


def signed(said: Said = HONEST) -> dict[str, Any]:
    credential: dict[str, Any] = json.loads(DEVICE.sign(ASKED, said))
    return credential


def test_honest_signature_is_taken() -> None:
    assert finish(json.dumps(signed())) == "s1"


@given(st.one_of(st.text(max_size=100), JSON.map(json.dumps)))
def test_any_text_is_refused(text: str) -> None:
    assert finish(text) in REFUSED


@given(st.sampled_from(["id", "rawId", "type", "response"]), JSON)
def test_any_credential_is_refused(name: str, value: object) -> None:
    assert finish(json.dumps(signed() | {name: value})) in REFUSED


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), JSON)
def test_any_response_is_refused(name: str, value: object) -> None:
    credential = signed()
    credential["response"][name] = value
    assert finish(json.dumps(credential)) in REFUSED


@given(JSON.filter(bool))
def test_any_other_customer_is_refused(value: object) -> None:
    credential = signed()
    credential["response"]["userHandle"] = value
    assert finish(json.dumps(credential)) in REFUSED


@given(st.sampled_from(["type", "challenge", "origin"]), JSON)
def test_anything_signed_about_the_page_is_refused(name: str, value: object) -> None:
    credential = signed()
    told = {"type": "webauthn.get", "challenge": CHALLENGE, "origin": ORIGIN, name: value}
    credential["response"]["clientDataJSON"] = b64(json.dumps(told).encode())
    assert finish(json.dumps(credential)) in REFUSED


@given(at=st.integers(0, 200), bit=st.integers(0, 7), part=st.sampled_from(["authenticatorData", "signature"]))
def test_no_changed_signature_counts(at: int, bit: int, part: str) -> None:
    credential = signed()
    changed = bytearray(raw(credential["response"][part]))
    changed[at % len(changed)] ^= 1 << bit
    credential["response"][part] = b64(bytes(changed))
    assert finish(json.dumps(credential)) == "PASSKEY_NOT_VERIFIED"


@pytest.mark.parametrize(
    "key", [b"", 5, {}, [], {1: 2, 3: -7, -1: 1, -2: 1, -3: 1}, {1: 2, 3: -7, -1: 1, -2: b"", -3: b"1"}]
)
def test_key_that_is_none_verifies_nothing(key: object) -> None:
    assert finish(json.dumps(signed()), replace(PASSKEY, public_key=cbor2.dumps(key))) == "PASSKEY_NOT_VERIFIED"
