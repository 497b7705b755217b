"""Pauses: what a loop that runs for ever does between two rounds."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

Pause: TypeAlias = Callable[[], Awaitable[None]]

a_second: Final[Pause] = partial(asyncio.sleep, 1.0)
"""The pause of a process that follows what others did."""
