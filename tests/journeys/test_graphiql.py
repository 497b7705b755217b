"""GraphiQL of a running gateway: sign in on the page, run the home screen, follow a balance."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.demo_process import DemoProcess
from tests.gateway.explorer import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(browser: "Browser", demo: DemoProcess) -> Iterator[Visit]:
    host = demo.facts["graphiql_url"].split("/")[2]
    with browser.new_context(viewport={"width": 1360, "height": 800}) as context:
        opened = Visit(context.new_page(), host, first="query Home")
        yield opened
        opened.assert_clean()


def test_a_customer_signs_in_and_sees_home_and_live_balances(visit: Visit, demo: DemoProcess, tmp_path: Path) -> None:
    user = demo.user(10)
    assert visit.page.title().startswith("Gridgate \u00b7 ")
    assert visit.tabs()[:2] == ["Home", "BalanceChanged"]
    visit.run(shows='"code": "UNAUTHENTICATED"')
    visit.sign_in(user["login"], user["password"])
    visit.sees("header", "Demo ten")
    visit.run(shows='"totalCount": 10')
    visit.page.screenshot(path=tmp_path / "home.png")
    visit.open_tab("BalanceChanged")
    visit.write_variables(json.dumps({"accounts": user["accounts"][:1]}))
    visit.run(shows=f'"number": "{user["accounts"][0]}"')
    demo.make("payments", account=user["accounts"][0], amount="1.00")
    visit.sees(".result-window", "CUSTOMER")
