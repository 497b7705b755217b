"""Serve GraphiQL, the in-browser explorer of the schema, from the package itself: no outside request is made.

The browser files lie in `static/graphiql/`; `VENDORED.md` there names what is not ours. Every answer, refusals
included, carries a content security policy (CSP level 3): no inline script or style, nothing to or from another host.
"""

import hashlib
import html
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FOLDER: Final = Path(__file__).parent / "static" / "graphiql"
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
# Spelled out because a browser runs a script only under its right type (nosniff) and the system's own table may differ.
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_PAGE: Final = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title · GraphiQL</title>
<link rel="icon" href="$mark">
<link rel="stylesheet" href="$graphiql_css">
<link rel="stylesheet" href="$page_css">
<script defer src="$react"></script>
<script defer src="$react_dom"></script>
<script defer src="$graphiql"></script>
<script defer src="$page" nonce="$nonce"></script>
</head>
<body>
<header class="bar">
  <h1><img src="$mark" alt="" width="28" height="28"> $title <span>GraphiQL</span></h1>
  <p id="notice" role="status" aria-live="polite"></p>
  <form id="sign-in" method="post" aria-label="Sign in" hidden>
    <label>Login <input name="login" autocomplete="username" placeholder="e-mail or phone" required></label>
    <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
    <button type="submit">Sign in</button>
  </form>
  <div id="signed-in" hidden>
    <span>Signed in as <strong id="who"></strong></span>
    <button type="button" id="sign-out">Sign out</button>
  </div>
</header>
<main id="graphiql"><p class="waiting">Loading GraphiQL…</p></main>
<noscript><p class="waiting">GraphiQL needs JavaScript.</p></noscript>
</body>
</html>
""")


def routes(*, graphql_path: str, operations: Mapping[str, str], title: str) -> list[BaseRoute]:
    """Return the routes of the page: `/graphiql`, its `config.json` and the files under `static/`.

    `graphql_path` is where queries, mutations (POST) and subscriptions (graphql-transport-ws) are answered.
    `operations` (name to GraphQL text) become the tabs of a first visit, in their order; a tab is titled by the name of
    the operation inside the text. `title` stands in the title bar. Raises `OSError` when the browser files are absent.
    """
    files = [file for file in _FOLDER.iterdir() if file.suffix in _MEDIA_TYPES]
    explorer = _Explorer(
        graphql_path=graphql_path,
        operations=operations,
        title=title,
        versions={file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files},
        files=StaticFiles(directory=_FOLDER),
    )
    inside = Router(
        [
            Route("/graphiql", explorer.page),
            Route("/graphiql/config.json", explorer.config),
            Route("/graphiql/static/{name:path}", explorer.file),
        ]
    )
    guarded = _Guarded(ExceptionMiddleware(inside))
    return [Route("/graphiql", guarded), Route("/graphiql/{rest:path}", guarded)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explorer:
    """What the routes answer from; `versions` maps each browser file to the start of its SHA-256."""

    graphql_path: str
    operations: Mapping[str, str]
    title: str
    versions: Mapping[str, str]
    files: StaticFiles

    async def page(self, request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        policy = _policy(nonce=nonce, host=request.headers.get("host", ""))
        headers = {"cache-control": "no-store", "content-security-policy": policy}
        return HTMLResponse(_markup(self.title, self.versions, nonce), headers=headers)

    async def config(self, request: Request) -> Response:
        prefix = request.scope.get("root_path", "")
        examples = [{"name": name, "query": query} for name, query in self.operations.items()]
        body = {"graphql": f"{prefix}{self.graphql_path}", "operations": examples}
        return JSONResponse(body, headers={"cache-control": "no-cache"})

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.versions:
            raise HTTPException(404)
        response = await self.files.get_response(name, request.scope)
        unchanging = request.query_params.get("v") == self.versions[name]
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if unchanging else "no-cache"
        if "content-type" in response.headers:  # a 304 has none
            response.headers["content-type"] = _MEDIA_TYPES[Path(name).suffix]
        return response


class _Guarded:
    """Add the security headers to every answer of the page's routes, refusals (404, 405) included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", _policy())
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
            await send(message)

        await self._app(scope, receive, send_guarded)


def _policy(*, nonce: str = "", host: str = "") -> str:
    # GraphiQL needs no 'unsafe-inline': editors and panels are styled through the CSSOM, which a policy does not touch,
    # and the one <style> it adds (react-style-singleton, while a dialog or menu is open) carries the page's nonce.
    style = f" 'nonce-{nonce}'" if nonce else ""
    # 'self' includes the page's own WebSocket in CSP level 3; older browsers want it named. A strange Host is dropped.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        "default-src 'self'; script-src 'self'; "
        f"style-src 'self'{style}; connect-src 'self'{sockets}; "
        "img-src 'self' data:; font-src 'self' data:; object-src 'none'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


def _markup(title: str, versions: Mapping[str, str], nonce: str) -> str:
    def link(name: str) -> str:
        # Relative to /graphiql, so that the page also works behind a path prefix.
        return f"graphiql/static/{name}?v={versions[name]}"

    return _PAGE.substitute(
        title=html.escape(title),
        nonce=nonce,
        mark=link("gridgate-mark.svg"),
        graphiql_css=link("graphiql.min.css"),
        page_css=link("graphiql-page.css"),
        react=link("react.production.min.js"),
        react_dom=link("react-dom.production.min.js"),
        graphiql=link("graphiql.min.js"),
        page=link("graphiql-page.js"),
    )
