"""E-IMZO on a computer, against the stand-in of E-IMZO-SERVER over a socket."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest

from auth.identity.e_imzo import EImzo
from auth.identity.port import (
    Identity,
    Organisation,
    SignInExpired,
    SignInRefused,
    StateNumber,
)
from connectors.transport.deadline import Deadline
from sandbox.identity.certificates import Carrier
from sandbox.identity.pkcs7 import sign
from schema.authentication import Assurance
from tests.auth.identity.e_imzo_desk import ADDRESS, SITE, Desk, beginning, open_desk


@pytest.fixture(scope="module")
async def opened() -> AsyncIterator[Desk]:
    async with open_desk(api_keys={"kabinet.example": "KEY-A", "127.0.0.1": "KEY-B"}) as desk:
        yield desk


@pytest.fixture
def desk(opened: Desk) -> Desk:
    opened.forget()
    return opened


async def test_page_gets_a_fresh_challenge_and_what_the_application_needs(desk: Desk) -> None:
    first = await desk.desktop.begin(beginning(), Deadline.within(5))
    second = await desk.desktop.begin(beginning(), Deadline.within(5))
    assert first.shown["challenge"] != second.shown["challenge"]
    assert first.kept == {"challenge": first.shown["challenge"]}
    assert (first.page, first.awaits) == ("e-imzo", False)
    assert {**first.shown, "challenge": ""} == {
        "challenge": "",
        "ttl": "120",
        "capiws_url": "wss://127.0.0.1:64443/service/cryptapi",
        "api_keys": json.dumps(["kabinet.example", "KEY-A", "127.0.0.1", "KEY-B"]),
    }


async def test_page_over_http_gets_the_application_s_plain_address(desk: Desk) -> None:
    form = await desk.desktop.begin(beginning(callback_url="http://127.0.0.1:8000/x"), Deadline.within(5))
    assert form.shown["capiws_url"] == "ws://127.0.0.1:64646/service/cryptapi"


async def test_server_is_asked_as_the_vendor_documents(desk: Desk) -> None:
    kept = await desk.begin()
    answer = desk.sign(kept["challenge"], desk.certificate("person1"))
    await desk.finish(answer, kept)
    assert [(each.method, each.path) for each in desk.asked] == [
        ("GET", "/frontend/challenge"),
        ("POST", "/backend/auth"),
    ]
    assert [(each.headers["host"], each.headers["x-real-ip"]) for each in desk.asked] == [(SITE, ADDRESS)] * 2
    assert [each.headers["cache-control"] for each in desk.asked] == ["no-store"] * 2
    assert (desk.asked[1].body.decode(), desk.asked[1].headers.get("content-type")) == (answer["pkcs7"], None)


@pytest.mark.parametrize("address", ["", "unknown", "192.0.2.7, 192.0.2.8", "192.0.2.7\r\nHost: evil.example"])
async def test_address_that_is_none_is_left_out(desk: Desk, address: str) -> None:
    await desk.desktop.begin(beginning(address), Deadline.within(5))
    assert "x-real-ip" not in desk.asked[0].headers


async def test_ipv6_address_is_told(desk: Desk) -> None:
    await desk.desktop.begin(beginning("2001:db8::7"), Deadline.within(5))
    assert desk.asked[0].headers["x-real-ip"] == "2001:db8::7"


async def test_signature_vouches_for_the_person_in_the_certificate(desk: Desk) -> None:
    person = desk.people[0]
    assert person.organisation is None
    assert await desk.sign_in() == Identity(
        issuer="urn:uz:e-imzo",
        subject=person.pinfl,
        method="1.2.860.3.15.1.1.2.1.1",
        assurance=Assurance.HIGH,
        amr=("swk",),
        full_name=person.full_name.upper(),
        state_number=StateNumber("uz-pinfl", person.pinfl),
        organisations=(),
    )


async def test_organisation_s_certificate_vouches_for_its_signer_and_the_organisation(desk: Desk) -> None:
    person = next(each for each in desk.people if each.organisation)
    assert person.organisation is not None
    kept = await desk.begin()
    answer = desk.sign(kept["challenge"], desk.certificate(person.login, acts=True))
    identity = await desk.finish(answer, kept)
    assert (identity.subject, identity.full_name) == (person.pinfl, person.full_name.upper())
    assert identity.organisations == (Organisation(person.organisation.tin, person.organisation.name, is_primary=True),)


async def test_own_certificate_of_an_organisation_s_head_vouches_for_no_organisation(desk: Desk) -> None:
    person = next(each for each in desk.people if each.organisation)
    assert (await desk.sign_in(person.login)).organisations == ()


@pytest.mark.parametrize("carrier", [Carrier.CARD, Carrier.TOKEN])
async def test_key_on_a_chip_is_a_hardware_key(desk: Desk, carrier: Carrier) -> None:
    kept = await desk.begin()
    identity = await desk.finish(desk.sign(kept["challenge"], desk.certificate("person1", carrier)), kept)
    assert (identity.amr, identity.method) == (("hwk",), carrier)


async def test_older_server_tells_no_carrier_so_the_weaker_key_is_claimed(desk: Desk) -> None:
    desk.quirks.tells_key = False
    kept = await desk.begin()
    identity = await desk.finish(desk.sign(kept["challenge"], desk.certificate("person1", Carrier.CARD)), kept)
    assert (identity.amr, identity.method) == (("swk",), "pkcs7")


async def test_another_browser_s_challenge_is_refused_and_stays_usable_where_it_belongs(desk: Desk) -> None:
    mine, theirs = await desk.begin(), await desk.begin()
    answer = desk.sign(theirs["challenge"], desk.certificate("person2"))
    desk.asked.clear()
    with pytest.raises(SignInRefused) as raised:
        await desk.finish(answer, mine)
    assert (raised.value.reason, desk.asked) == ("EIMZO_CHALLENGE_OF_ANOTHER", [])
    assert (await desk.finish(answer, theirs)).subject == desk.people[1].pinfl


async def test_signature_of_something_else_is_refused(desk: Desk) -> None:
    kept = await desk.begin()
    contract = desk.sign("I owe everything to the bearer", desk.certificate("person1"))
    with pytest.raises(SignInRefused) as raised:
        await desk.finish(contract, kept)
    assert raised.value.reason == "EIMZO_CHALLENGE_OF_ANOTHER"


async def test_signature_works_once(desk: Desk) -> None:
    kept = await desk.begin()
    answer = desk.sign(kept["challenge"], desk.certificate("person1"))
    await desk.finish(answer, kept)
    with pytest.raises(SignInExpired) as raised:
        await desk.finish(answer, kept)
    assert raised.value.reason == "EIMZO_CHALLENGE_UNKNOWN"


async def test_challenge_is_good_for_two_minutes(desk: Desk) -> None:
    early, late = await desk.begin(), await desk.begin()
    desk.clock.advance(119)
    await desk.finish(desk.sign(early["challenge"], desk.certificate("person1")), early)
    desk.clock.advance(1)
    with pytest.raises(SignInExpired):
        await desk.finish(desk.sign(late["challenge"], desk.certificate("person1")), late)


async def test_changed_signature_is_refused_by_the_server(desk: Desk) -> None:
    kept = await desk.begin()
    answer = desk.sign(kept["challenge"], desk.certificate("person1"))
    signer, other = (desk.certificate(login).serial for login in ("person1", "person2"))
    changed = sign(kept["challenge"].encode(), signer, "", desk.clock.now()).replace(
        int(signer, 16).to_bytes(4), int(other, 16).to_bytes(4)
    )
    with pytest.raises(SignInRefused) as raised:
        await desk.finish({"pkcs7": b64encode(changed).decode()}, kept)
    assert raised.value.reason == "EIMZO_SIGNATURE_INVALID"
    assert (await desk.finish(answer, kept)).subject == desk.people[0].pinfl


async def test_signer_s_wrong_clock_is_refused(desk: Desk) -> None:
    kept = await desk.begin()
    yesterday = desk.clock.now().replace(day=1)
    signature = sign(kept["challenge"].encode(), desk.certificate("person1").serial, "", yesterday)
    with pytest.raises(SignInRefused) as raised:
        await desk.finish({"pkcs7": b64encode(signature).decode()}, kept)
    assert raised.value.reason == "EIMZO_CLOCK_WRONG"


@pytest.mark.parametrize("pkcs7", ["", "%%%", "MIAG", "AAAA", "ї", "A" * 65_537], ids=range(6))
async def test_what_is_no_signature_is_refused_and_never_sent_on(desk: Desk, pkcs7: str) -> None:
    kept = await desk.begin()
    desk.asked.clear()
    with pytest.raises(SignInRefused) as raised:
        await desk.finish({"pkcs7": pkcs7}, kept)
    assert (raised.value.reason, desk.asked) == ("EIMZO_SIGNATURE_MALFORMED", [])


async def test_answer_without_a_signature_is_refused(desk: Desk) -> None:
    with pytest.raises(SignInRefused):
        await desk.finish({}, await desk.begin())


async def test_detached_signature_is_refused_for_nothing_ties_it_to_this_browser(desk: Desk) -> None:
    kept = await desk.begin()
    serial = desk.certificate("person1").serial
    signature = sign(kept["challenge"].encode(), serial, "", desk.clock.now(), detached=True)
    with pytest.raises(SignInRefused) as raised:
        await desk.finish({"pkcs7": b64encode(signature).decode()}, kept)
    assert raised.value.reason == "EIMZO_SIGNATURE_MALFORMED"


async def test_signature_in_lines_is_the_same_signature(desk: Desk) -> None:
    kept = await desk.begin()
    text = desk.sign(kept["challenge"], desk.certificate("person1"))["pkcs7"]
    lines = "\r\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    assert (await desk.finish({"pkcs7": f"{lines}\n"}, kept)).subject == desk.people[0].pinfl


async def test_nothing_personal_shows_in_a_repr(desk: Desk) -> None:
    identity = await desk.sign_in()
    person = desk.people[0]
    assert not any(each in repr(identity) for each in (person.pinfl, person.last_name.upper()))


async def test_nothing_is_left_to_sign_out_of(desk: Desk) -> None:
    assert await desk.desktop.sign_out("", "https://kabinet.example/", Deadline.within(5)) is None
    assert (EImzo.name, EImzo.assurance, desk.asked) == ("e-imzo", Assurance.HIGH, [])
