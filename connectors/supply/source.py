"""Source: a table of the supply system as statements see it. Columns keep the system's names."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnClause,
    ColumnElement,
    DateTime,
    Dialect,
    String,
    TableClause,
    bindparam,
    column,
    func,
    table,
)
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from connectors.supply.settings import PaymentsTable, StagingTable


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


ACCOUNTS: Final = "accounts"
"""Names the parameter with the accounts that a statement asks for, as the system writes them."""

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

    def among(self, dialect: str) -> ColumnElement[bool]:
        """Choose the rows of the accounts in the parameter `ACCOUNTS`, which two tables in one statement share.

        On PostgreSQL it is one array, so that every batch is the same statement.
        """
        account = self.columns["account"]
        if dialect == "postgresql":
            return account == func.any(bindparam(ACCOUNTS, type_=ARRAY(String())))
        return account.in_(bindparam(ACCOUNTS, type_=String(), expanding=True))
