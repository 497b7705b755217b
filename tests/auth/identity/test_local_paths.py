"""Where a sign-in leads afterwards: to a path of our own, whatever a browser makes of what was asked for."""

import json
import re
import shutil
import subprocess
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auth.identity.flow import local_path

GOOD: Final = [
    "/",
    "/security",
    "/link?next=1",
    "/oauth/authorize?client_id=a&redirect_uri=https://app.example/cb&state=x%2Fy",
    "/oauth/authorize?x=//evil.example",
    "/?q=електро",
    "/a/b#c//d",
    "/%2F%2Fevil.example",
    "/@evil.example",
    "/;https:/evil.example",
    "/" + "a" * 1999,
]
HOSTILE: Final = [
    "",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/security\\..\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/%2e//evil.example",
    "/security/../..//evil.example",
    "/\u2028/evil.example",
    "/\ud800",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "HTTPS://evil.example/security",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "security",
    "?x",
    "#x",
    "@evil.example",
    ":80",
    "/a\r\nSet-Cookie: x=y",
    "/" + "a" * 2000,
]


@pytest.mark.parametrize("path", GOOD)
def test_path_of_our_own_stays_as_it_is(path: str) -> None:
    assert local_path(path) == path


def test_anything_else_becomes_the_front_page() -> None:
    assert {local_path(path) for path in HOSTILE} == {"/"}
    print(f"\nopen redirects tried: {len(HOSTILE)}, let through: 0")


def as_read_by_a_browser(reference: str) -> str | None:
    """Return the host that a reference leads to, None for our own (WHATWG URL, 4.4, as far as hosts go)."""
    text = re.sub(r"[\t\n\r]", "", reference.strip("".join(map(chr, range(33)))))
    scheme = re.match(r"(?i)([a-z][a-z0-9+.-]*):", text)
    if scheme is not None:
        return scheme[0] + text[scheme.end() :]
    slashes = re.match(r"[/\\]{2,}", text)
    return text[slashes.end() :] or "nowhere" if slashes is not None else None


TRICKY: Final = st.text(st.sampled_from("/\\.:@?#%25eE \t\n\r\x00\u2028aй"), max_size=12)


@given(st.one_of(TRICKY, st.text(max_size=30), TRICKY.map(lambda text: "/" + text)))
@example("/.//evil.example")
def test_no_text_leads_to_another_host(text: str) -> None:
    path = local_path(text)
    assert path == text or path == "/"  # noqa: PLR1714 -- one is what was asked for, the other is not
    assert as_read_by_a_browser(path) is None
    assert path.startswith("/")


def test_node_s_url_parser_sees_our_own_host_and_no_path_that_looks_like_one() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node, whose URL parser is the browsers'")
    script = """
      const hosts = JSON.parse(process.argv[1]).map((path) => {
        const url = new URL(path, "https://gateway.example/sign-in");
        return [url.origin, new URL(url.pathname, "https://gateway.example/").origin];
      });
      console.log(JSON.stringify(hosts));
    """
    paths = [local_path(path) for path in (*GOOD, *HOSTILE)]
    ran = subprocess.run([node, "-e", script, json.dumps(paths)], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [["https://gateway.example"] * 2] * len(paths)
