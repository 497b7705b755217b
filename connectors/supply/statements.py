"""Statements: the two reads of supply, each one for a whole batch of accounts. Columns keep the system's names."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnClause,
    ColumnElement,
    DateTime,
    Dialect,
    Select,
    String,
    TableClause,
    and_,
    case,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from connectors.supply.position import Position
from connectors.supply.settings import PaymentsTable, StagingTable
from schema.paging import Page

PENDING_PER_ACCOUNT: Final = 100


class LocalTime(TypeDecorator[datetime]):
    """A local time without a zone. SQLite keeps it as text: `2026-10-01 12:30:00`."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose text for SQLite."""
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 -- SQLAlchemy's signature
        """Write a time to compare with."""
        return value.isoformat(" ") if value is not None and dialect.name == "sqlite" else value


_TYPES: Final[dict[str, TypeEngine[Any]]] = {"id": BigInteger(), "account": String(), "accepted_at": LocalTime()}
"""Of the columns that are compared; what others hold is read as it comes."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the supply system and its columns by our names."""

    table: TableClause
    columns: dict[str, ColumnClause[Any]]

    @classmethod
    def of(cls, names: PaymentsTable | StagingTable) -> "Source":
        """Name the table and its columns as the system does."""
        schema, _, name = names.name.rpartition(".")
        theirs = {ours: their for ours, their in asdict(names).items() if ours != "name"}
        columns = {ours: column(their, _TYPES.get(ours, NullType())) for ours, their in theirs.items()}
        return cls(table(name, *columns.values(), schema=schema or None), columns)

    def among(self, accounts: Sequence[str], dialect: str) -> ColumnElement[bool]:
        """Choose the rows of some accounts; on PostgreSQL by one array, so that every batch is the same statement."""
        account = self.columns["account"]
        if dialect == "postgresql":
            return account == func.any(literal(accounts, ARRAY(String())))
        return account.in_(accounts)

    def place(self, *groups: ColumnElement[Any]) -> ColumnElement[int]:
        """Number the rows of each group, the newest first."""
        newest = (self.columns["accepted_at"].desc(), self.columns["id"].desc())
        return func.row_number().over(partition_by=groups, order_by=newest).label("place")


def payments_of(source: Source, chosen: ColumnElement[bool], page: Page, after: Position | None) -> Select[Any]:
    """Read a page of each account's payments and one row more, with `total`, the number of all in the period.

    With `after`, rows that are not older have `is_older` 0, and the newest of them comes along so that an account whose
    pages are at their end still has its total.
    """
    account = source.columns["account"]
    is_older = literal_column("1") if after is None else _is_older(source, after)
    groups = [account] if after is None else [account, is_older]
    total = func.count().over(partition_by=account).label("total")
    rows = (
        select(*source.columns.values(), is_older.label("is_older"), source.place(*groups), total)
        .select_from(source.table)
        .where(chosen, *_within(source, page))
        .subquery("numbered")
    )
    return select(rows).where(
        or_(
            and_(rows.c.is_older == literal_column("1"), rows.c.place <= page.first + 1),
            and_(rows.c.is_older == literal_column("0"), rows.c.place <= literal_column("1")),
        )
    )


def pending_of(source: Source, chosen: ColumnElement[bool]) -> Select[Any]:
    """Read each account's newest rows of the staging table that are not processed yet."""
    waiting = source.columns["processed"] == literal_column("0")
    rows = (
        select(*source.columns.values(), source.place(source.columns["account"]))
        .select_from(source.table)
        .where(chosen, waiting)
        .subquery("numbered")
    )
    return select(rows).where(rows.c.place <= PENDING_PER_ACCOUNT)


def _is_older(source: Source, after: Position) -> ColumnElement[int]:
    at, key = source.columns["accepted_at"], source.columns["id"]
    older = or_(at < after.at, and_(at == after.at, key < after.id))
    return case((older, literal_column("1")), else_=literal_column("0"))


def _within(source: Source, page: Page) -> list[ColumnElement[bool]]:
    """Choose the rows accepted on the local days of the period."""
    if page.period is None:
        return []
    at = source.columns["accepted_at"]
    return [at >= _midnight(page.period.start), at < _midnight(page.period.end)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
