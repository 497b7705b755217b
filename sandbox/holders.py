"""How accounts are dealt to holders: in blocks of 200, so that each block has holders of every size."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

SIZES = (1, 10, 50, 60, 5, 5, 3, 3, 2, 2, 2, 2, *[1] * 55)
BLOCK = sum(SIZES)
_STARTS = (0, *accumulate(SIZES))[:-1]


def holder_of(index: int) -> int:
    """Give the number of the holder who has the account of this index."""
    block, place = divmod(index, BLOCK)
    return block * len(SIZES) + bisect_right(_STARTS, place) - 1


def accounts_of(holder: int, total: int) -> range:
    """Give the indexes of a holder's accounts among `total` accounts; the last holder's may be cut short."""
    block, seat = divmod(holder, len(SIZES))
    first = block * BLOCK + _STARTS[seat]
    return range(min(first, total), min(first + SIZES[seat], total))


def holders_of_size(size: int, total: int) -> Iterator[range]:
    """Give the account indexes of every holder of exactly `size` accounts, in order of the index."""
    for holder in range(holder_of(total - 1) + 1):
        accounts = accounts_of(holder, total)
        if len(accounts) == size:
            yield accounts
