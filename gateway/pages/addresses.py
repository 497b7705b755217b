"""Addresses of the pages, which carry where a visitor is heading for."""

from urllib.parse import urlencode


def way(path: str, return_to: str, **more: str) -> str:
    """Return the address of a page of ours for somebody on the way to `return_to`, `/` for nowhere in particular."""
    query = {"return_to": return_to, **more} if return_to != "/" else more
    return f"{path}?{urlencode(query)}" if query else path
