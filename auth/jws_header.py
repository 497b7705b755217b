"""JWS header: what a signed text claims about itself, checked before any library looks at it (RFC 8725, section 3).

BadHeader   the text is no JWS in compact form, or its header is not exactly of our kind; names the parameter
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Collection
from typing import Any, Final

_PARTS: Final = 3
EXTENSIONS: Final = ("crit", "b64")
"""Nothing here understands an extension, and a header that demands one is refused (RFC 7515, section 4.1.11)."""


class BadHeader(ValueError):
    """The header is not of our kind."""


def read_header(text: str, *, typ: str, algorithms: Collection[str]) -> dict[str, Any]:
    """Read the header of a JWS of one type and of algorithms that are allowed, without verifying anything.

    Raises:
        BadHeader: anything else, of any shape; the caller bounds the length.
    """
    parts = text.split(".")
    if len(parts) != _PARTS or not text.isascii():
        raise BadHeader("JWS")
    try:
        header = json.loads(urlsafe_b64decode(parts[0] + "=="))
    except (ValueError, RecursionError) as error:
        raise BadHeader("JWS") from error
    if not isinstance(header, dict) or any(name in header for name in EXTENSIONS):
        raise BadHeader("crit")
    if header.get("typ") != typ:
        raise BadHeader("typ")
    if not isinstance(header.get("alg"), str) or header["alg"] not in algorithms:
        raise BadHeader("alg")
    return header
