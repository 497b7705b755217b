"""Rotation: what it means that a refresh token is presented (RFC 9700, section 4.14).

A network may lose the answer that carried the next token. The client then asks again with the one it has, and gets
another next token for as long as nobody has used the lost one; whoever comes later, or after that one was used, shows
that the token is in two hands.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

from connectors.store.families import RefreshToken


class Verdict(Enum):
    """What a presented token is."""

    FRESH = auto()
    ASKED_AGAIN = auto()
    REUSED = auto()
    EXPIRED = auto()


def judge(token: RefreshToken, children: Sequence[RefreshToken], now: datetime, lost_answer: timedelta) -> Verdict:
    """Judge a token by what became of it; `children` are all that it was ever exchanged for."""
    if token.revoked_at is not None:
        return Verdict.REUSED
    if token.replaced_at is None:
        return Verdict.FRESH if now < token.expires_at else Verdict.EXPIRED
    is_soon = now - token.replaced_at <= lost_answer
    is_unused = all(child.replaced_at is None for child in children)
    return Verdict.ASKED_AGAIN if is_soon and is_unused else Verdict.REUSED
