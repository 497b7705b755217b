"""The pages in headless Chromium: what only a browser tells, with and without scripts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from auth.identity.port import Form, Identity, SignInNotYet
from auth.server.partners import Partners
from auth.server.registration import Registration
from schema.authentication import Assurance
from schema.identifiers import AccountNumber
from schema.scopes import Scope
from tests.gateway.front import Elsewhere, Front, newcomer, running_front, served, subject_of
from tests.gateway.reader import PASSWORD
from tests.gateway.test_pages_of_applications import CHALLENGE
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SOMEBODY: Final = Identity("urn:elsewhere", "somebody", "TEST", Assurance.HIGH, ("hwk",))
PHONE: Final = Elsewhere(
    "e-imzo-mobile",
    Form("e-imzo-mobile", {"code": "0a" * 42, "deep_link": "eimzo://sign?qc=0a"}, awaits=True),
    SignInNotYet("EIMZO_NOT_SIGNED_YET"),
)


@pytest.fixture(scope="module")
def front(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(sandbox, tmp_path_factory.mktemp("front")) as running:
        yield running


@contextmanager
def tab(browser: "Browser", *, scripts: bool = True) -> "Iterator[Page]":
    """Open a tab that speaks English; whatever breaks the policy or a script fails the test."""
    complaints: list[str] = []
    with browser.new_context(locale="en-GB", java_script_enabled=scripts) as context:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        yield page
    assert complaints == []


def fill_in(page: "Page", login: str) -> None:
    page.get_by_label("E-mail or phone number").fill(login)
    page.get_by_label("Password", exact=True).fill(PASSWORD)


def at(page: "Page", host: str, path: str) -> None:
    """Wait until the tab is at an address."""
    page.wait_for_url(f"http://{host}{path}")


@pytest.mark.parametrize("scripts", [True, False])
def test_customer_signs_in_with_and_without_scripts(
    browser: "Browser", front: Front, tmp_path: Path, *, scripts: bool
) -> None:
    _, login = newcomer(front)
    with tab(browser, scripts=scripts) as page:
        page.goto(f"http://{front.host}/sign-in?return_to=/security")
        page.screenshot(path=tmp_path / "ways.png")
        page.get_by_role("link", name="Password With").click()
        fill_in(page, login)
        page.screenshot(path=tmp_path / "password.png")
        page.get_by_role("button", name="Sign in").click()
        at(page, front.host, "/security")
        page.get_by_role("link", name="Sign out").click()
        page.get_by_role("button", name="Sign out").click()
        at(page, front.host, "/sign-in")


@pytest.mark.parametrize("is_first_party", [True, False])
def test_way_to_an_application_on_another_host_is_not_held_up_by_the_policy(
    browser: "Browser", front: Front, sandbox: Sandbox, *, is_first_party: bool
) -> None:
    async def landing(_request: Request) -> HTMLResponse:
        return HTMLResponse("<title>Landed</title>")

    _, login = newcomer(front)
    number = AccountNumber(sandbox.holder(10).numbers[0])
    front.run(front.house.links.link(subject_of(front, login), number, front.house.now()))
    with served(lambda _host: Starlette(routes=[Route("/back", landing)])) as client, tab(browser) as page:
        redirect = f"http://{client.replace('localhost', '127.0.0.1')}/back"
        asked = {
            "response_type": "code",
            "client_id": application(front, redirect, is_first_party=is_first_party),
            "redirect_uri": redirect,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "scope": Scope.BALANCE_READ.value,
        }
        page.goto(f"http://{front.host}/oauth/authorize?{urlencode(asked)}")
        page.get_by_role("link", name="Password With").click()
        fill_in(page, login)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Allow").click()
        page.wait_for_url(f"{redirect}?*")
        assert page.title() == "Landed"
        assert "code" in parse_qs(urlsplit(page.url).query)


def application(front: Front, redirect: str, *, is_first_party: bool) -> str:
    revocations = front.entrance.server.turns.means.revocations
    partners = Partners(front.house.clients, revocations, front.house.audit, front.house.now)
    asked = Registration("Budget", "app", redirect_uris=(redirect,), is_first_party=is_first_party)
    return front.run(partners.register(asked)).client.client_id


def test_application_is_allowed_no_fewer_than_one_account(browser: "Browser", front: Front, sandbox: Sandbox) -> None:
    _, login = newcomer(front)
    for number in sandbox.holder(10).numbers[:2]:
        front.run(front.house.links.link(subject_of(front, login), AccountNumber(number), front.house.now()))
    redirect = "http://127.0.0.1:9/back"
    asked = {
        "response_type": "code",
        "client_id": application(front, redirect, is_first_party=False),
        "redirect_uri": redirect,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    with tab(browser) as page:
        sign_in(page, front, login)
        page.goto(f"http://{front.host}/oauth/authorize?{urlencode(asked)}")
        before = page.url
        page.get_by_role("button", name="Allow").click()
        message = page.locator("[name=accounts]").first.evaluate("(box) => box.validationMessage")
        assert (message, page.url) == ("Choose at least one account.", before)


def sign_in(page: "Page", front: Front, login: str) -> None:
    page.goto(f"http://{front.host}/sign-in/password?return_to=/security")
    fill_in(page, login)
    page.get_by_role("button", name="Sign in").click()
    at(page, front.host, "/security")


def test_form_is_sent_once_however_often_the_button_is_pressed(browser: "Browser", front: Front) -> None:
    _, login = newcomer(front)
    sent: list[str] = []
    with tab(browser) as page:
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        page.goto(f"http://{front.host}/sign-in/password?return_to=/security")
        fill_in(page, login)
        page.get_by_role("button", name="Sign in").dblclick()
        at(page, front.host, "/security")
    assert sent == [f"http://{front.host}/sign-in/password/callback"]


def test_going_back_and_signing_in_once_more_works(browser: "Browser", front: Front) -> None:
    _, login = newcomer(front)
    with tab(browser) as page:
        sign_in(page, front, login)
        page.go_back()
        fill_in(page, login)
        page.get_by_role("button", name="Sign in").click()
        at(page, front.host, "/security")


def test_region_leaves_its_own_districts(
    browser: "Browser", sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_front(sandbox, tmp_path_factory.mktemp("uz"), profile="uz-het") as front, tab(browser) as page:
        _, login = newcomer(front)
        sign_in(page, front, login)
        page.get_by_role("link", name="Accounts").click()
        district = page.get_by_label("District or city")
        assert district.is_disabled()
        page.get_by_label("Region", exact=True).select_option(index=1)
        assert district.is_enabled()
        assert 1 < district.locator("option").count() < 40
        page.get_by_label("Region", exact=True).select_option(index=2)
        assert district.locator("optgroup").count() == 1
        assert district.input_value() == ""


def test_page_goes_on_once_the_phone_has_signed(
    browser: "Browser", sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        running_front(sandbox, tmp_path_factory.mktemp("phone"), providers=[PHONE]) as front,
        tab(browser) as page,
    ):
        with page.expect_response(lambda answer: answer.status == 202):
            page.goto(f"http://{front.host}/sign-in/e-imzo-mobile?return_to=/security")
            assert page.get_by_text("Waiting for your phone…").is_visible()
        PHONE.verdict = SOMEBODY
        page.wait_for_url(f"http://{front.host}/link?return_to=%2Fsecurity")


def test_passkey_is_added_and_signs_in(browser: "Browser", front: Front, tmp_path: Path) -> None:
    _, login = newcomer(front)
    with tab(browser) as page:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        sign_in(page, front, login)
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Name").fill("Work laptop")
        page.get_by_role("button", name="Create the passkey").click()
        page.get_by_text("Work laptop").wait_for()
        page.screenshot(path=tmp_path / "security.png")
        page.get_by_role("link", name="Sign out").click()
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"http://{front.host}/sign-in/passkey?return_to=/security")
        page.get_by_role("button", name="Use a passkey").click()
        at(page, front.host, "/security")
        page.get_by_role("button", name="Remove the passkey Work laptop").click()
        page.get_by_text("Work laptop").wait_for(state="detached")
