"""Engine: how the supply system's database is opened, for reading only and without ever waiting for a dead server."""

from typing import Any, Final

import asyncpg
from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from connectors.supply.settings import SupplySettings

_MS: Final = 1000


class UnknownSupplyDatabase(ValueError):
    """The URL names a database that there is no driver for here."""

    def __init__(self, driver: str) -> None:
        super().__init__(
            f"supply cannot be read by {driver!r}: give a URL that begins with postgresql+asyncpg:// or sqlite+aiosqlite:///"
        )


class AbruptConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """A connection that is cut when it is closed.

    SQLAlchemy closes a connection whose statement was cancelled, and gives a server that hangs two seconds to say
    goodbye: that would outlive the deadline. There is nothing to lose on a connection that only reads.
    """

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109 -- asyncpg's signature
        """Cut the connection."""
        self.terminate()


def open_supply(settings: SupplySettings) -> AsyncEngine:
    """Open the database without connecting yet; raises UnknownSupplyDatabase."""
    driver = make_url(settings.url).drivername
    common: dict[str, Any] = {
        "hide_parameters": True,
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": settings.timeout_s,
        "isolation_level": "AUTOCOMMIT",  # each statement is a transaction of its own: no BEGIN, no COMMIT to wait for
    }
    if driver == "postgresql+asyncpg":
        server_settings = {
            "application_name": "gridgate",
            "default_transaction_read_only": "on",
            "statement_timeout": str(int(settings.timeout_s * _MS)),
        }
        connecting = {"server_settings": server_settings, "connection_class": AbruptConnection}
        return create_async_engine(settings.url, connect_args=connecting, **common)
    if driver == "sqlite+aiosqlite":
        engine = create_async_engine(settings.url, connect_args={"timeout": settings.timeout_s}, **common)
        event.listen(engine.sync_engine, "connect", _only_read)
        return engine
    raise UnknownSupplyDatabase(driver)


def _only_read(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()
