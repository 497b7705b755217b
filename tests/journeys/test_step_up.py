"""Step-up: what changes how a customer signs in asks for a recent, strong sign-in; an application can ask for one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from auth.keys import KEYS_FILE, open_keys
from auth.tokens import FIRST_PARTY, AccessTokens, Bearer
from gateway.browsers import SESSION_COOKIE
from schema.authentication import Amr, Assurance, Authentication
from schema.scopes import CUSTOMER_SCOPES
from tests.applications import (
    BACK,
    Application,
    asking,
    codes,
    decided,
    exchanged,
    issuer,
    parameters,
    registered,
    visitor_of,
)
from tests.demo_process import DemoProcess
from tests.gateway.reader import PASSWORD, Answer, Visitor

SCOPE: Final = "profile:read profile:write"
CHANGE: Final = """
mutation($input: ChangePasswordInput!) {
  changePassword(input: $input) { __typename ... on PasswordChanged { endedSessions } ... on Refusal { code } }
}
"""
NEW_PASSWORD: Final = "nichnyi-trolejbus-57"
SOMEBODY: Final = "person12"
"""One of the people whom id.gov.ua's stand-in vouches for."""

_NUMBERS: Final = count(1)


@dataclass(frozen=True, slots=True)
class Own:
    """A customer of their own for each test, at a browser, and the utility's own app."""

    demo: DemoProcess
    app: Application
    login: str
    browser: Visitor = field(repr=False)

    def token(self, **asked: str) -> str:
        """Let the app in, on whatever page is shown, and return its access token."""
        token: str = exchanged(self.demo, self.app, decided(self.browser, asking(self.app, SCOPE, **asked)))[
            "access_token"
        ]
        return token

    def sign_in(self, password: str = PASSWORD) -> int:
        """Sign in at another browser; returns the status."""
        return visitor_of(self.demo).sign_in(self.login, password).status


@pytest.fixture
def own(kharkiv: DemoProcess) -> Own:
    kharkiv.calm()
    app = registered(kharkiv, "Our app", "--kind=app", f"--redirect-uri={BACK}", "--first-party")
    login, browser = f"step-up-{next(_NUMBERS)}-{app.client_id[-6:].lower()}@example.org", visitor_of(kharkiv)
    assert browser.register(login).status == 303
    return Own(kharkiv, app, login, browser)


def reader_of(demo: DemoProcess) -> AccessTokens:
    """Sign and read tokens by the running demo's own key."""
    (key_file,) = demo.data_dir.glob(f"*/{KEYS_FILE}")
    return AccessTokens(open_keys(key_file), issuer=issuer(demo), audience=issuer(demo))


def aged(demo: DemoProcess, token: str, assurance: Assurance, age: timedelta) -> str:
    """Return a token of the same customer as it is after a sign-in of that age."""
    now = datetime.now(UTC)
    authentication = Authentication(assurance, (Amr.PASSWORD,), now - age)
    subject = reader_of(demo).read(token, now).require()
    return reader_of(demo).issue(Bearer(subject, FIRST_PARTY, CUSTOMER_SCOPES, authentication), now).token


def change(demo: DemoProcess, token: str) -> dict[str, Any]:
    return demo.send(CHANGE, {"input": {"newPassword": NEW_PASSWORD}}, token)


def refusal(answer: dict[str, Any]) -> dict[str, Any]:
    (error,) = answer["errors"]
    assert answer["data"] is None
    extensions: dict[str, Any] = error["extensions"]
    assert extensions.pop("code") == "INSUFFICIENT_USER_AUTHENTICATION"
    return extensions


def test_password_is_not_changed_after_an_old_sign_in(own: Own) -> None:
    old = aged(own.demo, own.token(), Assurance.LOW, timedelta(minutes=5, seconds=1))
    refused = refusal(change(own.demo, old))
    assert refused == {"acrValues": "low", "maxAge": 300, "methods": ["password", "sms"]}
    assert own.sign_in() == 303


def test_password_is_changed_after_a_recent_one_which_ends_every_token(own: Own) -> None:
    token, other = own.token(), own.token()
    assert change(own.demo, token) == {
        "data": {"changePassword": {"__typename": "PasswordChanged", "endedSessions": 1}}
    }
    for ended in (token, other):
        assert codes(own.demo.send("{ me { name } }", token=ended)) == ["UNAUTHENTICATED"]
    assert own.browser.get("/security").location.startswith("/sign-in")
    assert (own.sign_in(), own.sign_in(NEW_PASSWORD)) == (403, 303)


def test_what_the_refusal_names_leads_to_a_sign_in_that_will_do(own: Own) -> None:
    refused = refusal(change(own.demo, aged(own.demo, own.token(), Assurance.LOW, timedelta(hours=1))))
    asked = {"acr_values": refused["acrValues"], "max_age": str(refused["maxAge"])}
    assert change(own.demo, own.token(**asked))["data"]["changePassword"]["__typename"] == "PasswordChanged"


@pytest.mark.parametrize("asked", [{"max_age": "0"}, {"prompt": "login"}])
def test_sign_in_that_is_too_old_for_the_app_is_done_once_more(own: Own, asked: dict[str, str]) -> None:
    page = own.browser.get(asking(own.app, SCOPE, **asked))
    assert (page.status, page.location.startswith("/sign-in?")) == (303, True)
    assert own.browser.get(parameters(page.location)["return_to"]).status == 303  # to sign in all the same
    way, sessions = page.location.replace("/sign-in?", "/sign-in/password?"), dict(own.browser.cookies)
    back = own.browser.get(onward(own.browser.sign_in(own.login, at=way))).location
    assert "access_token" in exchanged(own.demo, own.app, back)
    assert own.browser.cookies[SESSION_COOKIE] != sessions[SESSION_COOKIE]


def test_app_that_must_not_disturb_is_told_that_the_sign_in_is_too_old(own: Own) -> None:
    back = own.browser.get(asking(own.app, SCOPE, prompt="none", max_age="0")).location
    assert parameters(back)["error"] == "login_required"


def test_stronger_sign_in_is_asked_for_where_the_app_names_one(own: Own) -> None:
    page = own.browser.get(asking(own.app, SCOPE, acr_values="substantial"))
    choice = own.browser.get(page.location)
    assert [link.partition("?")[0] for link in choice.links if link.startswith("/sign-in/")] == ["/sign-in/id-gov-ua"]
    back = own.browser.get(by_id_gov_ua(own, page.location)).location
    token = exchanged(own.demo, own.app, back)["access_token"]
    authentication = reader_of(own.demo).read(token, datetime.now(UTC)).authentication
    assert authentication is not None
    assert authentication.assurance >= Assurance.SUBSTANTIAL
    best = authentication.assurance
    refused = refusal(change(own.demo, aged(own.demo, token, Assurance.LOW, timedelta(0))))
    assert refused == {"acrValues": best.acr, "maxAge": 300, "methods": ["id-gov-ua"]}
    assert refusal(change(own.demo, aged(own.demo, token, best, timedelta(minutes=6)))) == refused


def test_sign_in_that_nothing_here_reaches_is_refused_to_the_app(own: Own) -> None:
    back = own.browser.get(asking(own.app, SCOPE, acr_values="urn:example:gold")).location
    assert parameters(back)["error"] == "unmet_authentication_requirements"


def by_id_gov_ua(own: Own, location: str) -> str:
    """Sign in at id.gov.ua's stand-in by an electronic signature, and return the path that leads on."""
    begun = urlsplit(own.browser.get(location.replace("/sign-in?", "/sign-in/id-gov-ua?")).location)
    chosen = {"person": SOMEBODY, "method": "dig_sign", "answer": "sign-in"}
    done = Visitor(begun.netloc).post(f"/login?{begun.query}", chosen)
    return onward(own.browser.get(done.location.removeprefix(issuer(own.demo))))


def onward(page: Answer) -> str:
    """Return the path that leads on to the app; a newcomer is asked for an account on the way."""
    paths = [parameters(page.location)["return_to"]] if page.status == 303 else page.links
    return next(path for path in paths if path.startswith("/oauth/authorize"))
