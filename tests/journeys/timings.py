"""Timings: two kinds of requests measured by turns, and whether one of them could be told from the other."""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, TypeAlias

Prepared: TypeAlias = Callable[[int], Callable[[], object]]

WARM_UP: Final = 5
SAMPLES: Final = 60
NARROW: Final = (0.35, 0.65)
"""How far the rank test may be from a coin. Samples of one kind leave it twice in a row once in 50,000 times."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Seconds that requests about somebody known took, and those about nobody."""

    known: Sequence[float]
    unknown: Sequence[float]

    @property
    def auc(self) -> float:
        """How likely a request about nobody takes longer than one about somebody (Mann-Whitney's U over its most).

        0.5 is a coin: whoever listens learns nothing. A tie counts by half.
        """
        ranked = sorted(self.known)
        wins = sum(bisect_left(ranked, each) + bisect_right(ranked, each) for each in self.unknown) / 2
        return wins / (len(self.known) * len(self.unknown))

    @property
    def ratio(self) -> float:
        """The medians, somebody known over nobody."""
        return median(self.known) / median(self.unknown)

    def __str__(self) -> str:
        shown = (len(self.known), median(self.known) * 1000, median(self.unknown) * 1000, self.ratio, self.auc)
        return "{} each, medians {:.1f} and {:.1f} ms, ratio {:.3f}, AUC {:.3f}".format(*shown)


def compare(known: Prepared, unknown: Prepared, samples: int = SAMPLES) -> Compared:
    """Ask by turns, the first of each pair changing, and leave out the first few pairs.

    Each is given the number of its pair and returns what is timed.
    """
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(samples + WARM_UP):
        for is_known in (True, False) if number % 2 else (False, True):
            ask = (known if is_known else unknown)(number)
            began = time.perf_counter()
            ask()
            taken[is_known].append(time.perf_counter() - began)
    return Compared(taken[True][WARM_UP:], taken[False][WARM_UP:])


def is_a_coin(measure: Callable[[], Compared], what: str, tell: Callable[[str], None]) -> bool:
    """Measure, tell the figure, and judge; once more where a busy machine may have spoilt the first."""
    for _ in range(2):
        compared = measure()
        tell(f"{what}: {compared}")
        if NARROW[0] < compared.auc < NARROW[1]:
            return True
    return False
