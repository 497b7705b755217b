"""Pages: what a connector is asked for, what it answers, and the connection that a client sees."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Self, TypeVar

import strawberry

from schema.errors import InvalidArgument
from schema.period import Period

T = TypeVar("T")

DEFAULT_FIRST: Final = 12
MAX_FIRST: Final = 100


@dataclass(frozen=True, slots=True)
class Page:
    """The newest `first` rows older than the position `after`, within `period` where given."""

    first: int
    after: str | None = None
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """A page of rows, newest first, with the number of all rows where the system tells it cheaply."""

    rows: Sequence[T]
    has_more: bool
    total: int | None = None


def read_page(first: int, after: str | None, period: Period | None = None, *, limit: int = MAX_FIRST) -> Page:
    """Check the arguments of a connection; raises InvalidArgument that names the argument."""
    if not 0 <= first <= limit:
        raise InvalidArgument("first", f"first is a number from 0 to {limit}.")
    return Page(first, decode_cursor(after) if after is not None else None, period)


def encode_cursor(position: str) -> str:
    """Write an opaque cursor."""
    return urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Read a cursor; raises InvalidArgument for one that we never wrote."""
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise InvalidArgument("after", "after is a cursor from an earlier page.") from error


@strawberry.federation.type(
    shareable=True, description="Where a page ends. Pages run from the newest row to the oldest."
)
class PageInfo:
    """Where a page ends."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="A row of a page with its cursor.")
class Edge(Generic[T]):
    """A row of a page with its cursor."""

    cursor: str
    node: T


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """A page of a list: `nodes` for the rows alone, `edges` for rows with cursors."""

    nodes: list[T]
    total_count: int | None = strawberry.field(description="The number of all rows, where it is cheap to know.")
    has_more: strawberry.Private[bool]
    started: strawberry.Private[bool]
    position: strawberry.Private[Callable[[T], str]]

    @classmethod
    def of(cls, found: Slice[T], page: Page, position: Callable[[T], str]) -> Self:
        """Show a slice as a connection; `position` writes the sort key of a row."""
        return cls(
            nodes=list(found.rows),
            total_count=found.total,
            has_more=found.has_more,
            started=page.after is not None,
            position=position,
        )

    @strawberry.field
    def edges(self) -> list[Edge[T]]:
        """Pair each row with its cursor."""
        return [Edge(cursor=encode_cursor(self.position(node)), node=node) for node in self.nodes]

    @strawberry.field
    def page_info(self) -> PageInfo:
        """Tell where the page ends."""
        cursors = [encode_cursor(self.position(node)) for node in (*self.nodes[:1], *self.nodes[-1:])]
        return PageInfo(
            has_next_page=self.has_more,
            has_previous_page=self.started,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )
