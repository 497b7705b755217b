"""Passkeys behind the port: a signature for this very sign-in, by the customer's own key, that the device unlocked."""

import json
from dataclasses import dataclass, replace
from typing import Final

import pytest

from auth.identity.flow import Finished, SignInFlow
from auth.identity.passkey import PasskeyProvider
from auth.identity.port import Form, SignInRefused
from auth.passkeys import Passkeys, RelyingParty
from connectors.store.passkeys import Passkey, PasskeyRows
from connectors.store.tickets import TicketRows
from schema.authentication import Assurance, Authentication
from tests.auth.hall import BROWSER, FIREFOX, Hall, count, soon
from tests.auth.soft_authenticator import (
    ELIGIBLE,
    GOOD,
    HONEST,
    PRESENT,
    SYNCED,
    VERIFIED,
    Said,
    SoftAuthenticator,
    b64,
)

ORIGIN: Final = "https://kabinet.example"
PARTY: Final = RelyingParty("kabinet.example", "A utility", ORIGIN)


@dataclass(frozen=True, slots=True)
class Door:
    """A customer's device at the sign-in of a browser."""

    hall: Hall
    flow: SignInFlow
    device: SoftAuthenticator
    passkey: Passkey

    async def begin(self, subject: str | None = None) -> tuple[str, str]:
        """Begin, and return the state and the options that the page has."""
        visitor = replace(FIREFOX, subject=subject)
        begun = await self.flow.begin("passkey", BROWSER, return_to="/", visitor=visitor, deadline=soon())
        assert isinstance(begun.step, Form)
        assert begun.step.page == "passkey"
        return begun.state, begun.step.shown["options"]

    async def finish(self, state: str, credential: str) -> Finished:
        answer = {"state": state, "credential": credential}
        return await self.flow.finish("passkey", BROWSER, answer, FIREFOX, soon())

    async def enter(self, said: Said = HONEST, subject: str | None = None) -> Finished:
        state, options = await self.begin(subject)
        return await self.finish(state, self.device.sign(options, said))

    async def refused(self, state: str, credential: str) -> str:
        """Return the reason, having seen that no session was opened."""
        before = await count(self.hall.store, "sessions")
        with pytest.raises(SignInRefused) as raised:
            await self.finish(state, credential)
        assert await count(self.hall.store, "sessions") == before
        return raised.value.reason


async def make(hall: Hall, device: SoftAuthenticator, subject: str) -> Passkey:
    passkeys = Passkeys(hall.passkeys, TicketRows(hall.store), hall.audit, PARTY, hall.clock.now)
    customer = await hall.register(subject)
    added = await passkeys.add(subject, device.make(await passkeys.invite(customer)), "phone", FIREFOX)
    assert isinstance(added, Passkey)
    return added


@pytest.fixture
async def door(hall: Hall) -> Door:
    device = SoftAuthenticator(ORIGIN)
    passkey = await make(hall, device, "s1")
    return Door(hall, hall.flow(PasskeyProvider(hall.passkeys, PARTY, hall.clock.now)), device, passkey)


async def test_customer_signs_in_with_the_highest_assurance_without_saying_who_they_are(door: Door) -> None:
    _, options = await door.begin()
    asked = json.loads(options)
    assert (asked["rpId"], asked["allowCredentials"], asked["userVerification"]) == ("kabinet.example", [], "required")
    finished = await door.enter()
    assert (finished.recognised.customer.subject, finished.recognised.is_new) == ("s1", False)
    session = finished.opened.session
    assert session.authentication == Authentication(Assurance.HIGH, ("hwk", "user"), door.hall.clock.now())
    (known,) = await door.hall.passkeys.of_subject("s1")
    assert (known.sign_count, known.last_used_at) == (2, door.hall.clock.now())
    assert (await door.hall.told())[1:] == [("SIGNED_IN", "s1", "PASSKEY")]


@pytest.mark.parametrize(("flags", "key"), [(GOOD, "hwk"), (GOOD | ELIGIBLE, "swk"), (SYNCED, "swk")])
async def test_key_that_can_leave_its_device_is_not_called_hardware(door: Door, flags: int, key: str) -> None:
    door.device.flags = flags
    assert (await door.enter()).opened.session.authentication.amr == (key, "user")


async def test_synced_passkey_that_does_not_count_signs_in_again_and_again(hall: Hall) -> None:
    device = SoftAuthenticator(ORIGIN, flags=SYNCED, counts=False)
    passkey = await make(hall, device, "s1")
    door = Door(hall, hall.flow(PasskeyProvider(hall.passkeys, PARTY, hall.clock.now)), device, passkey)
    for _ in range(3):
        await door.enter()
    assert await count(hall.store, "sessions") == 3


HOSTILE: Final = {
    "another origin": (GOOD, Said(origin="https://evil.example")),
    "our origin in the clear": (GOOD, Said(origin="http://kabinet.example")),
    "another party": (GOOD, Said(rp_id="evil.example")),
    "a challenge of its own": (GOOD, Said(challenge=b64(b"c" * 32))),
    "the making of a passkey": (GOOD, Said(ceremony="webauthn.create")),
    "nobody verified": (PRESENT, HONEST),
    "nobody present": (VERIFIED, HONEST),
}


@pytest.mark.parametrize("wrong", HOSTILE)
async def test_signature_that_was_not_made_as_asked_is_refused_and_told_to_its_customer(door: Door, wrong: str) -> None:
    door.device.flags, said = HOSTILE[wrong]
    state, options = await door.begin()
    assert await door.refused(state, door.device.sign(options, said)) == "PASSKEY_NOT_VERIFIED"
    assert (await door.hall.told())[1:] == [("SIGN_IN_REFUSED", "s1", "PASSKEY_NOT_VERIFIED")]
    (known,) = await door.hall.passkeys.of_subject("s1")
    assert known == door.passkey


async def test_signature_for_another_sign_in_or_by_another_key_is_refused(door: Door) -> None:
    first, options = await door.begin()
    second, _ = await door.begin()
    signed = door.device.sign(options)
    assert await door.refused(second, signed) == "PASSKEY_NOT_VERIFIED"
    await door.finish(first, signed)
    assert await door.refused(first, signed) == "STATE_UNKNOWN"
    third, options = await door.begin()
    stranger = SoftAuthenticator(ORIGIN, count=100)
    await make(door.hall, stranger, "s2")
    forged = stranger.sign(options, Said(credential_id=door.passkey.credential_id, user_handle=""))
    assert await door.refused(third, forged) == "PASSKEY_NOT_VERIFIED"


async def test_passkey_that_says_it_is_another_customer_s_is_unknown(door: Door) -> None:
    state, options = await door.begin()
    assert await door.refused(state, door.device.sign(options, Said(user_handle=b64(b"s2")))) == "PASSKEY_UNKNOWN"
    await door.enter(Said(user_handle=""))


async def test_counter_that_stands_or_goes_back_tells_of_a_copy(door: Door) -> None:
    door.device.count = 10
    await door.enter()
    for count_before in (10, 4, -1):
        state, options = await door.begin()
        door.device.count = count_before
        assert await door.refused(state, door.device.sign(options)) == "PASSKEY_NOT_VERIFIED"
    door.device.count = 11
    await door.enter()


async def test_two_signatures_of_one_count_open_one_session(door: Door) -> None:
    provider = PasskeyProvider(_LateNews(door), PARTY, door.hall.clock.now)
    late = replace(door, flow=door.hall.flow(provider))
    state, options = await late.begin()
    assert await late.refused(state, late.device.sign(options)) == "PASSKEY_USED_AT_ONCE"
    assert (await door.hall.told())[-1] == ("SIGN_IN_REFUSED", "s1", "PASSKEY_USED_AT_ONCE")


class _LateNews(PasskeyRows):
    """Passkeys of which another process notes a use between our look and our own note."""

    def __init__(self, door: Door) -> None:
        super().__init__(door.hall.store)
        self._door = door

    async def find(self, credential_id: str) -> Passkey | None:
        found = await super().find(credential_id)
        await self.use(credential_id, 1, 9, self._door.hall.clock.now())
        return found


async def test_customer_who_is_signed_in_is_asked_for_their_own_passkeys_and_nobody_else_s_will_do(door: Door) -> None:
    stranger = SoftAuthenticator(ORIGIN)
    await make(door.hall, stranger, "s2")
    await door.hall.register("s3")
    _, options = await door.begin("s1")
    assert [each["id"] for each in json.loads(options)["allowCredentials"]] == [door.passkey.credential_id]
    await door.enter(subject="s1")
    for subject in ("s1", "s3"):
        state, options = await door.begin(subject)
        anyone = json.dumps({**json.loads(options), "allowCredentials": []})
        assert await door.refused(state, stranger.sign(anyone)) == "PASSKEY_UNKNOWN"


async def test_removed_passkey_is_unknown(door: Door) -> None:
    state, options = await door.begin()
    signed = door.device.sign(options)
    assert await door.hall.passkeys.remove("s1", door.passkey.credential_id, door.hall.clock.now())
    assert await door.refused(state, signed) == "PASSKEY_UNKNOWN"


@pytest.mark.parametrize(
    "credential",
    [
        "", "null", "[]", "{}", '"x"', '{"id": 5}', '{"id": "x"}', '{"id": "x", "response": 5}', "[" * 9000,
        '{"id": "\\u0000", "response": {}}', '{"id": "\\ud800", "response": {}}', '{"id": "", "response": {}}',
        '{"id": "x", "response": {"userHandle": []}}', '{"id": "x", "response": {}}', "{" * 30_000,
        '{"id": "' + "A" * 9000 + '", "response": {}}',
    ],
)  # fmt: skip
async def test_junk_is_unknown(door: Door, credential: str) -> None:
    state, _ = await door.begin()
    assert await door.refused(state, credential) == "PASSKEY_UNKNOWN"
