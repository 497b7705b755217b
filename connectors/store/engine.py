"""Engine: how the store's database is opened, on SQLite without lost updates and on PostgreSQL with a pool.

Reads run in `reading(engine)`, which never blocks a writer; writes in `engine.begin()`, which on SQLite takes the write
lock at once (BEGIN IMMEDIATE), because two deferred transactions that read and then write lose one of the two updates.
"""

from contextlib import suppress
from sqlite3 import OperationalError
from typing import Any, Final

from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

SQLITE: Final = "sqlite+aiosqlite"
POSTGRESQL: Final = "postgresql+asyncpg"

_BUSY_TIMEOUT_S: Final = 5


class UnknownDatabase(ValueError):
    """The URL names a database that the store does not keep its tables in."""

    def __init__(self, driver: str) -> None:
        super().__init__(
            f"the store cannot be kept in {driver!r}: give a URL that begins with {SQLITE}:/// or {POSTGRESQL}://"
        )


def open_store(url: str, *, pool_size: int = 10, pool_timeout_s: float = 5) -> AsyncEngine:
    """Open the store's database without connecting yet; dispose of the engine at the end.

    Args:
        url: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://user:password@host/name`.
        pool_size: connections kept; as many again may be opened in a rush.
        pool_timeout_s: how long a request waits for a free connection.

    Raises:
        UnknownDatabase: for any other kind of URL.
    """
    driver = make_url(url).drivername
    pool: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size, "pool_timeout": pool_timeout_s}
    if driver == POSTGRESQL:
        return create_async_engine(url, hide_parameters=True, pool_pre_ping=True, **pool)
    if driver == SQLITE:
        engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_TIMEOUT_S}, **pool)
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _begin)
        return engine
    raise UnknownDatabase(driver)


def reading(engine: AsyncEngine) -> AsyncConnection:
    """Open a connection for one read-only transaction, by `async with`."""
    return engine.execution_options(readonly=True, postgresql_readonly=True).connect()


def _prepare(connection: DBAPIConnection, _record: object) -> None:
    """Take transactions out of the driver's hands, and set what SQLite forgets with each connection."""
    connection.isolation_level = None
    cursor = connection.cursor()
    with suppress(OperationalError):  # "locked": another process is making the same change, which stays with the file
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")
