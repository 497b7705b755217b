"""Turns: a loop that runs for ever goes round when a test says so, and no test waits for a clock."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self


class Turns:
    """What stands in for the pause of a loop."""

    def __init__(self) -> None:
        self._begin = asyncio.Semaphore(0)
        self._ended = asyncio.Semaphore(0)

    async def pause(self) -> None:
        """Stand still until the next turn."""
        self._ended.release()
        await self._begin.acquire()

    async def go_round(self) -> None:
        """Let the loop go round once, and wait until it stands still again."""
        self._begin.release()
        await self._ended.acquire()

    @classmethod
    @asynccontextmanager
    async def of(
        cls, run: Callable[[Callable[[], Coroutine[Any, Any, None]]], Coroutine[Any, Any, None]]
    ) -> AsyncIterator[Self]:
        """Start a loop, which is handed its pause, and stop it at the end."""
        turns = cls()
        running = asyncio.create_task(run(turns.pause))
        await turns._ended.acquire()
        try:
            yield turns
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
