"""Deadline: the moment by which a request must be answered, handed down to every call that it causes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from schema.errors import UpstreamTimeout
from schema.systems import System


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock, in seconds."""

    ends_at: float

    @classmethod
    def within(cls, seconds: float) -> Self:
        """Return the deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left, 0 when there are none."""
        return max(0.0, self.ends_at - time.monotonic())

    def sooner(self, seconds: float) -> "Deadline":
        """Return this deadline or the one that many seconds from now, whichever comes first."""
        return Deadline(min(self.ends_at, time.monotonic() + seconds))

    @asynccontextmanager
    async def scope(self, system: System) -> AsyncIterator[None]:
        """Cancel what runs inside when time is up and raise UpstreamTimeout; nothing runs when it is up already."""
        if not self.remaining():
            raise UpstreamTimeout(system)
        try:
            async with asyncio.timeout(self.remaining()):
                yield
        except TimeoutError as error:
            raise UpstreamTimeout(system) from error
