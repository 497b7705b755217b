"""The store of a running demo, read from its file: what stands in it, whatever the gateway says of it."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from auth.audit import Audit
from auth.revocations import Revocations
from auth.server.partners import Partners, Registered
from auth.server.registration import Registration
from connectors.store.audit import AuditRows
from connectors.store.clients import ClientRows
from connectors.store.engine import open_store
from connectors.store.revocations import RevocationRows
from tests.demo_process import DemoProcess

Rows = dict[str, list[tuple[Any, ...]]]

PASSING: Final = frozenset({"attempts", "audit_events", "client_rates", "last_balances", "tickets"})
"""Tables that asking alone may write to: what was tried, what is under way, and what billing said last."""
TOUCHED: Final = frozenset({"last_seen_at", "last_used_at", "last_polled_at", "interval_s"})
"""Columns that tell of use."""


@dataclass(frozen=True, slots=True)
class DemoStore:
    """The SQLite file of a demo."""

    path: Path

    @classmethod
    def of(cls, demo: DemoProcess) -> Self:
        """Find the file of a demo."""
        (path,) = demo.data_dir.glob("*/store.db")
        return cls(path)

    def standing(self) -> Rows:
        """Return every row that lets somebody in, or tells who may see what."""
        return {table: self.rows(table, columns) for table, columns in self.columns() if table not in PASSING}

    def columns(self) -> Iterator[tuple[str, list[str]]]:
        """Give each table with its columns, those that tell of use left out."""
        for (table,) in self.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            named = [row[1] for row in self.ask(f'PRAGMA table_info("{table}")')]
            yield table, [name for name in named if name not in TOUCHED]

    def rows(self, table: str, columns: list[str]) -> list[tuple[Any, ...]]:
        """Return what stands in some columns of a table."""
        names = ", ".join(f'"{name}"' for name in columns)
        return sorted(self.ask(f'SELECT {names} FROM "{table}"'), key=repr)  # noqa: S608 -- our own names

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Read."""
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, timeout=20)) as connection:
            return connection.execute(query).fetchall()

    def change(self, statement: str) -> int:
        """Change what stands there, as the passing of time would; return how many rows that were."""
        with closing(sqlite3.connect(self.path, timeout=20)) as connection, connection:
            return connection.execute(statement).rowcount

    def raw(self) -> bytes:
        """Return every byte of the file and of the log before it."""
        files = [self.path, self.path.with_name(f"{self.path.name}-wal")]
        return b"".join(file.read_bytes() for file in files if file.exists())

    def register(self, asked: Registration) -> Registered:
        """Register a client, as the command line does."""
        registered: Registered = asyncio.run(self._with_partners(asked))
        return registered

    def disable(self, client_id: str) -> None:
        """Turn a client away, as the command line does."""
        asyncio.run(self._with_partners(client_id))

    async def _with_partners(self, asked: Registration | str) -> Any:  # noqa: ANN401 -- what each verb returns
        engine = open_store(f"sqlite+aiosqlite:///{self.path}")
        try:
            audit, revocations = Audit(AuditRows(engine), _now), Revocations(RevocationRows(engine), _now)
            partners = Partners(ClientRows(engine), revocations, audit, _now)
            return await (partners.disable(asked) if isinstance(asked, str) else partners.register(asked))
        finally:
            await engine.dispose()


def _now() -> datetime:
    return datetime.now(UTC)
