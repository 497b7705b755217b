"""Browsers: a request counts as our own page's only where the browser says so, and cookies stay on our host."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.browsers import (
    BROWSER_COOKIE,
    SESSION_COOKIE,
    drop_cookie,
    is_from_own_page,
    set_cookie,
    visitor_of,
)

HOST: Final = "kabinet.example"
ORIGIN: Final = "https://kabinet.example"
SOMEWHERE: Final = ("192.0.2.1", 1)


def request(
    scheme: str = "https", headers: Mapping[str, str] = MappingProxyType({}), client: tuple[str, int] | None = SOMEWHERE
) -> HTTPConnection:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope: dict[str, Any] = {
        "type": "http",
        "scheme": scheme,
        "server": ("127.0.0.1", 8000),
        "path": "/sign-out",
        "query_string": b"",
        "headers": raw,
        "client": client,
    }
    return HTTPConnection(scope)


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        ("https", {"host": HOST, "origin": ORIGIN}),
        ("https", {"host": HOST, "origin": ORIGIN, "sec-fetch-site": "same-origin"}),
        ("https", {"host": HOST + ":8443", "origin": ORIGIN + ":8443", "sec-fetch-site": "same-origin"}),
        ("http", {"host": HOST, "origin": ORIGIN, "sec-fetch-site": "same-origin"}),
        ("http", {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"}),
        ("http", {"host": "[::1]:8000", "origin": "http://[::1]:8000"}),
        ("wss", {"host": HOST, "origin": ORIGIN}),
        ("ws", {"host": "localhost:8000", "origin": "http://localhost:8000"}),
    ],
)
def test_own_page_is_known_by_its_origin(scheme: str, headers: dict[str, str]) -> None:
    assert is_from_own_page(request(scheme, headers))


FOREIGN: Final[list[tuple[str, dict[str, str]]]] = [
    ("https", {}),
    ("https", {"host": HOST}),
    ("https", {"host": HOST, "sec-fetch-site": "same-origin"}),
    ("https", {"origin": ORIGIN, "sec-fetch-site": "same-origin"}),
    ("https", {"host": "", "origin": "https://"}),
    ("https", {"host": HOST, "origin": ""}),
    ("https", {"host": HOST, "origin": "null"}),
    ("https", {"host": HOST, "origin": "https://evil.example"}),
    ("https", {"host": HOST, "origin": "https://kabinet.example.evil.example"}),
    ("https", {"host": HOST, "origin": "https://evil-kabinet.example"}),
    ("https", {"host": HOST, "origin": "https://sub.kabinet.example"}),
    ("https", {"host": HOST, "origin": "https://example"}),
    ("https", {"host": HOST, "origin": ORIGIN + ":8443"}),
    ("https", {"host": HOST + ":8443", "origin": ORIGIN}),
    ("https", {"host": HOST, "origin": "http://kabinet.example"}),
    ("wss", {"host": HOST, "origin": "http://kabinet.example"}),
    ("https", {"host": HOST, "origin": "ftp://kabinet.example"}),
    ("https", {"host": HOST, "origin": "//kabinet.example"}),
    ("https", {"host": HOST, "origin": HOST}),
    ("https", {"host": HOST, "origin": ORIGIN + "/"}),
    ("https", {"host": HOST, "origin": "https://kabinet.example@evil.example"}),
    ("https", {"host": HOST, "origin": "https://evil.example https://kabinet.example"}),
    ("https", {"host": HOST, "origin": "http://["}),
    ("https", {"host": "[", "origin": "http://["}),
    ("https", {"host": HOST, "origin": ORIGIN, "sec-fetch-site": "cross-site"}),
    ("https", {"host": HOST, "origin": ORIGIN, "sec-fetch-site": "same-site"}),
    ("https", {"host": HOST, "origin": ORIGIN, "sec-fetch-site": "none"}),
    ("https", {"host": HOST, "origin": ORIGIN, "sec-fetch-site": ""}),
    ("https", {"host": HOST, "referer": ORIGIN + "/sign-out"}),
]


def test_any_other_page_and_no_page_at_all_are_foreign() -> None:
    let_in = [(scheme, headers) for scheme, headers in FOREIGN if is_from_own_page(request(scheme, headers))]
    assert let_in == []
    print(f"\nforeign requests tried: {len(FOREIGN)}, let in: 0")


@given(st.text(st.characters(codec="latin-1"), max_size=30), st.sampled_from(["http", "https", "ws", "wss"]))
def test_any_text_is_a_foreign_origin(origin: str, scheme: str) -> None:
    assert not is_from_own_page(request(scheme, {"host": HOST, "origin": origin}))


@pytest.mark.parametrize("name", [SESSION_COOKIE, BROWSER_COOKIE])
def test_cookie_is_bound_to_our_host_out_of_scripts_reach_and_sent_by_no_other_site_s_form(name: str) -> None:
    response = Response()
    set_cookie(response, name, "secret", 60)
    set_cookie(response, name, "secret")
    drop_cookie(response, name)
    kept, with_the_browser, gone = response.headers.getlist("set-cookie")
    always = {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}
    assert name.startswith("__Host-")
    assert set(kept.split("; ")) == {f"{name}=secret", "Max-Age=60", *always}
    assert set(with_the_browser.split("; ")) == {f"{name}=secret", *always}
    assert {each for each in gone.split("; ") if "expires" not in each} == {f'{name}=""', "Max-Age=0", *always}


def test_visitor_is_told_by_the_connection() -> None:
    visitor = visitor_of(request(headers={"user-agent": "Firefox/140.0", "accept-language": "uk,en;q=0.8"}))
    assert (visitor.address, visitor.user_agent, visitor.subject) == ("192.0.2.1", "Firefox/140.0", None)
    assert visitor.language.startswith("uk")


def test_visitor_of_whom_nothing_is_known_and_one_who_says_too_much() -> None:
    unknown = visitor_of(request(client=None))
    assert (unknown.address, unknown.user_agent) == ("unknown", "")
    talkative = visitor_of(request(headers={"user-agent": "a" * 10_000, "accept-language": "b" * 10_000}))
    assert (len(talkative.user_agent), len(talkative.language)) == (500, 100)
