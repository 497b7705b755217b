"""The report: medians over the rounds, and ratios taken within each round, where both sides met the same weather."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from statistics import median
from typing import Final

HEADINGS: Final = ("CPU µs/request", "requests/s", "p50 ms", "p99 ms", "upstream calls")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one turn of one contestant showed."""

    processor_us: float
    a_second: float
    p50_ms: float
    p99_ms: float
    calls: float


def table(accounts: int, rounds: Sequence[Mapping[str, Figures]], ours: str) -> str:
    """Write the figures of one size of home screen."""
    lines = [f"{accounts} account(s), {len(rounds)} round(s)"]
    lines.append(f"  {'':18}" + "".join(f"{heading:>16}" for heading in HEADINGS))
    for name in rounds[0]:
        figures = (median(values) for values in zip(*(astuple(each[name]) for each in rounds), strict=True))
        lines.append(f"  {name:18}" + "".join(f"{figure:16,.1f}" for figure in figures))
    for name in rounds[0]:
        if name != ours:
            ratios = sorted(each[ours].processor_us / each[name].processor_us for each in rounds)
            spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
            lines.append(f"  {ours} / {name}: {median(ratios):.2f} of the processor time ({spread})")
    return "\n".join(lines) + "\n"
