"""One connection to the supply system: its messages, prepared statements and portals, and its bad manners."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sandbox.faults import GOOD_MANNERS
from sandbox.supply import wire
from sandbox.supply.answers import GARBAGE, Answer, encode_rows, formats_of, mannered, shortened
from sandbox.supply.backend import Backend
from sandbox.supply.engine import Result
from sandbox.supply.errors import Disconnected, FatalError, SqlError, unsupported
from sandbox.supply.statements import Statement, understand
from sandbox.supply.transaction import Transaction
from sandbox.supply.values import PgType, Stored

__all__ = ["Session"]


@dataclass(slots=True)
class _Portal:
    """Hold a bound statement, and once it ran, what is still to be sent."""

    statement: Statement
    values: list[Stored]
    formats: list[int]
    answer: Answer | None = None
    sent: int = 0


@dataclass(slots=True)
class _Names:
    """Hold what a session has prepared and bound, by name; "" is the unnamed one."""

    statements: dict[str, Statement] = field(default_factory=dict)
    portals: dict[str, _Portal] = field(default_factory=dict)


def _decoded(data: bytes | None, kind: PgType, form: int) -> Stored:
    if data is None:
        return None
    try:
        return kind.from_binary(data) if form else kind.from_text(data.decode())
    except (struct.error, ValueError, IndexError) as error:
        raise SqlError("22P03", f"incorrect format of a parameter of type {kind.name}") from error


class Session:
    """Answer the messages of one client after it has been let in.

    Args:
        reader: where its messages come from.
        writer: where answers go.
        backend: what all sessions share.
        timeout_s: the client's `statement_timeout`; `None` is for ever.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, backend: Backend, timeout_s: float | None
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._backend = backend
        self._timeout_s = timeout_s
        self._transaction = Transaction(backend.engine.commit)
        self._names = _Names()
        self._ahead: deque[wire.Message] = deque()
        self._reading: asyncio.Task[wire.Message] | None = None
        self._interrupted = asyncio.Event()
        self._skipping = False
        self._handlers: dict[bytes, Callable[[wire.Cursor], Awaitable[None]]] = {
            b"Q": self._query,
            b"P": self._parse,
            b"B": self._bind,
            b"D": self._describe,
            b"E": self._execute,
            b"C": self._close,
            b"S": self._sync,
            b"H": self._flush,
        }

    def cancel(self) -> None:
        """Interrupt the statement that is running, if it waits."""
        self._interrupted.set()

    async def run(self) -> None:
        """Answer messages until the client takes its leave; `Disconnected` or `FatalError` when it ends otherwise."""
        self._writer.write(wire.ready(self._transaction.state))
        try:
            while (message := await self._next()).type != b"X":
                await self._answer(message)
                await self._writer.drain()
        finally:
            if self._reading is not None:
                self._reading.cancel()

    async def _next(self) -> wire.Message:
        if self._ahead:
            return self._ahead.popleft()
        if self._reading is None:
            return await wire.read_message(self._reader)
        reading, self._reading = self._reading, None
        return await reading

    async def _answer(self, message: wire.Message) -> None:
        """Hand a message to its handler; after an error the rest of the batch is passed over until Sync."""
        if self._skipping and message.type != b"S":
            return
        handler = self._handlers.get(message.type)
        if handler is None:
            raise FatalError("08P01", f"invalid frontend message type {message.type[0]}")
        try:
            await handler(wire.Cursor(message.body))
        except (struct.error, ValueError) as error:
            raise FatalError("08P01", "invalid message format") from error
        except FatalError:
            raise
        except SqlError as problem:
            self._transaction.fail()
            self._writer.write(wire.error(problem))
            self._skipping = message.type not in {b"Q", b"S"}
            if not self._skipping:
                self._writer.write(wire.ready(self._transaction.state))

    async def _query(self, cursor: wire.Cursor) -> None:
        for statement in understand(cursor.text()):
            if statement.parameters:
                raise SqlError("42P02", "there is no parameter $1")
            answer = await self._run(_Portal(statement, [], [0] * len(statement.columns)))
            if statement.columns:
                self._writer.write(wire.row_description(statement.columns, [0] * len(statement.columns)))
            self._send(answer, statement)
        self._transaction.end_batch()
        self._writer.write(wire.ready(self._transaction.state))

    async def _parse(self, cursor: wire.Cursor) -> None:
        name, sql = cursor.text(), cursor.text()
        wanted = [cursor.int32() for _ in range(cursor.int16())]
        statements = understand(sql)
        if len(statements) > 1:
            raise SqlError("42601", "cannot insert multiple commands into a prepared statement")
        self._transaction.check(statements[0].verb)
        types = statements[0].parameters
        if any(oid and oid != kind.oid for oid, kind in zip(wanted, types, strict=False)):
            raise unsupported("parameter types chosen by the client")
        self._backend.engine.check(statements[0])
        self._names.statements[name] = statements[0]
        self._writer.write(wire.message(b"1"))

    def _statement(self, name: str) -> Statement:
        if name not in self._names.statements:
            raise SqlError("26000", f'prepared statement "{name}" does not exist')
        return self._names.statements[name]

    def _portal(self, name: str) -> _Portal:
        if name not in self._names.portals:
            raise SqlError("34000", f'portal "{name}" does not exist')
        return self._names.portals[name]

    async def _bind(self, cursor: wire.Cursor) -> None:
        portal, statement = cursor.text(), self._statement(cursor.text())
        types = statement.parameters
        forms = cursor.int16s()
        data = [cursor.counted() for _ in range(cursor.int16())]
        if len(data) != len(types):
            raise SqlError("08P01", f"bind message supplies {len(data)} parameters, {len(types)} are required")
        values = [_decoded(*each) for each in zip(data, types, formats_of(forms, len(types)), strict=True)]
        formats = formats_of(cursor.int16s(), len(statement.columns)) if statement.columns else []
        self._names.portals[portal] = _Portal(statement, values, formats)
        self._writer.write(wire.message(b"2"))

    async def _describe(self, cursor: wire.Cursor) -> None:
        kind, name = cursor.taken(1), cursor.text()
        if kind == b"S":
            statement = self._statement(name)
            self._writer.write(wire.parameter_description(statement.parameters))
            formats = [0] * len(statement.columns)
        else:
            statement, formats = self._portal(name).statement, self._portal(name).formats
        self._writer.write(wire.row_description(statement.columns, formats))

    async def _execute(self, cursor: wire.Cursor) -> None:
        portal, limit = self._portal(cursor.text()), cursor.int32()
        if portal.answer is None:
            portal.answer = await self._run(portal)
        until = portal.sent + limit if limit > 0 else len(portal.answer.rows)
        part = portal.answer.rows[portal.sent : until]
        portal.sent += len(part)
        more = portal.sent < len(portal.answer.rows)
        self._send(Answer(part, wire.message(b"s") if more else portal.answer.end), portal.statement)

    async def _close(self, cursor: wire.Cursor) -> None:
        names = self._names.statements if cursor.taken(1) == b"S" else self._names.portals
        names.pop(cursor.text(), None)
        self._writer.write(wire.message(b"3"))

    async def _sync(self, _cursor: wire.Cursor) -> None:
        if not self._skipping:
            self._transaction.end_batch()
        self._skipping = False
        if self._transaction.state == "I":
            self._names.portals.clear()
        self._writer.write(wire.ready(self._transaction.state))

    async def _flush(self, _cursor: wire.Cursor) -> None:
        """Do nothing: everything is written at once, and sent after every message."""

    async def _run(self, portal: _Portal) -> Answer:
        """Carry a statement out and write its answer, late or failing where the manners say so."""
        statement, faults = portal.statement, self._backend.faults()
        self._interrupted.clear()
        if statement.operation is not None:
            self._backend.count(statement.operation)
        self._backend.check_open()
        self._transaction.check(statement.verb, statement.writes)
        result = await self._result(statement, portal.values)
        if statement.operation is not None:
            await self._wait(self._backend.delay_s())
        if faults.hang:
            await self._wait(None)
        if statement.operation is None:
            faults = GOOD_MANNERS
        else:
            self._backend.check_luck()
        rows = mannered(result.rows, statement.columns, faults)
        return Answer(encode_rows(rows, statement.columns, portal.formats, faults), self._end(result, len(rows)))

    @staticmethod
    def _end(result: Result, count: int) -> bytes:
        if not result.tag:
            return wire.message(b"I")
        selected = result.tag.startswith("SELECT")
        return wire.complete(f"SELECT {count}" if selected else result.tag)

    async def _result(self, statement: Statement, values: Sequence[Stored]) -> Result:
        if statement.verb in {"select", "insert", "show"}:
            return await self._backend.engine.run(statement, values, self._transaction.staged)
        if statement.operation is not None:
            raise SqlError("42501", f"permission denied: {statement.verb} is not granted to the user supply")
        if statement.words[:2] == ("set", "statement_timeout"):
            self._timeout_s = self._backend.timeout_s(statement.words[-1])
        return Result(self._transaction.obey(statement.words) if statement.verb else "")

    def _send(self, answer: Answer, statement: Statement) -> None:
        faults = self._backend.faults()
        if statement.operation is not None and (faults.malformed or faults.truncate):
            self._writer.write(GARBAGE if faults.malformed else shortened(answer))
            raise Disconnected
        self._writer.write(b"".join((*answer.rows, answer.end)))

    async def _wait(self, seconds: float | None) -> None:
        """Let time pass (`None`: for ever) while a cancel request, the timeout or the client's leaving may end it."""
        if seconds == 0:
            return
        limit = min((span for span in (seconds, self._timeout_s) if span), default=None)
        interrupted = asyncio.ensure_future(self._interrupted.wait())
        gone = asyncio.ensure_future(self._watch())
        try:
            done, _ = await asyncio.wait({interrupted, gone}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            interrupted.cancel()
            gone.cancel()
        if gone in done:
            gone.result()
        if interrupted in done:
            raise SqlError("57014", "canceling statement due to user request")
        if limit != seconds:
            raise SqlError("57014", "canceling statement due to statement timeout")

    async def _watch(self) -> None:
        """Read ahead until the client leaves, keeping what comes; the read that is under way outlives this watch."""
        while True:
            if self._reading is None:
                self._reading = asyncio.ensure_future(wire.read_message(self._reader))
            message = await asyncio.shield(self._reading)
            self._reading = None
            if message.type == b"X":
                raise Disconnected
            self._ahead.append(message)
