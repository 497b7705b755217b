"""Supply over SQL: one statement for a batch of accounts, in a transaction that may only read.

Time without an answer is bounded by the caller's deadline, the wait for a free connection included; a connection whose
answer nobody waits for any more is cut, not waited for.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Final, Generic, TypeVar

from sqlalchemy import Executable, literal_column, select
from sqlalchemy.exc import DBAPIError

from connectors.legacy.errors import Unreadable
from connectors.legacy.rows import Row
from connectors.supply.engine import open_supply
from connectors.supply.failures import FAILURES, as_upstream_error
from connectors.supply.position import read_position
from connectors.supply.rows import PaymentRows
from connectors.supply.settings import SupplySettings
from connectors.supply.source import ACCOUNTS, Source
from connectors.supply.statements import payments_of, pending_of
from connectors.supply.tracing import statement_span
from connectors.transport.deadline import Deadline
from schema.errors import UpstreamError, UpstreamMalformed
from schema.identifiers import AccountNumber
from schema.paging import Page, Slice
from schema.payments import Payment
from schema.systems import System

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Parameters = Mapping[str, Sequence[str]]

KEPT_STATEMENTS: Final = 64


@dataclass(frozen=True, slots=True)
class Reading(Generic[T_co]):
    """One of the two reads: its statement, and what an account's rows become."""

    operation: str
    statement: Executable
    answer: Callable[[Sequence[Row]], T_co]


class SqlSupply:
    """The port of supply over PostgreSQL or SQLite; `aclose` it at the end."""

    def __init__(self, settings: SupplySettings) -> None:
        self._settings = settings
        self._engine = open_supply(settings)
        self._dialect = self._engine.dialect.name
        self._payments = Source.of(settings.payments)
        self._pending = pending_of(self._payments, Source.of(settings.staging), self._dialect, settings.waiting_states)
        # Writing a statement costs as much as running it, and first pages are asked for most.
        self._payments_of = lru_cache(KEPT_STATEMENTS)(partial(payments_of, self._payments, self._dialect))
        self._fields = asdict(settings.payments)
        self._rows = PaymentRows(settings)

    async def payments(
        self, numbers: Sequence[AccountNumber], page: Page, deadline: Deadline
    ) -> list[Slice[Payment] | UpstreamError]:
        """Return a page of each account's payments; see `Supply.payments`."""
        after = read_position(page.after, self._settings.zone)
        statement = self._payments_of(page, after)
        reading = Reading("payments", statement, lambda rows: self._rows.page(rows, page, after))
        return await self._answer_each(numbers, reading, deadline)

    async def pending(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[Sequence[Payment] | UpstreamError]:
        """Return each account's payments that wait to be posted; see `Supply.pending`."""
        return await self._answer_each(numbers, Reading("pending", self._pending, self._rows.waiting), deadline)

    async def ping(self, deadline: Deadline) -> None:
        """Return when supply answers and lets us in; see `Supply.ping`."""
        await self._fetch("ping", select(literal_column("1")), deadline)

    async def aclose(self) -> None:
        """Cut the connections."""
        await self._engine.dispose()

    def _as_written(self, numbers: Sequence[AccountNumber]) -> Sequence[str]:
        return [str(number) if self._settings.zeros_are_stored else number.lstrip("0") for number in numbers]

    async def _answer_each(
        self, numbers: Sequence[AccountNumber], reading: Reading[T], deadline: Deadline
    ) -> list[T | UpstreamError]:
        asked, size = list(dict.fromkeys(numbers)), self._settings.batch_size
        batches = [asked[start : start + size] for start in range(0, len(asked), size)]
        answers = await asyncio.gather(*(self._answer_batch(batch, reading, deadline) for batch in batches))
        found = {number: value for answer in answers for number, value in answer.items()}
        return [found[number] for number in numbers]

    async def _answer_batch(
        self, batch: Sequence[AccountNumber], reading: Reading[T], deadline: Deadline
    ) -> Mapping[AccountNumber, T | UpstreamError]:
        """Give each account its rows. Where some row says not whose it is, no account is known to have none."""
        try:
            accounts = {ACCOUNTS: self._as_written(batch)}
            fetched = await self._fetch(reading.operation, reading.statement, deadline, accounts)
        except UpstreamError as error:
            return dict.fromkeys(batch, error)
        rows = defaultdict[AccountNumber, list[Row]](list)
        stray: UpstreamError | None = None
        for values in fetched:
            row = Row(values, self._fields)
            try:
                rows[self._rows.account(row)].append(row)
            except Unreadable as error:
                stray = _malformed(error)
        return {
            number: stray if stray and number not in rows else _read(rows[number], reading.answer) for number in batch
        }

    async def _fetch(
        self, operation: str, statement: Executable, deadline: Deadline, parameters: Parameters | None = None
    ) -> Sequence[Mapping[str, object]]:
        """Run a statement within the deadline; raises UpstreamError."""
        with statement_span(operation, self._engine.dialect.name):
            try:
                async with deadline.sooner(self._settings.timeout_s).scope(System.SUPPLY):
                    return await self._run(statement, parameters)
            except FAILURES as error:
                raise as_upstream_error(error, self._settings.zone) from error

    async def _run(self, statement: Executable, parameters: Parameters | None) -> Sequence[Mapping[str, object]]:
        """Run a statement; where the connection had died unnoticed, once more on a fresh one."""
        try:
            return await self._once(statement, parameters)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return await self._once(statement, parameters)

    async def _once(self, statement: Executable, parameters: Parameters | None) -> Sequence[Mapping[str, object]]:
        async with self._engine.connect() as connection:
            return [row._asdict() for row in await connection.execute(statement, parameters)]


def _read(rows: Sequence[Row], answer: Callable[[Sequence[Row]], T]) -> T | UpstreamError:
    try:
        return answer(rows)
    except Unreadable as error:
        return _malformed(error)


def _malformed(cause: Unreadable) -> UpstreamMalformed:
    error = UpstreamMalformed(System.SUPPLY)
    error.__cause__ = cause
    return error
