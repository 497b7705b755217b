"""Signing in at a careless provider, PyPI's `pytest-iam`: refused where it must be, and nowhere else."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from auth.identity.oidc import OidcProvider
from auth.identity.oidc_settings import OidcSettings
from auth.identity.port import Identity, ProviderUnavailable, SignInRefused
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.systems import System
from tests.auth.identity.careless_provider import CALLBACK, SECRET
from tests.auth.identity.openid_provider import BEGINNING

SCRIPT: Final = Path(__file__).with_name("careless_provider.py")
GOODBYE_S: Final = 10


@dataclass(frozen=True, slots=True)
class Careless:
    """The running provider: its address, what it calls its issuer, and who is signed in there."""

    url: str
    metadata: dict[str, Any]
    login: str

    @property
    def issuer(self) -> str:
        return str(self.metadata["issuer"])


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Careless]:
    if find_spec("pytest_iam") is None:
        pytest.skip("pytest-iam is not installed")
    folder = tmp_path_factory.mktemp("careless")
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\n")
    flags = ("-q", "-s", "--noconftest", "-p", "no:cacheprovider", "-c", str(settings), f"--rootdir={folder}")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "pytest", *flags, SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=surroundings,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        announced = next(json.loads(line) for line in process.stdout if line.startswith("{"))
        url = announced["issuer"].rstrip("/")
        metadata = httpx.get(f"{url}/.well-known/openid-configuration", trust_env=False).json()
        yield Careless(url, metadata, announced["login"])
        process.stdin.close()
        process.stdout.read()
        assert process.wait(GOODBYE_S) == 0


@asynccontextmanager
async def opened(careless: Careless, client_id: str, **changes: Any) -> AsyncIterator[OidcProvider]:  # noqa: ANN401 -- any
    transport = HttpTransport(System.IDENTITY)
    given = {"name": "oidc", "title": "A provider", "issuer": careless.issuer, "client_secret": SECRET, **changes}
    try:
        yield OidcProvider(OidcSettings(client_id=client_id, **given), transport)
    finally:
        await transport.aclose()


async def sign_in(client: OidcProvider) -> Identity:
    """Go there and back: whoever is signed in there has consented already."""
    step = await client.begin(BEGINNING, Deadline.within(10))
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(step.url)
    assert answer.is_redirect, answer.text
    assert answer.headers["location"].startswith(f"{CALLBACK}?")
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    return await client.finish(back, step.kept, BEGINNING, Deadline.within(10))


def test_it_is_as_careless_as_they_say(careless: Careless) -> None:
    assert "none" in careless.metadata["id_token_signing_alg_values_supported"]


async def test_a_token_for_nobody_is_refused(careless: Careless) -> None:
    async with opened(careless, "empty") as client:
        with pytest.raises(SignInRefused, match="ID_TOKEN_AUD"):
            await sign_in(client)


async def test_a_token_without_a_signature_is_refused(careless: Careless) -> None:
    async with opened(careless, "unsigned") as client:
        with pytest.raises(SignInRefused, match="ID_TOKEN_SIGNATURE"):
            await sign_in(client)


async def test_an_issuer_that_differs_by_a_slash_is_refused(careless: Careless) -> None:
    other = careless.issuer.rstrip("/") if careless.issuer.endswith("/") else f"{careless.issuer}/"
    async with opened(careless, "right", issuer=other) as client:
        with pytest.raises(ProviderUnavailable, match="ISSUER_MISMATCH"):
            await sign_in(client)


async def test_what_is_right_is_accepted(careless: Careless) -> None:
    async with opened(careless, "right") as client:
        identity = await sign_in(client)
    assert (identity.issuer, identity.subject) == (careless.issuer, careless.login)
