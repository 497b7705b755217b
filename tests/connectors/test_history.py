"""Pages of a meter's history: whatever shares a time, however the other side reads a local time, nothing is lost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from connectors.distribution.history import HistoryPage, Position, Rows
from schema.energy import Energy
from schema.metering import Reading, ReadingQuality, ReadingSource, ReadingStatus, reading_position
from schema.paging import Page

KYIV: Final = ZoneInfo("Europe/Kyiv")
MIDNIGHT: Final = datetime(2026, 10, 24, 21, tzinfo=UTC)
QUARTER: Final = timedelta(minutes=15)

histories = st.dictionaries(st.integers(0, 40), st.sets(st.sampled_from("1234"), min_size=1), min_size=1)
"""Registers by the quarter hour in which they were read, in the night when clocks go back."""


def rows(history: dict[int, set[str]]) -> list[Reading]:
    return [_reading(MIDNIGHT + QUARTER * place, obis) for place, found in history.items() for obis in found]


def _reading(read_at: datetime, obis: str) -> Reading:
    return Reading(
        object_id=f"{obis}-{read_at.timestamp()}",
        obis_code=obis,
        value=Energy(Decimal(1)),
        read_at=read_at.astimezone(KYIV),
        reported_at=None,
        source=ReadingSource.AMR,
        quality=ReadingQuality.VALID,
        status=ReadingStatus.ACCEPTED,
    )


def newest(history: Sequence[Reading], wanted: HistoryPage, count: int, *, fold: int, descending: bool) -> Rows:
    """Answer as a distribution system that takes a local time for its first or second pass, ties in any order."""
    before = wanted.arguments(count, KYIV)["beforeDate"]
    ordered = sorted(history, key=lambda row: row.obis_code, reverse=descending)
    ordered.sort(key=lambda row: row.read_at.timestamp(), reverse=True)
    if isinstance(before, datetime):
        until = before.replace(tzinfo=KYIV, fold=fold).timestamp()
        ordered = [row for row in ordered if row.read_at.timestamp() < until]
    return Rows(ordered[:count], len(ordered[:count]), len(history))


@given(history=histories, first=st.integers(1, 6), fold=st.integers(0, 1), descending=st.booleans())
@example(history={place: {"1"} for place in range(41)}, first=1, fold=0, descending=False)
@example(history={place: {"1", "2", "3"} for place in range(41)}, first=2, fold=1, descending=True)
def test_walking_pages_loses_and_repeats_nothing(
    *, history: dict[int, set[str]], first: int, fold: int, descending: bool
) -> None:
    whole = rows(history)
    walked: list[Reading] = []
    page: Page | None = Page(first)
    while page is not None:
        wanted = HistoryPage.of(page)
        count = wanted.first_count(3)
        while (part := wanted.cut(newest(whole, wanted, count, fold=fold, descending=descending), count)) is None:
            count *= 2
        assert len(part.rows) == first or not part.has_more
        walked += part.rows
        page = Page(first, reading_position(part.rows[-1])) if part.has_more else None
    assert walked == sorted(whole, key=lambda row: (-row.read_at.timestamp(), row.obis_code))


@given(histories)
def test_a_position_reads_back(history: dict[int, set[str]]) -> None:
    for row in rows(history):
        position = Position.parse(reading_position(row))
        assert position.key == (-row.read_at.timestamp(), row.obis_code, row.object_id)
