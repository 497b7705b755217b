"""Signing in at an independent, certified provider, npm's `oidc-provider`: log in, renew, log out, rotate keys."""

import json
import re
import subprocess
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, Key, RSAKey

from auth.identity.oidc import OidcProvider
from auth.identity.oidc_settings import OidcSettings
from auth.identity.port import Identity, Redirect, SignInExpired, SignInRefused
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.authentication import Assurance
from schema.systems import System
from tests.auth.identity.openid_provider import BEGINNING, CALLBACK
from tests.npm import laid_beside, node

SCRIPT: Final = Path(__file__).with_name("oidc_provider.mjs")
PACKAGE: Final = "oidc-provider@9.13.3"
SECRET: Final = "a secret: of +tests%&"
HOME: Final = "https://kabinet.example.org/"
GOODBYE_S: Final = 10


@dataclass(frozen=True, slots=True)
class Panva:
    """The running provider."""

    issuer: str
    stdin: IO[str]
    stdout: IO[str]

    def rotate(self, *keys: Key, algorithm: str) -> None:
        """Sign by the first of these keys from now on, and publish no other."""
        self.stdin.write(configuration(*keys, algorithm=algorithm) + "\n")
        self.stdin.flush()
        assert json.loads(self.stdout.readline()) == {}


def configuration(*keys: Key, algorithm: str) -> str:
    client = {
        "client_id": "kabinet",
        "client_secret": SECRET,
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [HOME],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "id_token_signed_response_alg": algorithm,
    }
    return json.dumps({"clients": [client], "jwks": {"keys": [key.as_dict(private=True) for key in keys]}})


def rsa_key() -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"use": "sig"}, auto_kid=True)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid_beside(SCRIPT, tmp_path_factory.mktemp("oidc-provider"), PACKAGE)


@pytest.fixture(scope="module")
def panva(script: Path) -> Iterator[Panva]:
    with subprocess.Popen(
        [node(), script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(configuration(rsa_key(), algorithm="RS256") + "\n")
        process.stdin.flush()
        yield Panva(json.loads(process.stdout.readline())["issuer"], process.stdin, process.stdout)
        process.stdin.close()
        assert process.wait(GOODBYE_S) == 0


@asynccontextmanager
async def opened(panva: Panva, **changes: Any) -> AsyncIterator[OidcProvider]:  # noqa: ANN401 -- any setting
    transport = HttpTransport(System.IDENTITY)
    settings = OidcSettings(
        name="oidc",
        title="A provider",
        issuer=panva.issuer,
        client_id="kabinet",
        client_secret=SECRET,
        scopes=("openid", "profile", "offline_access"),
    )
    try:
        yield OidcProvider(replace(settings, **changes), transport)
    finally:
        await transport.aclose()


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def soon() -> Deadline:
    return Deadline.within(10)


async def walk(browser: httpx.AsyncClient, url: str, typed: dict[str, str], until: str) -> dict[str, str]:
    """Follow redirects and send off the first form of every page, until an address; return its query."""
    answer = await browser.get(url)
    for _ in range(20):
        if answer.is_redirect:
            url = urljoin(str(answer.url), answer.headers["location"])
            if url.startswith(until):
                return dict(parse_qsl(urlsplit(url).query))
            answer = await browser.get(url)
        else:
            action, fields = form(answer.text)
            answer = await browser.post(urljoin(str(answer.url), action), data={**fields, **typed})
    raise AssertionError(answer.text)


def form(page: str) -> tuple[str, dict[str, str]]:
    action = re.search(r'<form[^>]* action="([^"]+)"', page)
    assert action is not None, page
    inputs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return unescape(action[1]), {name: unescape(value) for name, value in inputs}


async def log_in(browser: httpx.AsyncClient, step: Redirect, login: str = "olena") -> dict[str, str]:
    return await walk(browser, step.url, {"login": login, "password": "any"}, CALLBACK)


async def sign_in(client: OidcProvider, browser: httpx.AsyncClient, login: str = "olena") -> Identity:
    step = await client.begin(BEGINNING, soon())
    return await client.finish(await log_in(browser, step, login), step.kept, BEGINNING, soon())


async def test_logging_in(panva: Panva, browser: httpx.AsyncClient) -> None:
    async with opened(panva) as client:
        identity = await sign_in(client, browser)
    assert identity == Identity(
        issuer=panva.issuer,
        subject="olena",
        method="",
        assurance=Assurance.LOW,
        amr=("fed",),
        full_name="Person olena",
        sign_out_hint=identity.sign_out_hint,
    )


async def test_another_worker_may_finish(panva: Panva, browser: httpx.AsyncClient) -> None:
    async with opened(panva) as one, opened(panva) as another:
        step = await one.begin(BEGINNING, soon())
        identity = await another.finish(await log_in(browser, step), step.kept, BEGINNING, soon())
    assert identity.subject == "olena"


async def test_renewing_and_rotating_keys(panva: Panva, browser: httpx.AsyncClient) -> None:
    panva.rotate(rsa_key(), algorithm="RS256")
    async with opened(panva) as client:
        identity = await sign_in(client, browser)
        assert identity.sign_out_hint is not None
        renewed = await client.renew(identity.sign_out_hint, soon())
        assert renewed.subject == identity.subject
        assert renewed.sign_out_hint is not None
        panva.rotate(ECKey.generate_key("P-256", parameters={"use": "sig"}, auto_kid=True), algorithm="ES256")
        again = await client.renew(renewed.sign_out_hint, soon())
        assert again.subject == identity.subject
        assert (_algorithm(renewed), _algorithm(again)) == ("RS256", "ES256")


async def test_logging_in_after_a_rotation(panva: Panva, browser: httpx.AsyncClient) -> None:
    async with opened(panva) as client:
        await client.begin(BEGINNING, soon())
        panva.rotate(rsa_key(), algorithm="PS256")
        assert (await sign_in(client, browser)).subject == "olena"


async def test_more_assurance_makes_a_signed_in_person_prove_themselves(
    panva: Panva, browser: httpx.AsyncClient
) -> None:
    beginning = replace(BEGINNING, assurance=Assurance.SUBSTANTIAL)
    async with opened(panva, assurance=Assurance.SUBSTANTIAL) as client:
        assert (await sign_in(client, browser)).assurance is Assurance.LOW
        step = await client.begin(beginning, soon())
        identity = await client.finish(await log_in(browser, step), step.kept, beginning, soon())
    assert identity.assurance is Assurance.SUBSTANTIAL


async def test_logging_out_ends_the_session_there(panva: Panva, browser: httpx.AsyncClient) -> None:
    async with opened(panva) as client:
        identity = await sign_in(client, browser)
        assert identity.sign_out_hint is not None
        assert (await sign_in(client, browser, "somebody else")).subject == "olena"  # single sign-on
        url = await client.sign_out(identity.sign_out_hint, HOME, soon())
        assert url is not None
        await walk(browser, url, {"logout": "yes"}, HOME)
        assert (await sign_in(client, browser, "petro")).subject == "petro"


async def test_a_code_works_once(panva: Panva, browser: httpx.AsyncClient) -> None:
    async with opened(panva) as client:
        step = await client.begin(BEGINNING, soon())
        back = await log_in(browser, step)
        identity = await client.finish(back, step.kept, BEGINNING, soon())
        with pytest.raises(SignInExpired, match="GRANT_REFUSED"):
            await client.finish(back, step.kept, BEGINNING, soon())
        assert identity.sign_out_hint is not None
        with pytest.raises(SignInExpired, match="GRANT_REFUSED"):  # the replay took back what the code had granted
            await client.renew(identity.sign_out_hint, soon())


async def test_a_callback_that_was_tampered_with_is_refused(panva: Panva, browser: httpx.AsyncClient) -> None:
    async with opened(panva) as client:
        step = await client.begin(BEGINNING, soon())
        back = await log_in(browser, step)
        assert back.keys() == {"code", "state", "iss"}
        without = {name: value for name, value in back.items() if name != "iss"}
        for changed, kept, reason in (
            ({**back, "iss": "https://another.example.org"}, step.kept, "CALLBACK_ISSUER"),
            (without, step.kept, "CALLBACK_ISSUER"),
            ({**back, "state": "forged"}, step.kept, "STATE_OF_ANOTHER"),
            (back, {**step.kept, "verifier": "a" * 43}, "GRANT_REFUSED"),
        ):
            with pytest.raises(SignInRefused, match=reason):
                await client.finish(changed, kept, BEGINNING, soon())


async def test_refusing_there_is_a_refusal_here(panva: Panva, browser: httpx.AsyncClient) -> None:
    async with opened(panva) as client:
        step = await client.begin(BEGINNING, soon())
        page = await browser.get(step.url, follow_redirects=True)
        back = await walk(browser, f"{page.url}/abort", {}, CALLBACK)
        with pytest.raises(SignInRefused, match="ACCESS_DENIED"):
            await client.finish(back, step.kept, BEGINNING, soon())


def _algorithm(identity: Identity) -> str:
    token: str = json.loads(identity.sign_out_hint or "")["id_token"]
    header = json.loads(urlsafe_b64decode(token.partition(".")[0] + "=="))
    return str(header["alg"])
