"""The little of PostgreSQL's catalogue that drivers ask for: the server's version, its settings, the ids of types."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sandbox.supply.columns import Answered
from sandbox.supply.errors import SqlError
from sandbox.supply.tokens import Token
from sandbox.supply.values import ARRAYS, TYPES, PgType, Stored

__all__ = ["SETTINGS", "VERSION", "Known", "canned", "question", "setting"]

VERSION = "15.18"
SETTINGS = {
    "server_version": VERSION,
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "integer_datetimes": "on",
    "standard_conforming_strings": "on",
    "application_name": "",
    "is_superuser": "off",
    "session_authorization": "supply",
    "default_transaction_read_only": "off",
    "transaction isolation level": "read committed",
    "transaction_isolation": "read committed",
    "transaction_read_only": "off",
    "statement_timeout": "0",
    "search_path": '"$user", public',
}


Rows = list[tuple[Stored, ...]]


class Known(NamedTuple):
    """Hold a statement whose answer is known beforehand."""

    columns: tuple[Answered, ...]
    rows: Rows


def _text(name: str, value: str) -> Known:
    return Known((Answered(name, TYPES["text"]),), [(value,)])


_VERSION = _text("version", f"PostgreSQL {VERSION} (Gridgate sandbox)")
_CANNED = {
    "select pg_catalog . version ( )": _VERSION,
    "select version ( )": _VERSION,
    "select current_schema ( )": _text("current_schema", "public"),
    "select current_database ( )": _text("current_database", "supply"),
    "select current_setting ( 'jit' ) as cur , set_config ( 'jit' , 'off' , false ) as new": Known(
        (Answered("cur", TYPES["text"]), Answered("new", TYPES["text"])), [("off", "off")]
    ),
    "select current_user": _text("current_user", "supply"),
    "select pg_advisory_unlock_all ( )": _text("pg_advisory_unlock_all", ""),
}
# Types that the tables do not have and for which drivers register codecs all the same (pg_type.dat).
_FOREIGN = {"json": 114, "jsonb": 3802, "inet": 869, "cidr": 650, "uuid": 2950, "bytea": 17, "xml": 142}


def canned(tokens: Sequence[Token]) -> Known | None:
    """Give the answer of a statement that drivers send when they connect or hand a connection back."""
    return _CANNED.get(" ".join(token.text for token in tokens))


def setting(name: str) -> Known:
    """Answer SHOW; 42704 for a setting that the sandbox does not have."""
    for known, value in SETTINGS.items():
        if known.lower() == name.lower():
            return _text(known.replace(" ", "_"), value)
    raise SqlError("42704", f'unrecognized configuration parameter "{name}"')


class Asked(NamedTuple):
    """Hold a question about types: how to know it, what goes in, what comes out, and how it is answered."""

    signs: tuple[str, ...]
    parameters: tuple[PgType, ...]
    columns: tuple[Answered, ...]
    rows: Callable[[Sequence[Stored]], Rows]


def _columns(text: str) -> tuple[Answered, ...]:
    pairs = (word.split(":") for word in text.split())
    return tuple(Answered(name, ARRAYS[kind[:-2]] if kind.endswith("[]") else TYPES[kind]) for name, kind in pairs)


def _type_named(values: Sequence[Stored]) -> Rows:
    name = str(values[0])
    if kind := TYPES.get(name) or ARRAYS.get(name.removeprefix("_")):
        return [(kind.oid, kind.element.oid if kind.element else 0, "b")]
    return [(_FOREIGN[name], 0, "b")] if name in _FOREIGN else []


def _described(kind: PgType, depth: int) -> tuple[Stored, ...]:
    element = kind.element
    elements = (element.oid, ",") if element else (0, None)
    return (
        kind.oid,
        "pg_catalog",
        kind.name,
        "b",
        None,
        *elements,
        None,
        None,
        None,
        depth,
        None,
        _name(element),
        None,
    )


def _name(kind: PgType | None) -> str:
    return kind.name if kind else "-"


def _types_numbered(values: Sequence[Stored]) -> Rows:
    """Describe types and, before them, what their arrays are made of."""
    wanted = set(json.loads(str(values[0])))
    found = [kind for kind in (*TYPES.values(), *ARRAYS.values()) if kind.oid in wanted]
    elements = {kind.element.oid: kind.element for kind in found if kind.element}
    return [_described(kind, 1) for kind in elements.values()] + [_described(kind, 0) for kind in found]


# The two questions of asyncpg (asyncpg/introspection.py): a type by its name, and types by their ids.
_QUESTIONS = (
    Asked(
        ("from pg_catalog . pg_type as t", "t . typname = $1 and ns . nspname = $2"),
        (TYPES["name"], TYPES["name"]),
        _columns("oid:oid elemtype:oid kind:char"),
        _type_named,
    ),
    Asked(
        ("with recursive typeinfo_tree", "ti . oid = any ( $1 )"),
        (ARRAYS["oid"],),
        _columns(
            "oid:oid ns:name name:name kind:char basetype:oid elemtype:oid elemdelim:char range_subtype:oid "
            "attrtypoids:oid[] attrnames:text[] depth:int4 basetype_name:text elemtype_name:text "
            "range_subtype_name:text"
        ),
        _types_numbered,
    ),
)


def question(tokens: Sequence[Token]) -> Asked | None:
    """Recognise a driver's question about types."""
    text = " ".join(token.text for token in tokens)
    return next((asked for asked in _QUESTIONS if all(sign in text for sign in asked.signs)), None)
