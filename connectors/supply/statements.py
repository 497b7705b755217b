"""Statements: the two reads of supply, each one for a whole batch of accounts. Columns keep the system's names.

Which accounts is a parameter, ACCOUNTS, given when a statement is run.
"""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from connectors.supply.position import Position
from connectors.supply.source import Source
from schema.paging import Page

PENDING_PER_ACCOUNT: Final = 100


def payments_of(source: Source, dialect: str, page: Page, after: Position | None) -> Select[Any]:
    """Read a page of each account's payments and one row more, with `total`, the number of all in the period.

    With `after`, rows that are not older have `is_older` 0, and the newest of them comes along so that an account whose
    pages are at their end still has its total.
    """
    account, at, key = (source.columns[name] for name in ("account", "accepted_at", "id"))
    is_older = literal_column("1") if after is None else _is_older(source, after)
    groups = [account] if after is None else [account, is_older]
    place = func.row_number().over(partition_by=groups, order_by=(at.desc(), key.desc())).label("place")
    total = func.count().over(partition_by=account).label("total")
    rows = (
        select(*source.columns.values(), is_older.label("is_older"), place, total)
        .select_from(source.table)
        .where(source.among(dialect), *_within(source, page))
        .subquery("numbered")
    )
    return select(rows).where(
        or_(
            and_(rows.c.is_older == literal_column("1"), rows.c.place <= page.first + 1),
            and_(rows.c.is_older == literal_column("0"), rows.c.place <= literal_column("1")),
        )
    )


def pending_of(payments: Source, incoming: Source, dialect: str, waiting: Collection[int]) -> Select[Any]:
    """Read each account's newest payments that wait to be posted: of these states, and those not processed yet.

    Both come in the columns of the table of payments; rows of the staging table have `is_incoming` 1. Each table is
    filtered before rows are numbered: most payments were posted long ago.
    """
    rows = [_incoming(payments, incoming, dialect), *([_waiting(payments, dialect, waiting)] if waiting else [])]
    both = union_all(*rows).subquery("waiting")
    account, at, key = (both.c[payments.columns[name].name] for name in ("account", "accepted_at", "id"))
    newest = (at.desc(), both.c.is_incoming.desc(), key.desc())
    place = func.row_number().over(partition_by=account, order_by=newest).label("place")
    numbered = select(both, place).subquery("numbered")
    return select(numbered).where(numbered.c.place <= PENDING_PER_ACCOUNT)


def _waiting(payments: Source, dialect: str, states: Collection[int]) -> Select[Any]:
    columns = {their.name: their for their in payments.columns.values()}
    state = payments.columns["state"].in_([literal_column(str(int(code))) for code in states])
    return (
        select(*columns.values(), literal_column("0").label("is_incoming"))
        .select_from(payments.table)
        .where(payments.among(dialect), state)
    )


def _incoming(payments: Source, incoming: Source, dialect: str) -> Select[Any]:
    """Read the staging table in the columns of the other; a bare NULL takes whatever type the other's column has."""
    columns: dict[str, ColumnElement[Any]] = {}
    for ours, their in payments.columns.items():
        if ours in incoming.columns or their.name not in columns:
            columns[their.name] = incoming.columns.get(ours, null()).label(their.name)
    return (
        select(*columns.values(), literal_column("1").label("is_incoming"))
        .select_from(incoming.table)
        .where(incoming.among(dialect), incoming.columns["processed"] == literal_column("0"))
    )


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
