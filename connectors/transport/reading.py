"""Reading a body without holding up the event loop."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from connectors.transport.port import Answer

T = TypeVar("T")

LARGE_BODY: Final = 128 * 1024
"""Bytes that take a few milliseconds to read (an answer of 1,800 readings has 600 KB and takes about 35)."""


async def read_answer(answer: Answer, read: Callable[[Answer], T]) -> T:
    """Run a pure reader over an answer, in a thread where the body is large."""
    if len(answer.body) < LARGE_BODY:
        return read(answer)
    return await asyncio.to_thread(read, answer)
