"""OneID's adapter as tests open it, and what must not be seen of whoever signs in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl

from auth.identity.oneid import OneId, OneIdSettings
from auth.identity.port import Beginning, Visitor
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.systems import System
from tests.connectors.scripted import Asked, http
from tests.sandbox.oneid import CALLBACK, CLIENT_ID, SCOPE, SECRET, STATE, who

BEGINNING: Final = Beginning(STATE, CALLBACK, Visitor("192.0.2.1"))
SETTINGS: Final = OneIdSettings(client_id=CLIENT_ID, client_secret=SECRET, scope=SCOPE)
TOKEN: Final = http('{"access_token": "a-token", "token_type": "bearer"}')


def soon() -> Deadline:
    return Deadline.within(5)


@asynccontextmanager
async def opened(url: str, **changes: Any) -> AsyncIterator[OneId]:  # noqa: ANN401 -- any setting
    transport = HttpTransport(System.IDENTITY)
    try:
        yield OneId(replace(SETTINGS, url=url, **changes), transport)
    finally:
        await transport.aclose()


def form(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(asked.body.decode("ascii")))


def told(error: BaseException) -> str:
    """Return everything that a log could show of an error and its causes."""
    chain: list[BaseException] = [error]
    while following := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(following)
    return " ".join(f"{each!r} {each}" for each in chain)


def assert_private(text: str, *more: str | None) -> None:
    person = who()
    private = (person.pinfl, person.last_name, person.first_name, person.document, SECRET, *more)
    assert not [secret for secret in private if secret and secret in text]
