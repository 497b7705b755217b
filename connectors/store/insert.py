"""Insert: SQLite and PostgreSQL both have `ON CONFLICT`, SQLAlchemy spells it once for each."""

from typing import TypeAlias

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Insert: TypeAlias = postgresql.Insert | sqlite.Insert


def insert_into(connection: AsyncConnection | Connection, table: Table) -> Insert:
    """Begin an INSERT that understands `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
