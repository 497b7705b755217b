"""Passkeys: made by a customer who was invited, for our pages, by somebody whom the device verified."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Final

import cbor2
import pytest

from auth.passkeys import CEREMONY, MOST_PASSKEYS, Passkeys, RelyingParty
from connectors.store.passkeys import Passkey
from connectors.store.tickets import TicketRows
from schema.customers import Customer
from schema.refusals import Refusal, RefusalCode
from tests.auth.hall import FIREFOX, Hall
from tests.auth.soft_authenticator import GOOD, HONEST, PRESENT, SYNCED, VERIFIED, Said, SoftAuthenticator, b64

ORIGIN: Final = "https://kabinet.example"
PARTY: Final = RelyingParty("kabinet.example", "A utility", ORIGIN)


@pytest.mark.parametrize(
    ("address", "domain", "origin"),
    [
        ("https://kabinet.example", "kabinet.example", ORIGIN),
        ("https://Kabinet.EXAMPLE/", "kabinet.example", ORIGIN),
        ("https://kabinet.example:443/a?b#c", "kabinet.example", ORIGIN),
        ("https://kabinet.example:8443", "kabinet.example", ORIGIN + ":8443"),
        ("https://user:word@kabinet.example", "kabinet.example", ORIGIN),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("http://localhost", "localhost", "http://localhost"),
        ("https://localhost:8443", "localhost", "https://localhost:8443"),
        ("http://kabinet.localhost:80", "kabinet.localhost", "http://kabinet.localhost"),
    ],
)
def test_passkeys_are_made_for_a_name(address: str, domain: str, origin: str) -> None:
    assert RelyingParty.at(address, "A utility") == RelyingParty(domain, "A utility", origin)


@pytest.mark.parametrize(
    "address",
    [
        "http://kabinet.example", "http://127.0.0.1:8000", "https://127.0.0.1", "https://127.1", "https://2130706433",
        "https://192.0.2.1.", "http://[::1]:8000", "https://[2001:db8::1]", "ftp://kabinet.example",
        "//kabinet.example", "kabinet.example", "https://", "",
    ],
)  # fmt: skip
def test_no_passkeys_are_made_for_an_address_or_in_the_clear(address: str) -> None:
    assert RelyingParty.at(address, "A utility") is None


@pytest.fixture
def passkeys(hall: Hall) -> Passkeys:
    return Passkeys(hall.passkeys, TicketRows(hall.store), hall.audit, PARTY, hall.clock.now)


@pytest.fixture
async def olena(hall: Hall) -> Customer:
    await hall.register("s2")
    return await hall.register("s1", email="olena@example.org")


@pytest.fixture
def device() -> SoftAuthenticator:
    return SoftAuthenticator(ORIGIN)


async def added(passkeys: Passkeys, device: SoftAuthenticator, customer: Customer, said: Said = HONEST) -> Passkey:
    credential = device.make(await passkeys.invite(customer), said)
    answer = await passkeys.add(customer.subject, credential, " My  phone ", FIREFOX)
    assert isinstance(answer, Passkey)
    return answer


async def refused(passkeys: Passkeys, credential: str, subject: str = "s1", name: str = "phone") -> Refusal:
    """Return the refusal, having seen that it kept nothing."""
    before = await passkeys.of(subject)
    answer = await passkeys.add(subject, credential, name, FIREFOX)
    assert isinstance(answer, Refusal)
    assert await passkeys.of(subject) == before
    return answer


async def test_invitation_tells_the_browser_whom_for_and_what_is_there_already(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer
) -> None:
    known = await added(passkeys, device, olena)
    asked = json.loads(await passkeys.invite(olena))
    assert asked["rp"] == {"id": "kabinet.example", "name": "A utility"}
    assert asked["user"] == {"id": b64(b"s1"), "name": "olena@example.org", "displayName": "Olena"}
    assert [each["id"] for each in asked["excludeCredentials"]] == [known.credential_id]
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert (asked["attestation"], asked["timeout"]) == ("none", 300_000)
    assert len(asked["challenge"]) >= 43


async def test_passkey_is_kept_under_its_name_with_what_the_device_said(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer, hall: Hall
) -> None:
    device.flags = SYNCED
    known = await added(passkeys, device, olena)
    assert await passkeys.of("s1") == [known]
    assert (known.name, known.subject, known.sign_count, known.is_backed_up) == ("My phone", "s1", 1, True)
    assert list(device.keys) == [known.credential_id]
    assert await hall.told() == [("CREDENTIAL_CHANGED", "s1", "PASSKEY_ADDED")]


HOSTILE: Final = {
    "another origin": (GOOD, Said(origin="https://kabinet.example.evil.example")),
    "our origin in the clear": (GOOD, Said(origin="http://kabinet.example")),
    "our origin at another port": (GOOD, Said(origin=ORIGIN + ":8443")),
    "another party": (GOOD, Said(rp_id="evil.example")),
    "a parent of our domain": (GOOD, Said(rp_id="example")),
    "a challenge that nobody drew": (GOOD, Said(challenge=b64(b"c" * 32))),
    "an answer to a sign-in": (GOOD, Said(ceremony="webauthn.get")),
    "nobody verified": (PRESENT, HONEST),
    "nobody present": (VERIFIED, HONEST),
    "nobody at all": (0, HONEST),
    "a manufacturer's word": (GOOD, Said(format="tpm", statement={"ver": "2.0"})),
    "a certificate": (GOOD, Said(format="packed", vouches_for_itself=True, has_certificate=True)),
    "a certificate that is none": (GOOD, Said(format="packed", statement={"alg": -7, "sig": b"s", "x5c": [b"c"]})),
    "a forged word of its own": (GOOD, Said(format="packed", statement={"alg": -7, "sig": b"s"})),
    "a key of no kind": (GOOD, Said(public_key=cbor2.dumps({1: 9, 3: -7}))),
    "a key that is a number": (GOOD, Said(public_key=cbor2.dumps(5))),
    "a key that is empty": (GOOD, Said(public_key=cbor2.dumps(b""))),
    "an id that is too long": (GOOD, Said(credential_id="A" * 1368)),
    "an id that is far too long": (GOOD, Said(credential_id="A" * 6000)),
}


@pytest.mark.parametrize("wrong", HOSTILE)
async def test_passkey_that_was_not_made_as_asked_is_refused(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer, hall: Hall, wrong: str
) -> None:
    device.flags, said = HOSTILE[wrong]
    answer = await refused(passkeys, device.make(await passkeys.invite(olena), said))
    assert answer.code is RefusalCode.SIGN_IN_REFUSED
    assert await hall.told() == []


async def test_passkey_that_vouches_for_itself_is_taken(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer
) -> None:
    assert await added(passkeys, device, olena, Said(format="packed", vouches_for_itself=True))


async def test_longest_id_is_taken(passkeys: Passkeys, device: SoftAuthenticator, olena: Customer) -> None:
    assert await added(passkeys, device, olena, Said(credential_id="A" * 1364))


async def test_invitation_is_good_once_for_five_minutes_and_for_its_customer_alone(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer, hall: Hall
) -> None:
    foreign = device.make(await passkeys.invite(olena))
    await refused(passkeys, foreign, "s2")
    used = device.make(await passkeys.invite(olena))
    assert isinstance(await passkeys.add("s1", used, "phone", FIREFOX), Passkey)
    await refused(passkeys, used)
    old = device.make(await passkeys.invite(olena))
    hall.clock.time += CEREMONY
    await refused(passkeys, old)


async def test_invitations_sent_twice_at_once_make_one_passkey(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer
) -> None:
    credential = device.make(await passkeys.invite(olena))
    answers = await asyncio.gather(*(passkeys.add("s1", credential, "phone", FIREFOX) for _ in range(4)))
    assert sorted(type(each).__name__ for each in answers) == ["Passkey", "Refusal", "Refusal", "Refusal"]


async def test_credential_of_another_customer_is_refused(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer
) -> None:
    known = await added(passkeys, device, olena)
    taras = replace(olena, subject="s2")
    await refused(passkeys, device.make(await passkeys.invite(taras), Said(credential_id=known.credential_id)), "s2")


@pytest.mark.parametrize("name", ["", " ", "a" * 101, "\x00", "\ud800", "\u202e"])
async def test_nameless_passkey_is_refused_and_may_be_named_again(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer, name: str
) -> None:
    credential = device.make(await passkeys.invite(olena))
    answer = await refused(passkeys, credential, name=name)
    assert (answer.code, answer.field) == (RefusalCode.INVALID_INPUT, "name")
    assert isinstance(await passkeys.add("s1", credential, "phone", FIREFOX), Passkey)


async def test_eleventh_is_refused_until_one_is_removed(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer, hall: Hall
) -> None:
    known = [await added(passkeys, device, olena) for _ in range(MOST_PASSKEYS)]
    eleventh = device.make(await passkeys.invite(olena))
    answer = await refused(passkeys, eleventh)
    assert (answer.code, answer.field) == (RefusalCode.INVALID_INPUT, "credential")
    assert await hall.passkeys.remove("s1", known[0].credential_id, hall.clock.now())
    assert isinstance(await passkeys.add("s1", eleventh, "phone", FIREFOX), Passkey)


async def test_passkeys_are_listed_the_oldest_first(
    passkeys: Passkeys, device: SoftAuthenticator, olena: Customer, hall: Hall
) -> None:
    for _ in range(3):
        hall.clock.time += timedelta(seconds=1)
        await added(passkeys, device, olena)
    assert [each.credential_id for each in await passkeys.of("s1")] == list(device.keys)
