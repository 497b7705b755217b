"""The pages of signing in as a visitor meets them: a browser at a demo, and the stand-ins' pages it comes to.

Forms and links are found by what they send and where they lead, so that a visitor may read any language.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.demo_process import DemoProcess, operation
from tests.journeys.diary import Diary, host_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

PASSWORD: Final = "a quiet evening in spring"

_ASK: Final = """
async ([query, variables]) => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return await answer.json();
}
"""
_NEXT_MESSAGE: Final = """
async ([phone, before]) => {
  for (let round = 0; round < 100; round += 1) {
    const inbox = await (await fetch(`/inbox?phone=${encodeURIComponent(phone)}`)).json();
    if (inbox.length > before) return inbox[before].text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return "nothing came";
}
"""


class Visitor:
    """A visitor with a browser of their own, whose diary is written from its first page on."""

    def __init__(self, context: "BrowserContext", demo: DemoProcess, language: str) -> None:
        self.context = context
        self.demo = demo
        self.language = language
        self.front = demo.facts["graphql_url"].removesuffix("/graphql")
        self.diary = Diary(context)
        self.page = context.new_page()

    def assert_clean(self, refusals: Sequence[int] = ()) -> None:
        """Nothing was asked of hosts outside the demo, no page complained, and what was refused is known."""
        announced = json.loads((self.demo.data_dir / "sandbox.json").read_text("utf-8"))["identity"]
        urls = [self.front, *(facts["url"] for facts in announced.values()), announced["e_imzo"]["agent_url"]]
        self.diary.assert_clean({host_of(url) for url in urls}, refusals)

    # Where the visitor is, and what they see

    def opens(self, path: str) -> None:
        self.page.goto(self.front + path)

    def is_at(self, path: str) -> None:
        """Wait until the browser is at a page of the gateway, whatever its query."""
        self.page.wait_for_url(re.compile(re.escape(self.front + path) + r"($|\?)"))

    def sees(self, selector: str, text: str) -> None:
        """Wait until an element shows a text."""
        from playwright.sync_api import expect  # noqa: PLC0415 - absent where the browser tests are skipped

        expect(self.page.locator(selector)).to_contain_text(text)

    def told(self) -> str:
        """Return what the page says went wrong."""
        return self.page.locator("#problem").inner_text()

    def ways(self) -> list[str]:
        """Return the ways to sign in that the page offers, by the names of their providers."""
        links = self.page.locator("main .methods a").evaluate_all("all => all.map(each => each.pathname)")
        return [path.removeprefix("/sign-in/") for path in links]

    # What the visitor does

    def heads_for(self, path: str = "/security") -> None:
        """Open the choice of ways to sign in, on the way to a page."""
        self.opens(f"/sign-in?return_to={path}")

    def chooses(self, way: str) -> None:
        self.page.locator(f"main a[href='/sign-in/{way}'], main a[href^='/sign-in/{way}?']").click()

    def fills(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"main form [name={name}]").fill(value)

    def sends(self) -> None:
        self.page.locator("main form button").click()

    def follows(self, path: str) -> None:
        self.page.locator(f"main a[href='{path}'], main a[href^='{path}?']").first.click()

    def reads(self, language: str) -> None:
        self.page.locator(f".languages a[lang='{language}']").click()

    def is_vouched_for(self, person: str, method: str) -> None:
        """Sign in at the stand-in of OneID or id.gov.ua."""
        self.page.get_by_label("Person").select_option(person)
        self.page.get_by_label("Method").select_option(method)
        self.page.get_by_role("button", name="Sign in").click()

    def signs_in_by_password(self, login: str, password: str = PASSWORD) -> None:
        self.heads_for()
        self.chooses("password")
        self.fills(login=login, password=password)
        self.sends()

    def registers(self, **given: str) -> None:
        """Create an account with a password, from the choice of ways on."""
        self.heads_for()
        self.chooses("password")
        self.follows("/register")
        self.fills(name="Newcomer", password=PASSWORD, **given)
        self.sends()

    def signs_out(self) -> None:
        self.page.locator(".top a[href='/sign-out']").click()
        self.sends()
        self.is_at("/sign-in")

    # Accounts

    def links_by_district(self, account: dict[str, Any]) -> None:
        """Link an account: its region, a district of that, its number and the number of a bill."""
        self.is_at("/link")
        form = self.page.locator("form:has([name=district])")
        regions = self.demo.ask("places", {"language": self.language})["data"]["regions"]
        region = next(each["name"] for each in regions if each["code"] == account["region_code"])
        form.locator("#region").select_option(label=region)
        form.locator("[name=district]").select_option(account["district_code"])
        form.locator("[name=number]").fill(account["number"])
        form.locator("[name=bill_number]").fill(account["bill_number"])
        form.locator("button").click()
        self.sees(".accounts", account["number"])

    def links_by_surname(self, account: dict[str, Any]) -> None:
        """Link an account: its number and the surname of whom the contract is with."""
        self.is_at("/link")
        form = self.page.locator("form:has([name=surname])")
        form.locator("[name=number]").fill(account["number"])
        form.locator("[name=surname]").fill(account["last_name"])
        form.locator("button").click()
        self.sees(".accounts", account["number"])

    # The API, by the session of this browser

    def asks(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send an operation from the page, with nothing but the browser's cookies."""
        answer: dict[str, Any] = self.page.evaluate(_ASK, [query, variables or {}])
        return answer

    def sees_home(self, account: dict[str, Any]) -> str:
        """Assert that the home screen is of this one account, whole; returns the customer's name."""
        answer = self.asks(operation("home"))
        assert "errors" not in answer, answer["errors"]
        me = answer["data"]["me"]
        assert me["accounts"]["totalCount"] == 1
        (shown,) = me["accounts"]["nodes"]
        assert (shown["number"], shown["holder"]["lastName"]) == (account["number"], account["last_name"])
        assert [meter["serialNumber"] for meter in shown["meters"]] == account["meters"]
        assert shown["balance"]["amount"]
        assert len(shown["charges"]["nodes"]) == 12
        name: str = me["name"]
        return name

    def sees_nothing(self) -> None:
        """Assert that the home screen is nobody's."""
        errors = self.asks(operation("home"))["errors"]
        assert [error["extensions"]["code"] for error in errors] == ["UNAUTHENTICATED"]

    def events(self) -> list[tuple[str, str | None, str | None]]:
        """Return what happened to the customer lately, newest first: the kind, the provider, and what it was about."""
        answer = self.asks("{ security { events { nodes { kind provider detail } } } }")
        nodes = answer["data"]["security"]["events"]["nodes"]
        return [(each["kind"], each["provider"], each["detail"]) for each in nodes]


class Phone:
    """A person's phone: a page of the mobile operator's stand-in, in a tab of the visitor's browser."""

    def __init__(self, visitor: Visitor, person: int) -> None:
        self.page = visitor.context.new_page()
        self.page.goto(visitor.demo.facts["phones_url"])
        self.number = self.page.locator("#phone option").nth(person - 1).get_attribute("value") or ""
        self.page.get_by_label("Phone").select_option(self.number)
        inbox = self.page.request.get(f"{visitor.demo.facts['phones_url']}/inbox", params={"phone": self.number})
        self.before = len(inbox.json())

    def sends(self, text: str) -> None:
        """Send a message to the short number."""
        self.page.get_by_label("Message").fill(text)
        self.page.get_by_role("button", name="Send").click()
        self.page.wait_for_url("**/?phone=*")

    def one_time_password(self) -> str:
        """Wait for the next message, and return the one-time password in it."""
        text = self.page.evaluate(_NEXT_MESSAGE, [self.number, self.before])
        found = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", text)
        assert found, text
        return found[0]


@contextmanager
def visiting(browser: "Browser", demo: DemoProcess, language: str = "en") -> Iterator[Visitor]:
    """Give a visitor a browser without cookies."""
    with browser.new_context(locale=language, viewport={"width": 1000, "height": 800}) as context:
        yield Visitor(context, demo, language)


def account_of(demo: DemoProcess, person: int) -> dict[str, Any]:
    """Return the account of a person who can sign in at the stand-ins, with what links it; the second has one account.

    So have the fifth and all after. Persons are numbered from 1, in the order of `sandbox.identity.people.SIZES`.
    """
    place = 0 if person == 2 else person - 4
    found = demo.client.get(f"{demo.facts['control_url']}/holders?size=1&count={place + 1}").json()
    account: dict[str, Any] = found[place]["accounts"][0]
    return account
