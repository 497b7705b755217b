"""Requests that another site's page makes with our customer's cookies, and every page of ours that they may aim at."""

from collections.abc import Iterator
from typing import Final

from starlette.routing import BaseRoute, Router, Route

from gateway.pages import routes as pages

MISSING: Final[str | None] = None


def posted_pages() -> Iterator[str]:
    """Give the path of every page that takes a form, as the routes have it."""
    for route in _routes(pages.routes()):
        if "POST" in (route.methods or ()) and not route.path.startswith("/oauth/") or route.path == "/oauth/authorize":
            yield route.path
