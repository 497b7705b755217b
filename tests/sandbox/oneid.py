"""OneID's stand-in on a socket of its own, and a person at its login page."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.applications import Starlette

from sandbox.identity.oneid import PATH, create_app
from sandbox.identity.oneid_person import Quirks
from sandbox.identity.people import People, Person
from sandbox.listeners import listen
from sandbox.world import World

CLIENT_ID: Final = "hududiy_elektr"
SECRET: Final = "a secret of tests"
SCOPE: Final = "hududiy_elektr_scope"
CALLBACK: Final = "https://kabinet.example.org/sign-in/oneid/callback"
STATE: Final = "a state/of+tests=="


@cache
def everybody() -> People:
    return People(World("uz-het", accounts=200))


def who(login: str = "person1") -> Person:
    person = everybody().find(login)
    assert person is not None
    return person


@dataclass(slots=True)
class OneIdStandIn:
    """A running stand-in; `quirks` may be set at any time, and `asked` lists the operations of the one URL."""

    quirks: Quirks = field(default_factory=Quirks)
    asked: list[str] = field(default_factory=list)
    origin: str = ""

    @property
    def url(self) -> str:
        return self.origin + PATH

    def app(self, now: Callable[[], datetime]) -> Starlette:
        return create_app(
            everybody(),
            client_id=CLIENT_ID,
            client_secret=SECRET,
            scope=SCOPE,
            redirect_uris=None,
            quirks=self.quirks,
            now=now,
            record=self.asked.append,
        )

    async def visit(self, url: str, login: str = "person1", method: str = "LOGINPASSMETHOD") -> dict[str, str]:
        """Follow a redirect to the login page, sign in there, and return what comes back to the callback."""
        return await self.choose(url, {"person": login, "method": method, "answer": "sign-in"})

    async def choose(self, url: str, chosen: dict[str, str]) -> dict[str, str]:
        async with httpx.AsyncClient(trust_env=False) as browser:
            page = await browser.get(url, follow_redirects=True)
            assert page.status_code == 200, page.text
            token_id = page.url.params["token_id"]
            sent_back = await browser.post(f"{self.origin}/login", data={"token_id": token_id, **chosen})
        assert sent_back.status_code == 303, sent_back.text
        assert sent_back.headers["location"].startswith(f"{CALLBACK}?")
        return dict(parse_qsl(urlsplit(sent_back.headers["location"]).query))


@asynccontextmanager
async def running_oneid(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> AsyncIterator[OneIdStandIn]:
    stand_in = OneIdStandIn()
    listener = await listen(stand_in.app(now), "127.0.0.1", 0)
    stand_in.origin = listener.url
    try:
        yield stand_in
    finally:
        await listener.close()
