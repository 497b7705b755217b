"""The GraphiQL page as a reader sees it in headless Chromium; no request leaves the host and no error is logged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gateway.explorer import HEADERS, LEFT, TOKEN, Visit, served, small_gateway

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with served(small_gateway()) as name:
        yield name


@pytest.fixture
def visit(browser: "Browser", host: str) -> Iterator[Visit]:
    with browser.new_context(viewport={"width": 1360, "height": 800}) as context:
        opened = Visit(context.new_page(), host)
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


def test_signing_in_reaches_every_tab_and_subscriptions(visit: Visit, tmp_path: Path) -> None:
    visit.open_tab("Me")
    visit.run(shows='"me": "nobody"')
    visit.sign_in("user@example.com", "right")
    visit.sees("#signed-in", "Signed in as Абонент")
    visit.run(shows='"me": "Абонент"')
    visit.page.screenshot(path=tmp_path / "signed-in.png")
    for tab in ("Hello", "Me", "Endless", "Ticks"):
        visit.open_tab(tab)
        assert json.loads(visit.headers()) == {"Authorization": f"Bearer {TOKEN}"}
    visit.run(shows='"ticks": "tick 3 for Абонент"')
    visit.page.get_by_role("button", name="New tab").click()
    visit.sees(HEADERS, f"Bearer {TOKEN}")


def test_token_outlives_a_reload_and_never_enters_local_storage(visit: Visit) -> None:
    visit.sign_in("user@example.com", "right")
    visit.sees("#signed-in", "Signed in as Абонент")
    visit.page.reload()
    visit.sees("#signed-in", "Signed in as Абонент")
    visit.open_tab("Me")
    visit.run(shows='"me": "Абонент"')
    assert visit.stored("localStorage") == {}
    assert TOKEN in visit.stored("sessionStorage")["gridgate:signed-in"]


def test_signing_out_takes_the_token_away_and_leaves_other_headers(visit: Visit) -> None:
    visit.write_headers('{"Accept-Language": "uk"}')
    visit.sign_in("user@example.com", "right")
    visit.sees(HEADERS, f"Bearer {TOKEN}")
    assert json.loads(visit.headers()) == {"Accept-Language": "uk", "Authorization": f"Bearer {TOKEN}"}
    visit.button("Sign out").click()
    visit.sees("#notice", "Signed out: the access token is gone from every tab.")
    assert json.loads(visit.headers()) == {"Accept-Language": "uk"}
    visit.open_tab("Me")
    visit.run(shows='"me": "nobody"')
    assert "gridgate:signed-in" not in visit.stored("sessionStorage")


def test_refused_sign_in_shows_why(visit: Visit, tmp_path: Path) -> None:
    visit.sign_in("user@example.com", "wrong")
    visit.sees("#notice", "The login or the password is wrong.")
    visit.page.screenshot(path=tmp_path / "refused.png")
    assert visit.page.get_by_label("Login").input_value() == "user@example.com"
    assert visit.page.get_by_label("Password").input_value() == ""
    assert visit.headers() == ""


def test_token_that_runs_out_is_taken_away(visit: Visit) -> None:
    visit.sign_in("brief", "right")
    visit.sees("#notice", "The sign-in of Абонент has run out. Sign in again.")
    assert visit.headers() == ""
    assert visit.button("Sign in").is_visible()


def test_headers_that_are_no_json_are_left_alone(visit: Visit) -> None:
    visit.write_headers("not json")
    visit.sign_in("user@example.com", "right")
    visit.sees("#notice", "1 tab(s) hold headers that are not a JSON object: the token was not put there.")
    assert visit.headers() == "not json"


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


def test_unreachable_server_is_told(browser: "Browser", tmp_path: Path) -> None:
    with browser.new_context(color_scheme="dark", viewport={"width": 1360, "height": 800}) as context:
        with served(small_gateway()) as host:
            visit = Visit(context.new_page(), host)
        visit.sign_in("user@example.com", "right")
        visit.sees("#notice", "The server cannot be reached.")
        visit.run(shows="The server cannot be reached.")
        visit.open_tab("Ticks")
        visit.run(shows="The server cannot be reached over WebSocket.")
        visit.page.screenshot(path=tmp_path / "unreachable.png")
