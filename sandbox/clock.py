"""The sandbox's clock: real time, faster if asked, moved forward on request."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Tell the world's time: `start` plus real time passed x `speed` plus every advance.

    Args:
        start: the world's time at construction (aware); now by default.
        speed: world seconds per real second; 86400 is a day per second, 0 stands still.
        ticks: seconds of a monotonic source.
    """

    def __init__(
        self, start: datetime | None = None, *, speed: float = 1.0, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._speed = speed
        self._ticks = ticks
        self._began = ticks()
        self._advanced = timedelta(0)

    def now(self) -> datetime:
        """Tell the world's time (aware, UTC)."""
        return self._start + timedelta(seconds=(self._ticks() - self._began) * self._speed) + self._advanced

    def advance(self, seconds: float) -> datetime:
        """Move the world forward and tell the new time; time never runs back (`ValueError`)."""
        if seconds < 0:
            raise ValueError("the clock moves forward only: advance_seconds must not be negative")
        self._advanced += timedelta(seconds=seconds)
        return self.now()
