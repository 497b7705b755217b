"""The GraphiQL page over plain HTTP: what is served, what is not, and the headers of every answer."""

import hashlib
import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from gateway import graphiql
from gateway.pages import routes as pages
from tests.gateway.explorer import OPERATIONS, explorer
from tests.gateway.front import served

FOLDERS: Final = Path(graphiql.__file__).parent / "static"
FOLDER: Final = FOLDERS / "graphiql"
POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'{style}; connect-src 'self'{sockets}; "
    "img-src 'self' data:; font-src 'self'{fonts}; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with served(lambda _host: Starlette(routes=[*explorer(), *pages.routes()])) as name:
        yield name


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(host: str, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})  # the path goes out as it is written, dots included
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())
    finally:
        connection.close()


def guard(style: str = "", sockets: str = "", fonts: str = "") -> dict[str, str]:
    return {
        "content-security-policy": POLICY.format(style=style, sockets=sockets, fonts=fonts),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }


def without_transport(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in {"date", "server", "content-length"}}


def test_page_has_strict_headers_and_a_nonce_of_its_own(host: str) -> None:
    nonces = set()
    for _ in range(2):
        answer = ask(host, "/graphiql")
        (nonce,) = re.findall(r'nonce="([^"]+)"', answer.body.decode())
        nonces.add(nonce)
        assert answer.status == 200
        assert without_transport(answer.headers) == {
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
            **guard(f" 'nonce-{nonce}'", f" ws://{host} wss://{host}", " data:"),
        }
    assert len(nonces) == 2


def test_page_holds_nothing_inline_and_names_no_host(host: str) -> None:
    markup = ask(host, "/graphiql").body.decode()
    assert re.findall(r"<script[^>]*>(?!</script>)|<style|\bstyle=|\bon[a-z]+=|javascript:|//", markup) == []


def test_strange_host_is_not_repeated_in_the_policy(host: str) -> None:
    answer = ask(host, "/graphiql", headers={"host": "evil.example; script-src *"})
    assert "evil" not in answer.headers["content-security-policy"]
    assert "connect-src 'self';" in answer.headers["content-security-policy"]


def test_title_is_text_and_not_markup() -> None:
    with served(lambda _host: Starlette(routes=explorer(title="<b>Grid & gate</b>"))) as host:
        assert "<title>&lt;b&gt;Grid &amp; gate&lt;/b&gt; · GraphiQL</title>" in ask(host, "/graphiql").body.decode()


def test_config_names_the_path_and_the_operations(host: str) -> None:
    answer = ask(host, "/graphiql/config.json")
    expected = {"content-type": "application/json", "cache-control": "no-cache", **guard()}
    assert (answer.status, without_transport(answer.headers)) == (200, expected)
    assert json.loads(answer.body) == {
        "graphql": "/graphql",
        "operations": [{"name": name, "query": query} for name, query in OPERATIONS.items()],
    }


def test_config_knows_the_prefix_it_is_mounted_under() -> None:
    mounted: list[BaseRoute] = [Mount("/api", routes=explorer())]
    with served(lambda _host: Starlette(routes=mounted)) as host:
        assert json.loads(ask(host, "/api/graphiql/config.json").body)["graphql"] == "/api/graphql"
        assert 'href="sign-in?return_to=%2Fapi%2Fgraphiql"' in ask(host, "/api/graphiql").body.decode()


def test_every_linked_file_is_served_unchanging(host: str) -> None:
    links = re.findall(r'(?:src|href)="([^"]+/static/[^"]+)"', ask(host, "/graphiql").body.decode())
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
    assert len(links) == 8
    for link in links:
        answer = ask(host, f"/{link}")
        name = link.replace("/static/", "/").split("?")[0]
        kept = without_transport(answer.headers)
        assert (answer.status, answer.body) == (200, (FOLDERS / name).read_bytes())
        assert kept.pop("etag")
        assert kept.pop("last-modified")
        assert kept == {
            "content-type": types[Path(name).suffix],
            "cache-control": "public, max-age=31536000, immutable",
            "accept-ranges": "bytes",
            **guard(),
        }


def test_file_asked_without_its_hash_is_asked_for_again(host: str) -> None:
    first = ask(host, "/graphiql/static/graphiql-page.js")
    again = ask(host, "/graphiql/static/graphiql-page.js", headers={"if-none-match": first.headers["etag"]})
    assert first.headers["cache-control"] == again.headers["cache-control"] == "no-cache"
    assert (again.status, again.body) == (304, b"")
    assert guard().items() <= again.headers.items()


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/nothing",
        "/graphiql/static/",
        "/graphiql/static/nothing.js",
        "/graphiql/static/../../graphiql.py",
        "/graphiql/static/..%2f..%2fgraphiql.py",
        "/graphiql/static/%2e%2e/%2e%2e/graphiql.py",
        "/graphiql/static/..%5c..%5cgraphiql.py",
        "/graphiql/static//etc/passwd",
        "/graphiql/static/%00",
        "/graphiql/static/graphiql.min.js.map",
    ],
)
def test_nothing_else_is_found(host: str, path: str) -> None:
    answer = ask(host, path)
    assert (answer.status, answer.body) == (404, b"Not Found")
    assert without_transport(answer.headers) == {"content-type": "text/plain; charset=utf-8", **guard()}


@pytest.mark.parametrize("path", ["/graphiql", "/graphiql/config.json", "/graphiql/static/graphiql-page.js"])
def test_page_takes_no_posts(host: str, path: str) -> None:
    answer = ask(host, path, method="POST")
    assert (answer.status, answer.body) == (405, b"Method Not Allowed")
    assert guard().items() <= answer.headers.items()


def test_vendored_files_are_the_ones_written_down() -> None:
    written = re.findall(r"`([\w.-]+)` +\| .* \| `([0-9a-f]{64})`", (FOLDER / "VENDORED.md").read_text("utf-8"))
    assert len(written) == 4
    for name, digest in written:
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
    assert not list(FOLDER.glob("*.map"))
