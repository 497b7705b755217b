"""Given texts: what came from outside, before a store, a hash or a signature is asked about it."""

import re
from typing import Final

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")


def is_base64url(text: str, longest: int = 64) -> bool:
    """Tell whether a text is base64url of 1 to `longest` characters; PostgreSQL, for one, takes no NUL in any text."""
    return len(text) <= longest and _BASE64URL.fullmatch(text) is not None


def well_formed(text: str) -> str:
    """Return a text that can be encoded: JSON may carry half a character, which stands as NUL, that no name holds."""
    return _HALF_CHARACTER.sub("\x00", text)
