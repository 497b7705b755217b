"""Errors of the supply system: what goes into an ErrorResponse, and SQLite's complaints told in PostgreSQL's codes.

SqlError          a statement failed; the connection goes on
  FatalError      the connection ends after the message
Disconnected      the other side went away, or the connection was cut on purpose
"""

from __future__ import annotations

import re
import sqlite3
from typing import NamedTuple

__all__ = ["Disconnected", "FatalError", "SqlError", "from_sqlite", "unsupported"]


class SqlError(Exception):
    """Say why a statement failed: a five-character SQLSTATE (PostgreSQL, appendix A) and a text."""

    severity = "ERROR"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class FatalError(SqlError):
    """Say why the server ends the connection."""

    severity = "FATAL"


class Disconnected(Exception):
    """End a connection without another word."""


def unsupported(what: str) -> SqlError:
    """Refuse SQL that the sandbox does not understand (0A000), so that nobody takes a wrong answer for a right one."""
    return SqlError("0A000", f"the sandbox's supply system does not understand {what}")


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    code: str
    message: str


_RULES = (
    _Rule(re.compile(r"no such table: (?:\w+\.)?(\w+)"), "42P01", 'relation "{0}" does not exist'),
    _Rule(re.compile(r"no such column: ([\w.]+)"), "42703", "column {0} does not exist"),
    _Rule(re.compile(r"has no column named (\w+)"), "42703", 'column "{0}" does not exist'),
    _Rule(re.compile(r"ambiguous column name: ([\w.]+)"), "42702", 'column reference "{0}" is ambiguous'),
    _Rule(re.compile(r"no such function: (\w+)"), "42883", "function {0} does not exist"),
    _Rule(
        re.compile(r"UNIQUE constraint failed: (\w+)\.(\w+)"),
        "23505",
        'duplicate key value violates unique constraint "{0}_{1}_key"',
    ),
    _Rule(
        re.compile(r"NOT NULL constraint failed: (\w+)\.(\w+)"),
        "23502",
        'null value in column "{1}" of relation "{0}" violates not-null constraint',
    ),
    _Rule(re.compile(r"CHECK constraint failed: (\w+)_fits_(\d+)"), "22001", "value too long for type character({1})"),
    _Rule(re.compile(r"CHECK constraint failed: (\w+)"), "23514", 'new row violates check constraint on "{0}"'),
    _Rule(re.compile(r'near "(.+?)": syntax error'), "42601", 'syntax error at or near "{0}"'),
    _Rule(re.compile(r"incomplete input|unrecognized token"), "42601", "syntax error at end of input"),
)


def from_sqlite(error: sqlite3.Error) -> SqlError:
    """Translate one of SQLite's complaints; what is not known is an internal error (XX000)."""
    text = str(error)
    for rule in _RULES:
        if found := rule.pattern.search(text):
            return SqlError(rule.code, rule.message.format(*found.groups()))
    return SqlError("XX000", f"internal error: {text}")
