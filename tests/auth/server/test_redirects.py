"""Redirect URIs: what may be registered, and what counts as registered."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.server.redirects import is_registered, why_unusable

USABLE: Final = [
    "https://app.example/callback",
    "https://app.example",
    "https://app.example:8443/callback?tenant=1",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:8080/callback",
    "http://[::1]/callback",
    "http://127.0.0.1",
    "com.example.app:/callback",
    "com.example.app://callback",
]
UNUSABLE: Final = [
    "",
    "callback",
    "/callback",
    "//app.example/callback",
    "https:///callback",
    "https://app.example/callback#part",
    "https://app.example/call back",
    "https://app.example/call\nback",
    "https://app.example\\@evil.example/",
    "https://user@app.example/callback",
    "https://*.app.example/callback",
    "https://app.example:99999/callback",
    "https://[::1/callback",
    "https://додаток.example/callback",
    "http://app.example/callback",
    "http://localhost/callback",
    "http://127.0.0.1.evil.example/callback",
    "http://127.0.0.1@evil.example/callback",
    "http://127.0.0.1:99999/callback",
    "http://127.0.0.2/callback",
    "http://[::2]/callback",
    "ftp://app.example/callback",
    "app:/callback",
    "myapp://callback",
    "javascript:alert(1)",
    "data:text/html,hello",
    "com.example.app:callback",
    "urn:ietf:wg:oauth:2.0:oob",
]


@pytest.mark.parametrize("uri", USABLE)
def test_usable_uri_is_registered_as_it_stands(uri: str) -> None:
    assert why_unusable(uri) is None
    assert is_registered(uri, [uri])


@pytest.mark.parametrize("uri", UNUSABLE)
def test_unusable_uri_is_not_registered(uri: str) -> None:
    assert why_unusable(uri) is not None


@pytest.mark.parametrize("port", ["", ":1", ":80", ":8080", ":65535"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_application_on_somebody_s_own_computer_takes_any_port(host: str, port: str) -> None:
    for registered in (f"http://{host}/callback", f"http://{host}:9/callback"):
        assert is_registered(f"http://{host}{port}/callback", [registered])


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1/other",
        "http://127.0.0.1/callback/",
        "http://127.0.0.1/callback?x=1",
        "http://127.0.0.1/callback#x",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:01/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:80:80/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://[::1]/callback",
        "http://localhost/callback",
        "https://127.0.0.1/callback",
        "HTTP://127.0.0.1/callback",
        "http://127.0.0.1/callback\n",
        "http://127.0.0.1:8080\\@evil.example/callback",
    ],
)
def test_nothing_but_the_port_of_a_loopback_uri_may_differ(uri: str) -> None:
    assert not is_registered(uri, ["http://127.0.0.1/callback", "http://127.0.0.1:9/callback"])


def test_port_of_any_other_uri_may_not_differ() -> None:
    assert not is_registered("https://app.example:444/callback", ["https://app.example:443/callback"])
    assert not is_registered("https://app.example:443/callback", ["https://app.example/callback"])


@given(st.text(max_size=60), st.sampled_from(USABLE))
def test_no_other_text_counts_as_registered(text: str, registered: str) -> None:
    if text != registered and not text.startswith(("http://127.0.0.1", "http://[::1]")):
        assert not is_registered(text, [registered])
    why_unusable(text)
