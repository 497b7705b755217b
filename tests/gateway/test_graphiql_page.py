"""The GraphiQL page as a reader sees it in headless Chromium; no request leaves the host and no error is logged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from auth.identity.port import Visitor
from schema.customers import Customer
from schema.sign_in import RegisterInput, SignedIn, SignInInput
from tests.gateway.explorer import HEADERS, LEFT, Visit, explorer
from tests.gateway.front import Front, running_front
from tests.gateway.reader import PASSWORD
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

LOGIN: Final = "reader@example.org"
OTHER: Final = "other@example.org"
KEPT: Final = """(text) => new Promise((resolve) => {
  const look = () => sessionStorage["graphiql:tabState"].includes(text) ? resolve() : setTimeout(look, 20);
  look();
})"""
"""Waits until GraphiQL has put what was typed away, which it does a while later."""


@pytest.fixture(scope="module")
def front(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(sandbox, tmp_path_factory.mktemp("front"), more_routes=explorer()) as running:
        for login, name in ((LOGIN, "Абонент"), (OTHER, "Somebody else")):
            given = RegisterInput(name=name, email=login, password=PASSWORD)
            registered = running.run(running.entrance.by_password.register(given, Visitor("192.0.2.1")))
            assert isinstance(registered, Customer)
        yield running


@pytest.fixture
def visit(browser: "Browser", front: Front) -> Iterator[Visit]:
    with browser.new_context(viewport={"width": 1360, "height": 800}) as context:
        opened = Visit(context.new_page(), front.host)
        yield opened
        opened.assert_clean()


def test_examples_stand_in_tabs_and_run(visit: Visit, tmp_path: Path) -> None:
    assert visit.page.title() == "Gridgate · GraphiQL"
    assert visit.tabs() == ["Hello", "Me", "Ticks", "Endless"]
    assert visit.lines(".graphiql-query-editor").split("\n")[:3] == ["query Hello {", "  hello", "}"]
    visit.run(shows='"hello": "Добрий день"')
    visit.page.screenshot(path=tmp_path / "query.png")
    assert f"http://{visit.host}/graphql" in visit.requests


def test_subscription_events_arrive(visit: Visit) -> None:
    visit.open_tab("Ticks")
    visit.run(shows='"ticks": "tick 3 for nobody"')
    assert f"ws://{visit.host}/graphql" in visit.requests


def test_stop_ends_the_subscription_at_the_server(visit: Visit) -> None:
    LEFT.clear()
    visit.open_tab("Endless")
    visit.run(shows='"endless": "listening"')
    visit.button("Stop query (Ctrl-Enter)").click()
    assert LEFT.wait(timeout=10)


def test_signing_in_on_the_pages_reaches_every_tab_and_subscriptions(visit: Visit, tmp_path: Path) -> None:
    visit.open_tab("Me")
    visit.run(shows='"code": "UNAUTHENTICATED"')
    visit.sign_in(LOGIN)
    visit.sees("#signed-in", "Signed in as Абонент")
    assert visit.page.url == f"http://{visit.host}/graphiql"
    visit.run(shows='"name": "Абонент"')
    visit.page.screenshot(path=tmp_path / "signed-in.png")
    visit.open_tab("Ticks")
    visit.run(shows='"ticks": "tick 3 for Абонент"')
    assert visit.headers() == ""


def test_no_script_can_read_what_signs_in(visit: Visit) -> None:
    visit.sign_in(LOGIN)
    visit.sees("#signed-in", "Signed in as Абонент")
    visit.page.reload()
    visit.sees("#signed-in", "Signed in as Абонент")
    assert visit.stored("localStorage") == {}
    assert visit.page.evaluate("document.cookie") == ""
    secrets = [cookie["value"] for cookie in visit.page.context.cookies()]
    assert len(secrets) == 2
    assert [secret for secret in secrets if secret in str(visit.stored("sessionStorage"))] == []


def test_signing_out_ends_the_session_and_leaves_headers_alone(visit: Visit) -> None:
    visit.write_headers('{"Accept-Language": "uk"}')
    visit.page.evaluate(KEPT, "Accept-Language")
    visit.sign_in(LOGIN)
    visit.sees("#signed-in", "Signed in as Абонент")
    visit.button("Sign out").click()
    visit.page.get_by_role("link", name="Sign in", exact=True).wait_for()
    assert visit.page.url == f"http://{visit.host}/graphiql"
    assert visit.page.locator("#signed-in").is_hidden()
    visit.sees(HEADERS, "Accept-Language")
    assert json.loads(visit.headers()) == {"Accept-Language": "uk"}
    assert visit.tabs() == ["Hello", "Me", "Ticks", "Endless"]
    visit.open_tab("Me")
    visit.run(shows='"code": "UNAUTHENTICATED"')


def test_typed_token_wins_over_the_session(visit: Visit, front: Front) -> None:
    given = SignInInput(login=OTHER, password=PASSWORD)
    signed_in = front.run(front.house.signing_in.sign_in(given, Visitor("192.0.2.1")))
    assert isinstance(signed_in, SignedIn)
    visit.sign_in(LOGIN)
    visit.sees("#signed-in", "Signed in as Абонент")
    visit.open_tab("Me")
    visit.write_headers(json.dumps({"Authorization": f"Bearer {signed_in.access_token}"}))
    visit.run(shows='"name": "Somebody else"')
    visit.open_tab("Ticks")
    visit.write_headers(json.dumps({"authorization": f"Bearer {signed_in.access_token}"}))
    visit.run(shows='"ticks": "tick 3 for Somebody else"')


def test_refused_subscription_says_so_at_once(visit: Visit) -> None:
    visit.open_tab("Ticks")
    visit.write_headers('{"authorization": "Bearer stale"}')
    visit.run(shows="The server refused the connection (4403")


def test_dialogs_menus_and_panels_keep_to_the_policy(visit: Visit, tmp_path: Path) -> None:
    for name in ("Open settings dialog", "Open short keys dialog"):
        visit.button(name).click()
        visit.sees("[role=dialog]", "")
        visit.page.screenshot(path=tmp_path / f"{name}.png")
        visit.page.keyboard.press("Escape")
    for name in ("Show Documentation Explorer", "Show History"):
        visit.button(name).click()
    visit.sees(".graphiql-plugin", "History")
    visit.page.locator(".graphiql-query-editor .CodeMirror").click()
    visit.page.keyboard.press("Control+F")
    visit.sees(".CodeMirror-dialog", "Search")


def test_unreachable_server_is_told(browser: "Browser", sandbox: Sandbox, tmp_path: Path) -> None:
    with browser.new_context(color_scheme="dark", viewport={"width": 1360, "height": 800}) as context:
        with running_front(sandbox, tmp_path, more_routes=explorer()) as front:
            visit = Visit(context.new_page(), front.host)
        visit.run(shows="The server cannot be reached.")
        visit.open_tab("Ticks")
        visit.run(shows="The server cannot be reached over WebSocket.")
        visit.page.screenshot(path=tmp_path / "unreachable.png")
