"""Step-up: what changes how a customer signs in asks for a recent, strong sign-in, and an application can ask for one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from auth.keys import KEYS_FILE, open_keys
from auth.tokens import FIRST_PARTY, AccessTokens, Bearer
from schema.authentication import Amr, Assurance, Authentication
from schema.scopes import CUSTOMER_SCOPES, Principal
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
    sent_to,
    visitor_of,
)
from tests.demo_process import DemoProcess
from tests.gateway.reader import PASSWORD, Visitor

SCOPE: Final = "profile:read profile:write"
CHANGE: Final = """
mutation($input: ChangePasswordInput!) {
  changePassword(input: $input) { __typename ... on PasswordChanged { endedSessions } ... on Refusal { code } }
}
"""
NEW_PASSWORD: Final = "nichnyi-trolejbus-57"
SOMEBODY: Final = "person11"
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


def keys_of(demo: DemoProcess) -> AccessTokens:
    """Sign and read tokens by the running demo's own key."""
    (key_file,) = demo.data_dir.glob(f"*/{KEYS_FILE}")
    return AccessTokens(open_keys(key_file), issuer=issuer(demo), audience=issuer(demo))


def principal_of(demo: DemoProcess, token: str) -> Principal:
    return keys_of(demo).read(token, datetime.now(UTC))


def aged(demo: DemoProcess, token: str, assurance: Assurance, age: timedelta) -> str:
    """Return a token of the same customer as it is after a sign-in of that age."""
    now = datetime.now(UTC)
    authentication = Authentication(assurance, (Amr.PASSWORD,), now - age)
    subject = principal_of(demo, token).require()
    return keys_of(demo).issue(Bearer(subject, FIRST_PARTY, CUSTOMER_SCOPES, authentication), now).token


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


def test_what_the_refusal_names_leads_to_a_token_that_will_do(own: Own) -> None:
    refused = refusal(change(own.demo, aged(own.demo, own.token(), Assurance.LOW, timedelta(hours=1))))
    address = asking(own.app, SCOPE, acr_values=refused["acrValues"], max_age="0")
    page = own.browser.get(address)
    assert (page.status, page.location.startswith("/sign-in?")) == (303, True)
    assert own.browser.get(page.location.partition("?")[2] and page.location).status == 200
    token = exchanged(own.demo, own.app, signed_in_again(own, page.location))["access_token"]
    assert change(own.demo, token)["data"]["changePassword"]["__typename"] == "PasswordChanged"


def signed_in_again(own: Own, location: str) -> str:
    """Sign in by the password on the page that is shown, and return where the app's browser comes back to."""
    by_password = location.replace("/sign-in?", "/sign-in/password?")
    onward = own.browser.sign_in(own.login, at=by_password)
    (path,) = [link for link in onward.links if link.startswith("/oauth/")]
    p = own.browser.get(path); print(onward.status, onward.words, path, p.status, p.words)
    return p.location
