"""The stand-in of the E-IMZO application: what a page may ask it over the WebSocket, and how it says no."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.identity.capiws import Computer, create_app
from sandbox.identity.people import People, Person
from sandbox.identity.pkcs7 import read
from sandbox.listeners import listen
from sandbox.world import World

websockets = pytest.importorskip("websockets.asyncio.client", reason="websockets is not installed (extra `dev`)")

CLOCK = Clock(datetime(2026, 11, 2, 12, 0, tzinfo=UTC), speed=0)
KEYS = {"kabinet.example": "KEY-A", "127.0.0.1": "KEY-B"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page that talks to the application."""

    socket: Any

    async def ask(self, plugin: str | None, name: str, *given: str) -> dict[str, Any]:
        question = {"plugin": plugin, "name": name, "arguments": list(given)}
        await self.socket.send(json.dumps({key: value for key, value in question.items() if value is not None}))
        answer: dict[str, Any] = json.loads(await self.socket.recv())
        return answer

    async def introduce(self) -> dict[str, Any]:
        return await self.ask(None, "apikey", *(each for pair in KEYS.items() for each in pair))


@dataclass(frozen=True, slots=True)
class Application:
    url: str
    computer: Computer
    people: list[Person]

    @asynccontextmanager
    async def page(self, origin: str = "https://kabinet.example") -> AsyncIterator[Page]:
        async with websockets.connect(f"{self.url}/service/cryptapi", origin=origin) as socket:
            yield Page(socket)


@pytest.fixture
async def application() -> AsyncIterator[Application]:
    people, computer = list(People(World("uz-het", accounts=400, clock=CLOCK))), Computer()
    app = create_app(people, api_keys=KEYS, now=CLOCK.now, computer=computer)
    listener = await listen(app, "127.0.0.1", 0, websockets=True)
    yield Application(listener.url.replace("http", "ws", 1), computer, people)
    await listener.close()


async def test_page_with_its_key_signs_with_a_file(application: Application) -> None:
    async with application.page() as page:
        assert await page.introduce() == {"success": True}
        listed = (await page.ask("pfx", "list_all_certificates"))["certificates"]
        organisations = sum(each.organisation is not None for each in application.people)
        assert len(listed) == len(application.people) + organisations
        first = listed[0]
        loaded = await page.ask("pfx", "load_key", first["disk"], first["path"], first["name"], first["alias"])
        signed = await page.ask("pkcs7", "create_pkcs7", b64encode(b"a challenge").decode(), loaded["keyId"], "no")
    signature = read(b64decode(signed["pkcs7_64"]))
    assert (signature.content, signature.at, signature.is_intact) == (b"a challenge", CLOCK.now(), True)
    assert signature.serial == signed["signer_serial_number"]


async def test_alias_is_one_line_with_the_numbers_by_oid(application: Application) -> None:
    person = next(each for each in application.people if each.organisation)
    assert person.organisation is not None
    async with application.page() as page:
        await page.introduce()
        listed = (await page.ask("pfx", "list_all_certificates"))["certificates"]
    alias = next(each["alias"] for each in listed if person.organisation.tin in each["alias"])
    fields = dict(part.split("=", 1) for part in alias.split(","))
    assert fields == {
        "cn": person.full_name.upper(),
        "name": person.first_name.upper(),
        "surname": person.last_name.upper(),
        "uid": f"4{person.pinfl[-8:]}",
        "1.2.860.3.16.1.2": person.pinfl,
        "o": person.organisation.name,
        "1.2.860.3.16.1.1": person.organisation.tin,
        "serialnumber": fields["serialnumber"],
        "validfrom": "2025.01.01 00:00:00",
        "validto": "2027.12.31 23:59:59",
    }


async def test_key_with_a_plugin_gets_the_misleading_answer(application: Application) -> None:
    async with application.page() as page:
        answer = await page.ask("apikey", "apikey", *KEYS)
    assert answer == {"success": False, "status": -1, "reason": "Функция не найдена или версия E-IMZO устарела"}


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:8000", "null"])
async def test_site_without_a_key_is_refused(application: Application, origin: str) -> None:
    async with application.page(origin) as page:
        assert (await page.introduce())["status"] == -1022
        assert (await page.ask("pfx", "list_all_certificates"))["status"] == -1022


async def test_wrong_key_is_refused(application: Application) -> None:
    async with application.page() as page:
        assert (await page.ask(None, "apikey", "kabinet.example", "KEY-B"))["status"] == -1022
        assert (await page.ask(None, "apikey"))["status"] == -1022


async def test_site_stays_known_on_other_connections(application: Application) -> None:
    async with application.page() as page:
        await page.introduce()
    async with application.page() as page:
        assert (await page.ask("pfx", "list_all_certificates"))["success"] is True


async def test_chips_sign_by_their_names_when_they_are_in(application: Application) -> None:
    data = b64encode(b"x").decode()
    async with application.page() as page:
        await page.introduce()
        card = await page.ask("pkcs7", "create_pkcs7", data, "idcard", "no")
        no_token = await page.ask("pkcs7", "create_pkcs7", data, "baikey", "no")
        application.computer.token = "person2"
        token = await page.ask("pkcs7", "create_pkcs7", data, "baikey", "no")
    assert [card["signer_serial_number"][-1], token["signer_serial_number"][-1]] == ["1", "2"]
    assert no_token == {"success": False, "status": -1, "reason": "Ключ не найден"}


async def test_ways_to_fail(application: Application) -> None:
    async with application.page() as page:
        await page.introduce()
        unknown = await page.ask("pfx", "load_key", "C:\\", "DSKEYS", "DS0", "cn=NOBODY")
        unloaded = await page.ask("pkcs7", "create_pkcs7", "eA==", "0" * 32, "no")
        garbled = await page.ask("pkcs7", "create_pkcs7", "%", "idcard", "no")
        application.computer.password_is_wrong = True
        mistyped = await page.ask("pkcs7", "create_pkcs7", "eA==", "idcard", "no")
        application.computer.has_files = False
        none = await page.ask("pfx", "list_all_certificates")
    assert [unknown["reason"], unloaded["reason"]] == ["Ключ не найден"] * 2
    assert garbled["reason"] == "Данные не в кодировке BASE64"
    assert "BadPaddingException" in mistyped["reason"]
    assert none == {"success": True, "certificates": []}
