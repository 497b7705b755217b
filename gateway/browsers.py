"""Browsers: their cookies, and whether a request comes from a page of ours.

Cookies are host-bound (`__Host-`), out of scripts' reach, and sent along by no other site's form (SameSite=Lax). On top
of that a request that changes something counts only from our own pages, by what browsers say of its origin: `Origin`
and `Sec-Fetch-Site` (OWASP, cross-site request forgery prevention).
"""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from auth.identity.port import Visitor

SESSION_COOKIE: Final = "__Host-gridgate"
BROWSER_COOKIE: Final = "__Host-gridgate-browser"

_SCHEMES: Final = {"http": ("http", "https"), "ws": ("http", "https")}
"""The schemes of our own pages: behind a proxy that ends TLS, an encrypted page's request arrives in the clear."""


def is_from_own_page(connection: HTTPConnection) -> bool:
    """Tell whether a browser says that the request was made by a page of ours."""
    if connection.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    host = connection.headers.get("host")
    schemes = _SCHEMES.get(connection.scope["scheme"], ("https",))
    return bool(host) and connection.headers.get("origin") in {f"{scheme}://{host}" for scheme in schemes}


def set_cookie(response: Response, name: str, value: str, max_age_s: int | None = None) -> None:
    """Set a cookie that scripts cannot read and other hosts cannot plant; with no age it ends with the browser."""
    response.set_cookie(name, value, max_age=max_age_s, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Return who is at the other end, as far as the connection tells."""
    return Visitor(
        address=connection.client.host if connection.client else "unknown",
        user_agent=connection.headers.get("user-agent", "")[:500],
        language=connection.headers.get("accept-language", "")[:100],
    )
