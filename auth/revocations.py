"""Revocations: which access tokens are refused before they expire, known in memory by every process within a second.

A key names a token (`jti:`), a refresh family or a session (`sid:`), a grant (`grant:`), a customer (`subject:`) or a
client (`client:`). A token or a family ends for good. The others live on: what was issued to them up to the moment of
the revocation is refused, and what is issued later is not.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog

from auth.pauses import Pause, a_second
from auth.token_claims import CLOCKS_APART
from connectors.store.revocations import Revocation, RevocationRows, StoreSilent
from schema.scopes import Principal

ENDS_FOR_GOOD: Final = ("jti:", "sid:")
"""Keys of what never issues a token again: these are refused whatever a clock says."""

_LATE_NEWS: Final = timedelta(minutes=2)
"""How late a row may be seen: clocks differ, and a transaction takes its time to commit."""
_FORGET_EVERY: Final = timedelta(hours=1)

log = structlog.get_logger("gridgate")


class Revocations:
    """What was revoked, in the store for all processes and in memory for this one."""

    def __init__(self, rows: RevocationRows, now: Callable[[], datetime]) -> None:
        """Know nothing yet: `refresh` before the first caller is let in."""
        self._rows = rows
        self._now = now
        self._known: dict[str, Revocation] = {}
        self._seen_until: datetime | None = None
        self._forget_at = now() + _FORGET_EVERY

    async def revoke(self, keys: str | Collection[str], lives_for: timedelta) -> None:
        """Refuse, from now on, the tokens that carry one of these keys and live for so long at most.

        This process knows at once, the others within a second.

        Raises:
            StoreSilent: the store did not keep it; nothing is revoked.
        """
        revoked_at = self._now()
        wanted = [keys] if isinstance(keys, str) else list(keys)
        expires_at = revoked_at + lives_for + CLOCKS_APART
        await self._rows.add(wanted, revoked_at, expires_at)
        self._learn(Revocation(key, revoked_at, expires_at) for key in wanted)

    def is_revoked(self, principal: Principal) -> bool:
        """Tell whether what this caller came with was revoked."""
        return any(self._covers(key, principal.issued_at) for key in principal.revocable)

    async def refresh(self) -> None:
        """Learn what others revoked, and forget what has expired. Raises StoreSilent."""
        now = self._now()
        since = None if self._seen_until is None else self._seen_until - _LATE_NEWS
        self._learn(await self._rows.news(now, since))
        self._seen_until = now
        self._known = {key: each for key, each in self._known.items() if each.expires_at > now}

    async def run(self, pause: Pause = a_second) -> None:
        """Keep up with the others for ever. While the store is silent, what is known stays in force."""
        is_silent = False
        while True:
            await pause()
            try:
                await self.refresh()
                await self._forget()
            except StoreSilent as error:
                if not is_silent:
                    log.warning("revocations_not_read", error=type(error.__cause__).__name__)
                is_silent = True
            else:
                is_silent = False

    async def _forget(self) -> None:
        """Drop from the store, once an hour, what no token can be left of."""
        now = self._now()
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY
            await self._rows.forget(now)

    def _covers(self, key: str, issued_at: datetime | None) -> bool:
        known = self._known.get(key)
        if known is None:
            return False
        return key.startswith(ENDS_FOR_GOOD) or issued_at is None or issued_at <= known.revoked_at

    def _learn(self, news: Iterable[Revocation]) -> None:
        for each in news:
            known = self._known.get(each.key)
            if known is None:
                self._known[each.key] = each
            else:
                self._known[each.key] = Revocation(
                    each.key, max(known.revoked_at, each.revoked_at), max(known.expires_at, each.expires_at)
                )
