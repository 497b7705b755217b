"""Housekeeping: what is of no use any more leaves the store, once a day."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from connectors.store.sms import STORE_FAILURES

KEPT: Final = timedelta(days=1)
"""How long what cannot be used any more is kept, for clocks that differ and for people who look."""
_DAY_S: Final = 86_400

log = structlog.get_logger("gridgate")


async def forget_daily(forget: Sequence[Callable[[datetime], Awaitable[object]]], now: Callable[[], datetime]) -> None:
    """Let each table drop what was of no use before yesterday, once a day, for ever."""
    while True:
        for each in forget:
            try:
                await each(now() - KEPT)
            except STORE_FAILURES as error:
                log.warning("nothing_forgotten", error=type(error).__name__)
        await asyncio.sleep(_DAY_S)
