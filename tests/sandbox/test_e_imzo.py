"""The stand-in of E-IMZO-SERVER over a socket: its manners, good and bad."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.clock import Clock
from sandbox.identity.certificates import Carrier, Certificate, certificates
from sandbox.identity.e_imzo import create_app
from sandbox.identity.e_imzo_quirks import Quirks
from sandbox.identity.people import People, Person
from sandbox.identity.pkcs7 import Unreadable, read, sign
from sandbox.listeners import listen
from sandbox.quirks import QuirkBoard
from sandbox.world import World

CLOCK = Clock(datetime(2026, 11, 2, 12, 0, tzinfo=UTC), speed=0)


@dataclass(frozen=True, slots=True)
class Server:
    client: httpx.AsyncClient
    quirks: Quirks
    people: list[Person]
    calls: list[str]

    def forget(self) -> None:
        """Begin again: good manners, and nothing was asked."""
        QuirkBoard({"e_imzo": self.quirks}).clear()
        self.calls.clear()

    async def get(self, path: str, **params: str) -> Any:  # noqa: ANN401 -- any JSON
        return (await self.client.get(path, params=params)).json()

    async def post(self, path: str, **form: str) -> Any:  # noqa: ANN401 -- any JSON
        return (await self.client.post(path, data=form)).json()

    def certificate(self, login: str, carrier: Carrier = Carrier.FILE, *, acts: bool = False) -> Certificate:
        every = certificates(self.people, CLOCK.now())
        wanted = (login, carrier, acts)
        return next(each for each in every if (each.person.login, each.carrier, bool(each.organisation)) == wanted)

    async def auth(self, signature: bytes) -> Any:  # noqa: ANN401 -- any JSON
        return (await self.client.post("/backend/auth", content=b64encode(signature))).json()


@pytest.fixture(scope="module")
async def started() -> AsyncIterator[Server]:
    people, quirks, calls = list(People(World("uz-het", accounts=400, clock=CLOCK))), Quirks(), list[str]()
    app = create_app(people, now=CLOCK.now, quirks=quirks, site_id="b552", record=calls.append)
    listener = await listen(app, "127.0.0.1", 0)
    async with httpx.AsyncClient(base_url=listener.url) as client:
        yield Server(client, quirks, people, calls)
    await listener.close()


@pytest.fixture
def server(started: Server) -> Server:
    started.forget()
    return started


def failure(status: int) -> dict[str, object]:
    return {"status": status, "message": "see the log of E-IMZO-SERVER"}


async def test_challenge_is_a_uuid_for_two_minutes(server: Server) -> None:
    answer = await server.get("/frontend/challenge")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["challenge"])
    assert answer == {"challenge": answer["challenge"], "ttl": 120, "status": 1, "message": ""}


async def test_challenge_by_post_hangs(server: Server) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await server.client.post("/frontend/challenge", timeout=0.2)
    assert (await server.get("/frontend/challenge"))["status"] == 1


async def test_signed_challenge_tells_the_signer_once(server: Server) -> None:
    person = next(each for each in server.people if each.organisation)
    assert person.organisation is not None
    signer = server.certificate(person.login, acts=True)
    challenge = (await server.get("/frontend/challenge"))["challenge"]
    signature = sign(challenge.encode(), signer.serial, "", CLOCK.now())
    answer = await server.auth(signature)
    info = answer["subjectCertificateInfo"]
    assert (answer["status"], info["serialNumber"]) == (1, signer.serial)
    assert (info["validFrom"], info["validTo"]) == ("2025-01-01 00:00:00", "2027-12-31 23:59:59")
    assert info["subjectName"] == {
        "CN": person.full_name.upper(),
        "Name": person.first_name.upper(),
        "SURNAME": person.last_name.upper(),
        "UID": f"4{person.pinfl[-8:]}",
        "1.2.860.3.16.1.2": person.pinfl,
        "O": person.organisation.name,
        "1.2.860.3.16.1.1": person.organisation.tin,
    }
    assert info["publicKeyParameter"] == {"keyAlgName": "OZDST-1092-2009-2", "paramSetOID": "1.2.860.3.15.1.1.2.1.1"}
    assert await server.auth(signature) == failure(-20)


async def test_wrong_signatures_are_told_apart(server: Server) -> None:
    signer = server.certificate("person1").serial
    challenge = (await server.get("/frontend/challenge"))["challenge"].encode()
    assert await server.auth(sign(b"unknown", signer, "", CLOCK.now())) == failure(-20)
    assert await server.auth(sign(challenge, signer, "", CLOCK.now())[:-10] + bytes(10)) == failure(-10)
    assert await server.auth(sign(challenge, signer, "", CLOCK.now() - timedelta(hours=1))) == failure(-5)
    challenge = (await server.get("/frontend/challenge"))["challenge"].encode()
    assert await server.auth(sign(challenge, "abcdef", "", CLOCK.now())) == failure(-11)


@pytest.mark.parametrize("body", [b"", b"not base64", b"AAAA", b64encode(b"\x30\x82\xff\xff")])
async def test_what_is_no_pkcs7_is_a_bad_request(server: Server, body: bytes) -> None:
    assert (await server.client.post("/backend/auth", content=body)).status_code == 400


async def test_phone_signs_what_the_site_asked_for(server: Server) -> None:
    opened = await server.post("/frontend/mobile/auth")
    assert set(opened) == {"siteId", "documentId", "challange", "status", "message"}
    assert opened["siteId"] == "b552"
    document_id = opened["documentId"]
    assert re.fullmatch(r"[0-9A-F]{8} [0-9A-F]{64}", f"{document_id} {opened['challange']}")
    assert await server.post("/frontend/mobile/status", documentId=document_id) == failure(2)
    assert await server.get(f"/backend/mobile/authenticate/{document_id}") == failure(2)
    page = (await server.client.get("/phone", params={"document_id": document_id})).text
    assert page.count("<button") == len(server.people)
    signed = await server.client.post("/phone", data={"document_id": document_id, "login": "person2"})
    assert signed.status_code == 200
    assert (await server.post("/frontend/mobile/status", documentId=document_id))["status"] == 1
    answer = await server.get(f"/backend/mobile/authenticate/{document_id}")
    assert answer["subjectCertificateInfo"]["subjectName"]["1.2.860.3.16.1.2"] == server.people[1].pinfl
    assert answer["subjectCertificateInfo"]["publicKeyParameter"]["paramSetOID"] == Carrier.CARD


async def test_phone_lists_what_waits(server: Server) -> None:
    signed, waiting = [(await server.post("/frontend/mobile/auth"))["documentId"] for _ in range(2)]
    await server.client.post("/phone", data={"document_id": signed, "login": "person1"})
    page = (await server.client.get("/phone")).text
    assert (f'href="?document_id={waiting}"' in page, signed in page) == (True, False)


async def test_calls_are_recorded_whatever_the_manners(server: Server) -> None:
    await server.get("/frontend/challenge")
    server.quirks.http_status = 503
    await server.client.post("/backend/auth")
    await server.client.get("/phone")
    assert server.calls == ["challenge", "auth"]


async def test_unknown_document_is_minus_two(server: Server) -> None:
    assert await server.post("/frontend/mobile/status", documentId="00000000") == failure(-2)
    assert await server.get("/backend/mobile/authenticate/00000000") == failure(-2)
    assert (await server.client.get("/phone", params={"document_id": "00000000"})).status_code == 400


async def test_phone_refuses_strangers_and_damaged_codes(server: Server) -> None:
    document_id = (await server.post("/frontend/mobile/auth"))["documentId"]
    stranger = await server.client.post("/phone", data={"document_id": document_id, "login": "nobody"})
    damaged = await server.client.get("/phone", params={"qc": f"b552{document_id}{'0' * 64}00000000"})
    assert (stranger.status_code, damaged.status_code) == (400, 400)


async def test_quirks_answer_instead(server: Server) -> None:
    server.quirks.http_status = 503
    assert (await server.client.get("/frontend/challenge")).status_code == 503
    server.forget()
    server.quirks.body = "<h1>maintenance</h1>"
    assert (await server.client.get("/frontend/challenge")).text == "<h1>maintenance</h1>"
    server.forget()
    server.quirks.hang = True
    with pytest.raises(httpx.ReadTimeout):
        await server.client.get("/frontend/challenge", timeout=0.1)
    server.forget()
    server.quirks.challenge_status = 0
    assert await server.get("/frontend/challenge") == failure(0)


async def test_quirks_change_the_certificate(server: Server) -> None:
    server.quirks.subject = {"1.2.860.3.16.1.2": None, "O": "Enterprise"}
    server.quirks.certificate = {"validTo": "2020-01-01 00:00:00", "serialNumber": None}
    server.quirks.tells_key = False
    challenge = (await server.get("/frontend/challenge"))["challenge"].encode()
    answer = await server.auth(sign(challenge, server.certificate("person1").serial, "", CLOCK.now()))
    info = answer["subjectCertificateInfo"]
    assert set(info) == {"subjectName", "validFrom", "validTo"}
    assert info["validTo"] == "2020-01-01 00:00:00"
    assert set(info["subjectName"]) == {"CN", "Name", "SURNAME", "UID", "O"}


async def test_server_tells_its_local_time(server: Server) -> None:
    assert await server.get("/ping") == {"serverDateTime": "2026-11-02 17:00:00"}


def test_signature_says_what_by_whom_and_when() -> None:
    signature = sign(b"x" * 100, "770001", "CN=X", CLOCK.now())
    assert signature.startswith(bytes.fromhex("308006092a864886f70d010702"))
    assert signature.endswith(b"\0\0\0\0\0\0")
    signed = read(signature)
    assert (signed.content, signed.serial, signed.at, signed.is_intact) == (b"x" * 100, "770001", CLOCK.now(), True)
    assert not read(signature.replace(b"x" * 16, b"y" * 16, 1)).is_intact
    with pytest.raises(Unreadable):
        read(signature[:40])
