"""id.gov.ua's stand-in on a socket of its own, and a person at its login page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.applications import Starlette

from sandbox.identity.id_gov_ua import create_app
from sandbox.identity.id_gov_ua_envelopes import Envelopes, new_certificate
from sandbox.identity.id_gov_ua_person import Quirks
from sandbox.identity.people import People, Person
from sandbox.listeners import listen
from sandbox.world import World

CLIENT_ID: Final = "0123456789abcdef"
SECRET: Final = "a secret of tests & more"
CALLBACK: Final = "https://kabinet.example.org/sign-in/id-gov-ua/callback"
STATE: Final = "a state/of+tests=="
CERTIFICATE: Final = new_certificate()
TOKEN: Final = "a token of the decryption service"


@cache
def everybody() -> People:
    return People(World("ua-kharkiv", accounts=200))


def who(login: str = "person1") -> Person:
    person = everybody().find(login)
    assert person is not None
    return person


@dataclass(slots=True)
class IdGovUaStandIn:
    """A running stand-in; `quirks` may be set at any time, and `asked` lists the operations of its calls."""

    quirks: Quirks = field(default_factory=Quirks)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def calm(self) -> None:
        """Behave again, and forget what was asked."""
        for each in fields(Quirks):
            setattr(self.quirks, each.name, each.default)
        self.asked.clear()

    def app(self) -> Starlette:
        return create_app(
            everybody(),
            client_id=CLIENT_ID,
            client_secret=SECRET,
            quirks=self.quirks,
            envelopes=Envelopes(CERTIFICATE),
            decryption_token=TOKEN,
            record=self.asked.append,
        )

    async def visit(self, url: str, login: str = "person1", method: str = "dig_sign") -> dict[str, str]:
        """Sign in at the login page of an address, and return what comes back to the callback."""
        return await self.choose(url, {"person": login, "method": method, "answer": "sign-in"})

    async def choose(self, url: str, chosen: dict[str, str]) -> dict[str, str]:
        async with httpx.AsyncClient(trust_env=False) as browser:
            page = await browser.get(url)
            assert page.status_code == 200, page.text
            sent_back = await browser.post(f"{self.url}/login?{page.url.query.decode()}", data=chosen)
        assert sent_back.status_code == 303, sent_back.text
        assert sent_back.headers["location"].startswith(f"{CALLBACK}?")
        return dict(parse_qsl(urlsplit(sent_back.headers["location"]).query))


@asynccontextmanager
async def running_id_gov_ua() -> AsyncIterator[IdGovUaStandIn]:
    stand_in = IdGovUaStandIn()
    listener = await listen(stand_in.app(), "127.0.0.1", 0)
    stand_in.url = listener.url
    try:
        yield stand_in
    finally:
        await listener.close()
