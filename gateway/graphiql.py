"""Serve GraphiQL, the in-browser explorer of the schema, from the package itself: no outside request is made.

The browser files lie in `static/graphiql/`; `VENDORED.md` there names what is not ours. Every answer, refusals
included, carries a content security policy (CSP level 3): no inline script or style, nothing to or from another host.
People sign in on the gateway's own pages (`gateway/pages/`), which must be served beside this one.
"""

import html
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import quote

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router

from gateway.pages.assets import Assets
from gateway.pages.headers import Guarded, policy

_FOLDERS: Final = Path(__file__).parent / "static"
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
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
  <a id="sign-in" href="sign-in?return_to=$here_encoded" hidden>Sign in</a>
  <form id="signed-in" method="post" action="sign-out" hidden>
    <input type="hidden" name="return_to" value="$here">
    <span>Signed in as <strong id="who"></strong></span>
    <button>Sign out</button>
  </form>
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
    explorer = _Explorer(
        graphql_path=graphql_path,
        operations=operations,
        title=title,
        # Relative to /graphiql, so that the page also works behind a path prefix.
        own=Assets.of(_FOLDERS / "graphiql", "graphiql/static"),
        shared=Assets.of(_FOLDERS / "pages", "pages/static"),
    )
    inside = Router(
        [
            Route("/graphiql", explorer.page),
            Route("/graphiql/config.json", explorer.config),
            Route("/graphiql/static/{name:path}", explorer.own.answer),
        ]
    )
    guarded = Guarded(ExceptionMiddleware(inside))
    return [Route("/graphiql", guarded), Route("/graphiql/{rest:path}", guarded)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explorer:
    """What the routes answer from; `shared` are the files of the other pages."""

    graphql_path: str
    operations: Mapping[str, str]
    title: str
    own: Assets
    shared: Assets

    async def page(self, request: Request) -> Response:
        nonce, here = secrets.token_urlsafe(16), f"{request.scope.get('root_path', '')}/graphiql"
        guard = _policy(nonce=nonce, host=request.headers.get("host", ""))
        headers = {"cache-control": "no-store", "content-security-policy": guard}
        return HTMLResponse(self._markup(nonce, here), headers=headers)

    async def config(self, request: Request) -> Response:
        prefix = request.scope.get("root_path", "")
        examples = [{"name": name, "query": query} for name, query in self.operations.items()]
        body = {"graphql": f"{prefix}{self.graphql_path}", "operations": examples}
        return JSONResponse(body, headers={"cache-control": "no-cache"})

    def _markup(self, nonce: str, here: str) -> str:
        return _PAGE.substitute(
            title=html.escape(self.title),
            nonce=nonce,
            here=html.escape(here),
            here_encoded=quote(here, safe=""),
            mark=self.shared.link("gridgate-mark.svg"),
            graphiql_css=self.own.link("graphiql.min.css"),
            page_css=self.own.link("graphiql-page.css"),
            react=self.own.link("react.production.min.js"),
            react_dom=self.own.link("react-dom.production.min.js"),
            graphiql=self.own.link("graphiql.min.js"),
            page=self.own.link("graphiql-page.js"),
        )


def _policy(*, nonce: str, host: str) -> str:
    # GraphiQL needs no 'unsafe-inline': editors and panels are styled through the CSSOM, which a policy does not touch,
    # and the one <style> it adds (react-style-singleton, while a dialog or menu is open) carries the page's nonce.
    # 'self' includes the page's own WebSocket in CSP level 3; older browsers want it named. A strange Host is dropped.
    sockets = {"connect_src": f"+ws://{host} wss://{host}"} if _HOST.fullmatch(host) else {}
    return policy(style_src=f"+'nonce-{nonce}'", font_src="+data:", **sockets)
