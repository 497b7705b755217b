from datetime import date, timedelta

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from schema.period import PERIOD_SCALAR, Period
from tests.schema.scalars import read, written


@given(st.dates(max_value=date(9000, 1, 1)), st.integers(min_value=1, max_value=1000))
def test_a_period_reads_back_what_it_writes(start: date, days: int) -> None:
    period = Period(start, start + timedelta(days=days))
    assert read(PERIOD_SCALAR, written(PERIOD_SCALAR, period)) == period


@given(st.integers(min_value=1, max_value=9000), st.integers(min_value=1, max_value=12))
def test_months_follow_one_another_without_gap_or_overlap(year: int, month: int) -> None:
    following = (year + 1, 1) if month == 12 else (year, month + 1)
    assert Period.month(year, month).end == Period.month(*following).start


def test_a_month_may_be_written_short() -> None:
    assert Period.parse("2026-12") == Period(date(2026, 12, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-10-01", "2026-10-02/2026-10-01", "2026-10-01/2026-10-01"]
)
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(GraphQLError, match="A Period is two dates"):
        read(PERIOD_SCALAR, text)
