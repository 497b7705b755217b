"""Redirects: which redirect URIs may be registered, and which of those registered one is (RFC 8252, RFC 9700 2.1).

They are compared as texts, character by character. The one exception is the port of a loopback address, which an
application on somebody's own computer cannot know beforehand (RFC 8252, section 7.3).
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

_LOOPBACK: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([1-9][0-9]{0,4}))?(/[!-~]*)?")
_OWN_SCHEME: Final = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/[!-~]*")
_HIGHEST_PORT: Final = 65_535


def why_unusable(uri: str) -> str | None:
    """Return why a redirect URI cannot be registered, None where it can."""
    if not (uri.isascii() and uri.isprintable()) or any(mark in uri for mark in ' "\\#<>'):
        return "has a fragment, a space or a character that URIs do not have"
    try:
        split = urlsplit(uri)
        host = split.hostname if split.port != 0 else None
    except ValueError:
        return "is no URI"
    if "@" in split.netloc or "*" in split.netloc:
        return "has a user or a wildcard in its host"
    if (split.scheme == "https" and host) or _loopback(uri) or _OWN_SCHEME.fullmatch(uri):
        return None
    return (
        "is neither https with a host, nor http to 127.0.0.1 or [::1], "
        "nor of a scheme of the application's own with a dot in it"
    )


def is_registered(uri: str, registered: Iterable[str]) -> bool:
    """Tell whether a redirect URI is one of those registered."""
    known = tuple(registered)
    if uri in known:
        return True
    asked = _loopback(uri)
    return asked is not None and asked in {_loopback(each) for each in known}


def _loopback(uri: str) -> tuple[str, str] | None:
    """Return a loopback URI without its port, None for any other."""
    match = _LOOPBACK.fullmatch(uri)
    if match is None or "#" in uri or (match[2] is not None and int(match[2]) > _HIGHEST_PORT):
        return None
    return match[1], match[3] or ""
