"""Period: a half-open span of local calendar days."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

import strawberry
from graphql import GraphQLError

MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `start` up to, not including, `end`, in the utility's time zone."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a period ends after it starts: {self.start}/{self.end}")

    @classmethod
    def month(cls, year: int, month: int) -> Self:
        """Return the calendar month."""
        ends_year = month == MONTHS_A_YEAR
        return cls(date(year, month, 1), date(year + ends_year, 1 if ends_year else month + 1, 1))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-10-01/2026-11-01` or `2026-10`; raises ValueError."""
        start, slash, end = text.partition("/")
        if slash:
            return cls(date.fromisoformat(start), date.fromisoformat(end))
        year, _, month = start.partition("-")
        return cls.month(int(year), int(month))

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


def _parse(value: object) -> Period:
    try:
        return Period.parse(str(value))
    except ValueError as error:
        raise GraphQLError(
            'A Period is two dates, "2026-10-01/2026-11-01" (end excluded), or a month, "2026-10".'
        ) from error


PERIOD_SCALAR: Final = strawberry.scalar(
    name="Period",
    description=(
        'Days from a start up to, not including, an end, as ISO 8601: `"2026-10-01/2026-11-01"`. '
        'Input may be a month: `"2026-10"`.'
    ),
    serialize=str,
    parse_value=_parse,
    specified_by_url="https://www.iso.org/iso-8601-date-and-time-format.html",
)
