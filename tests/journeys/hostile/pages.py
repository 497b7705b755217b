"""What another site's page makes a browser send with our customer's cookies, and every page that it may aim at."""

from collections.abc import Iterator
from typing import Any, Final

from gateway.pages import routes as pages

_EVIL: Final = "https://evil.example"
_OF_CLIENTS: Final = {f"/oauth/{name}" for name in ("token", "revoke", "introspect", "device_authorization")}
"""Endpoints that look at no cookie: who has not the client's credentials has nothing there."""


def origins(own: str) -> dict[str, dict[str, str]]:
    """Return what browsers tell of pages that are not ours, and what somebody else would like them to tell."""
    host = own.removeprefix("http://")
    return {
        "another site": {"origin": _EVIL, "sec-fetch-site": "cross-site"},
        "another site in an older browser": {"origin": _EVIL},
        "another site that claims to be ours": {"origin": _EVIL, "sec-fetch-site": "same-origin"},
        "another site by our own name": {"origin": own, "sec-fetch-site": "cross-site"},
        "a neighbour": {"origin": own, "sec-fetch-site": "same-site"},
        "an address that was typed": {"origin": own, "sec-fetch-site": "none"},
        "nowhere": {},
        "nowhere, said to be ours": {"sec-fetch-site": "same-origin"},
        "a sandboxed frame": {"origin": "null"},
        "an empty origin": {"origin": ""},
        "another port": {"origin": f"{own.rpartition(':')[0]}:1"},
        "no port": {"origin": own.rpartition(":")[0]},
        "another scheme": {"origin": f"ftp://{host}"},
        "no scheme": {"origin": host},
        "a name that begins as ours": {"origin": f"{own}.evil.example"},
        "a user named as we are": {"origin": f"http://{host}@evil.example"},
        "a path that is our name": {"origin": f"{_EVIL}/{host}"},
        "our name with a slash": {"origin": f"{own}/"},
        "our name and another": {"origin": f"{own} {_EVIL}"},
        "our name in a list": {"origin": f"{own}, {_EVIL}"},
        "a referrer that is ours": {"origin": _EVIL, "referer": f"{own}/security"},
        "a host that is theirs": {"origin": _EVIL, "x-forwarded-host": "evil.example"},
    }


def posted_pages() -> Iterator[str]:
    """Give the path of every page that takes a form from a browser, as the routes have it."""
    routes: list[Any] = pages.routes()
    for route in routes:
        guarded = getattr(route, "app", None)
        inside = getattr(getattr(guarded, "_app", None), "app", None)  # the pages' own router, behind their headers
        for page in inside.routes if inside is not None and route.path.count("/") == 1 else [route]:
            if "POST" in (page.methods or ()) and page.path not in _OF_CLIENTS:
                yield page.path
