"""The database behind the wire: SQLite that holds only the accounts asked for, filled from the world when asked."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sandbox.ledger import IncomingPayment, Payment
from sandbox.supply.errors import SqlError, from_sqlite, unsupported
from sandbox.supply.rows import Row, incoming_row, payment_row
from sandbox.supply.statements import Statement
from sandbox.supply.tables import TABLES, sqlite_ddl
from sandbox.supply.values import Stored
from sandbox.world import World

__all__ = ["Engine", "Result"]

_KEPT_ACCOUNTS = 512
_BATCH = 5  # accounts never asked for cost a millisecond or two each
_ACCOUNT_TABLES = {"platezhi", "kvitancii"}
_COLUMNS = {name: ", ".join("?" * len(table.columns)) for name, table in TABLES.items()}
_INSERT = {name: f"insert or replace into {name} values ({marks})" for name, marks in _COLUMNS.items()}  # noqa: S608 - names of our own tables


@dataclass(frozen=True, slots=True)
class Result:
    """Hold the answer of one statement: rows in stored form, and the tag of CommandComplete."""

    tag: str
    rows: list[Row] = field(default_factory=list)


class _Kept(NamedTuple):
    """Know what SQLite has of an account: a hash of its rows, and the world's second for which it is true."""

    fingerprint: int
    second: int


def _bound(values: Sequence[Stored]) -> dict[str, Stored]:
    """Name the parameters as the translation does."""
    return {f"p{number}": value for number, value in enumerate(values, 1)}


class Engine:
    """Run understood statements over the legacy tables.

    Rows of `platezhi` and `kvitancii` appear for every account number among a statement's parameters and literals, so
    a question without an account number sees only the accounts asked for lately (at most 512 are kept).

    Args:
        world: where payments come from, and where accepted inserts go.
        database: SQLite's file, begun anew; `None` keeps it in memory.
    """

    def __init__(self, world: World, database: Path | None = None) -> None:
        self._world = world
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._staging: dict[str, IncomingPayment] = {}
        self._ids: dict[str, int] = {}
        self._next_id = 1
        world.watch_payments(self._notice)
        if database is not None:
            database.unlink(missing_ok=True)
        self._lite = sqlite3.connect(database or ":memory:", isolation_level=None, cached_statements=64)
        for pragma in ("journal_mode = memory", "synchronous = off", "case_sensitive_like = on", "cache_size = -4096"):
            self._lite.execute(f"pragma {pragma}")
        for statement in sqlite_ddl():
            self._lite.execute(statement)
        self._lite.execute("insert into sqlite_sequence (name, seq) values ('plat_vhod', 0)")

    def close(self) -> None:
        """Let go of the file."""
        self._lite.close()

    def check(self, statement: Statement) -> None:
        """Refuse a statement that names what is not there, as PostgreSQL does before it is run."""
        if statement.sql:
            try:
                self._lite.execute(f"explain {statement.sql}", _bound([None] * len(statement.parameters))).close()
            except sqlite3.Error as error:
                raise from_sqlite(error) from error

    async def run(self, statement: Statement, values: Sequence[Stored], staged: list[Row]) -> Result:
        """Run one statement; an INSERT adds to `staged`, which `commit` takes into the world.

        Args:
            statement: a SELECT or an INSERT.
            values: its parameters in stored form.
            staged: rows of `plat_vhod` that this transaction has inserted so far; it sees them, nobody else does.
        """
        if statement.known is not None:
            rows = statement.known(values)
            return Result(f"SELECT {len(rows)}", rows)
        if statement.tables & _ACCOUNT_TABLES:
            await self._fill(set(self._accounts(statement, values)))
        if "plat_vhod" in statement.tables:
            self._fill_staging()
        try:
            answer = self._insert if statement.verb == "insert" else self._select
            return answer(statement, values, staged)
        except sqlite3.Error as error:
            raise from_sqlite(error) from error
        finally:
            self._forget()

    def commit(self, staged: Sequence[Row]) -> None:
        """Take a transaction's inserts into the world, all or none.

        Raises:
            SqlError: 23505 when another transaction inserted the same `vnesh_id` in the meantime.
        """
        for row in staged:
            if self._world.incoming(str(row[1])) is not None:
                raise SqlError("23505", 'duplicate key value violates unique constraint "plat_vhod_vnesh_id_key"')
        for number, external_id, account, amount, _currency, operator, paid_at, *_ in staged:
            self._ids[str(external_id)] = int(number or 0)
            self._world.accept_incoming(
                str(external_id),
                str(account),
                int(amount or 0),
                str(operator),
                datetime.fromisoformat(str(paid_at)).replace(tzinfo=self._world.utility.zone),
            )

    def _notice(self, event: Payment | IncomingPayment) -> None:
        """Look at an account again that had a payment within the second."""
        if event.account in self._kept:
            self._kept[event.account] = self._kept[event.account]._replace(second=0)

    def _accounts(self, statement: Statement, values: Sequence[Stored]) -> Iterator[str]:
        """Find the account numbers among literals, parameters and the elements of array parameters."""
        texts: list[Stored] = [*statement.literals]
        for value, kind in zip(values, statement.parameters, strict=True):
            texts += [value] if kind.element is None or value is None else json.loads(str(value))
        for text in texts:
            if isinstance(text, str) and text.isdecimal() and self._world.index(text) is not None:
                yield text

    async def _fill(self, accounts: set[str]) -> None:
        """Bring the rows of these accounts up to date, letting others run between batches."""
        waiting = sorted(accounts)
        while waiting:
            batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
            self._fill_accounts(batch)
            if waiting:
                await asyncio.sleep(0)
        if missing := accounts - self._kept.keys():  # another session's question pushed them out meanwhile
            self._fill_accounts(sorted(missing))

    def _fill_accounts(self, accounts: Sequence[str]) -> None:
        second = int(self._world.now().timestamp())
        self._lite.execute("begin")
        for account in accounts:
            kept = self._kept.get(account)
            if kept is None or kept.second != second:
                self._fill_account(account, kept.fingerprint if kept else None, second)
            self._kept.move_to_end(account)
        self._lite.execute("commit")

    def _fill_account(self, account: str, fingerprint: int | None, second: int) -> None:
        """Ask the world, which counts in whole seconds, and write the rows anew if they changed."""
        rows = tuple(payment_row(payment, self._world.utility) for payment in self._world.payments(account))
        found = hash(rows)
        if found != fingerprint:
            self._drop(account)
            self._lite.executemany(_INSERT["platezhi"], rows)
        self._kept[account] = _Kept(found, second)

    def _drop(self, account: str) -> None:
        if self._kept.pop(account, None) is not None:
            self._lite.execute("delete from platezhi where ls = ?", (account,))

    def _forget(self) -> None:
        """Drop the accounts not asked for longest."""
        while len(self._kept) > _KEPT_ACCOUNTS:
            self._drop(next(iter(self._kept)))

    def _fill_staging(self) -> None:
        """Copy what changed in the world's staging rows; an id is given here, for INSERT tells it before COMMIT."""
        rows = self._world.incoming_payments()
        changed = [row for row in rows if self._staging.get(row.external_id) != row]
        for row in changed:
            if row.external_id not in self._ids:
                self._ids[row.external_id] = self._next_id
                self._next_id += 1
            self._staging[row.external_id] = row
        utility = self._world.utility
        self._lite.executemany(
            _INSERT["plat_vhod"], [incoming_row(row, self._ids[row.external_id], utility) for row in changed]
        )

    def _select(self, statement: Statement, values: Sequence[Stored], staged: list[Row]) -> Result:
        if not staged:
            rows = self._lite.execute(statement.sql, _bound(values)).fetchall()
        else:
            self._lite.execute("begin")
            try:
                self._lite.executemany(_INSERT["plat_vhod"], staged)
                rows = self._lite.execute(statement.sql, _bound(values)).fetchall()
            finally:
                self._lite.execute("rollback")
        return Result(f"SELECT {len(rows)}", rows)

    def _insert(self, statement: Statement, values: Sequence[Stored], staged: list[Row]) -> Result:
        if statement.tables != {"plat_vhod"}:
            raise SqlError("42501", f"permission denied for table {min(statement.tables)}")
        self._lite.execute("begin")
        try:
            self._lite.executemany(_INSERT["plat_vhod"], staged)
            last = (self._next_id - 1,)
            self._lite.execute("update sqlite_sequence set seq = ?", last)
            before = self._lite.total_changes
            rows = self._lite.execute(statement.sql, _bound(values)).fetchall()
            count = self._lite.total_changes - before
            added: list[Row] = self._lite.execute("select * from plat_vhod where id > ?", last).fetchall()
        finally:
            self._lite.execute("rollback")
        if len(added) != count:
            raise unsupported("INSERT that names the id or changes other rows")
        self._next_id += count
        staged += added
        return Result(f"INSERT 0 {count}", rows)
