"""Asking for many: batches side by side, answers in the order of the keys, a batch's error at each of its keys."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from schema.errors import UpstreamError

Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")


async def in_batches(
    keys: Sequence[Key],
    size: int,
    ask: Callable[[Sequence[Key]], Awaitable[Mapping[Key, T | UpstreamError]]],
) -> list[T | UpstreamError]:
    """Ask for distinct keys, at most `size` at once; `ask` answers every key of its batch or raises UpstreamError."""
    distinct = list(dict.fromkeys(keys))
    batches = [distinct[start : start + size] for start in range(0, len(distinct), size)]

    async def answer(batch: Sequence[Key]) -> Mapping[Key, T | UpstreamError]:
        try:
            return await ask(batch)
        except UpstreamError as error:
            return dict.fromkeys(batch, error)

    found = {key: value for part in await asyncio.gather(*map(answer, batches)) for key, value in part.items()}
    return [found[key] for key in keys]
