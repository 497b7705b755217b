"""A statement understood once: what it is called, what goes in, what comes out, and what SQLite is to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sandbox.supply import catalog
from sandbox.supply.columns import Answered, Typing
from sandbox.supply.errors import SqlError, unsupported
from sandbox.supply.tables import TABLES
from sandbox.supply.tokens import Token, split, tokenize
from sandbox.supply.translate import translate
from sandbox.supply.values import PgType, Stored

__all__ = ["Statement", "understand"]

_READS = {"select", "with", "values"}
_CATALOGUE = {"pg_catalog", "information_schema", "pg_type", "pg_class"}


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold one statement.

    Attributes:
        verb: "select", "insert", "begin", ... ; "" for the empty statement.
        words: the statement's words in lower case, for the verbs that the session itself obeys.
        operation: what it is counted as, by the first table that it names: one call, however many it reads; `None` is
            not counted (transaction control, a driver's questions).
        sql: what SQLite runs.
        parameters: the types of $1, $2, ...
        columns: the columns of its answer; empty when it gives no rows.
        literals: string literals, for account numbers may be among them.
        writes: what a read-only transaction refuses in it: "INSERT", "SELECT FOR UPDATE" or nothing.
        known: gives the rows of a statement that needs no table.
    """

    verb: str
    words: tuple[str, ...] = ()
    operation: str | None = None
    sql: str = ""
    parameters: tuple[PgType, ...] = ()
    columns: tuple[Answered, ...] = ()
    tables: frozenset[str] = frozenset()
    literals: tuple[str, ...] = ()
    writes: str = ""
    known: Callable[[Sequence[Stored]], catalog.Rows] | None = None


@lru_cache(maxsize=256)
def understand(sql: str) -> tuple[Statement, ...]:
    """Read one or several statements separated by semicolons; one empty statement when there is nothing else."""
    parts = [part for part in split(tokenize(sql), ";") if part]
    return tuple(map(_statement, parts)) or (Statement(""),)


def _statement(tokens: list[Token]) -> Statement:
    verb = tokens[0].text
    if known := catalog.canned(tokens):
        return Statement("select", columns=known.columns, known=lambda _values: known.rows)
    if asked := catalog.question(tokens):
        return Statement("select", parameters=asked.parameters, columns=asked.columns, known=asked.rows)
    if verb == "show":
        shown = catalog.setting(" ".join(token.text for token in tokens[1:]))
        return Statement(verb, columns=shown.columns, known=lambda _values: shown.rows)
    if verb in _READS or verb == "insert":
        return _on_tables(verb, tokens)
    return Statement(verb, tuple(token.text for token in tokens), operation=_foreign(verb))


def _foreign(verb: str) -> str | None:
    """Name what the session refuses; what it obeys is not counted."""
    return verb if verb in {"update", "delete", "truncate", "create", "drop", "alter", "copy"} else None


def _on_tables(verb: str, tokens: list[Token]) -> Statement:
    if _CATALOGUE & {token.text for token in tokens}:
        raise unsupported("questions about the system catalogue")
    typing = Typing(tokens)
    translated = translate(tokens, typing)
    tables = [token.text for token in tokens if token.text in TABLES]
    verb = "insert" if verb == "insert" else "select"
    return Statement(
        verb,
        operation=f"{tables[0]}.{verb}" if tables else "ping",
        sql=translated.sql,
        parameters=_numbered(translated.parameters),
        columns=typing.answered(),
        tables=frozenset(tables),
        literals=tuple(translated.literals),
        writes="INSERT" if verb == "insert" else "SELECT FOR UPDATE" if translated.locks else "",
    )


def _numbered(parameters: dict[int, PgType]) -> tuple[PgType, ...]:
    missing = set(range(1, len(parameters) + 1)) - parameters.keys()
    if missing:
        raise SqlError("42P18", f"could not determine data type of parameter ${min(missing)}")
    return tuple(parameters[number] for number in range(1, len(parameters) + 1))
