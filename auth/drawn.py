"""Drawn ids: whether a text that came from outside can be an id of ours, before the store is asked for it."""

import re
from typing import Final

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def is_base64url(text: str, longest: int = 64) -> bool:
    """Tell whether a text is base64url of 1 to `longest` characters; PostgreSQL, for one, takes no NUL in any text."""
    return len(text) <= longest and _BASE64URL.fullmatch(text) is not None
