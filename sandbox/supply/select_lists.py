"""Select lists: their entries with the names PostgreSQL gives them, and the lists that UNION lays over one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sandbox.supply.errors import SqlError, unsupported
from sandbox.supply.tokens import Token, closing, split

__all__ = ["Item", "call_end", "is_dotted", "is_null", "plain_name", "select_list", "united"]

_LIST_ENDS = {"from", "where", "group", "having", "order", "limit", "offset", "union", "except", "intersect", "for"}
_NO_ALIAS = {"end", "null", "true", "false"}
_UNNAMED = "?column?"


class Item(NamedTuple):
    """Hold an entry of a select list: the name of its column, and the expression without it."""

    name: str
    expression: list[Token]


def plain_name(token: Token) -> str | None:
    """Give an identifier without its quotes; `None` for any other token."""
    if token.kind == "name":
        return token.text
    return token.text[1:-1] if token.kind == "quoted" else None


def call_end(tokens: Sequence[Token], start: int) -> int:
    """Find the last token of the call whose name is at `start`, its FILTER and OVER included."""
    end = closing(tokens, start + 1)
    while end + 2 < len(tokens) and tokens[end + 1].text in {"over", "filter"} and tokens[end + 2].text == "(":
        end = closing(tokens, end + 2)
    return end


def is_null(expression: Sequence[Token]) -> bool:
    """Tell whether an expression is a bare NULL, which has no type of its own."""
    return [token.text for token in expression] == ["null"]


def is_dotted(expression: Sequence[Token]) -> bool:
    """Tell whether an expression is a name, qualified or not."""
    return all(
        (token.text == ".") if place % 2 else plain_name(token) is not None for place, token in enumerate(expression)
    )


def _item(tokens: list[Token]) -> Item:
    """Take an entry of a select list apart: `expression AS name`, `expression name` or the bare expression."""
    last = plain_name(tokens[-1]) if tokens else None
    if last is not None and len(tokens) > 1:
        before = tokens[-2]
        if before.text == "as":
            return Item(last, tokens[:-2])
        if before.kind != "operator" and before.text not in {".", "is", "not"} and last not in _NO_ALIAS:
            return Item(last, tokens[:-1])
    return Item(_name_of(tokens), tokens)


def _name_of(expression: Sequence[Token]) -> str:
    """Name an expression without an alias as PostgreSQL does (FigureColname)."""
    if not expression:
        return _UNNAMED
    first = expression[0]
    if expression[-1].kind == "cast" or (len(expression) == 1 and first.kind == "parameter"):
        inner = _name_of(expression[:-1])
        kind = expression[-1].type
        return kind.name if inner == _UNNAMED and kind is not None else inner
    if is_dotted(expression) and first.text not in _NO_ALIAS:
        return plain_name(expression[-1]) or _UNNAMED
    called = len(expression) > 1 and first.kind == "name" and expression[1].text == "("
    if called and call_end(expression, 0) == len(expression) - 1:
        return first.text
    return "case" if first.text == "case" else _UNNAMED


def select_list(tokens: Sequence[Token], start: int) -> list[Item]:
    """Read the list behind the SELECT at `start`."""
    depth, end = 0, start + 1
    while end < len(tokens):
        depth += (tokens[end].text == "(") - (tokens[end].text == ")")
        if depth < 0 or (depth == 0 and tokens[end].kind == "name" and tokens[end].text in _LIST_ENDS):
            break
        end += 1
    begin = start + 1 + (tokens[start + 1].text in {"distinct", "all"} if start + 1 < end else 0)
    return [_item(part) for part in split(tokens[begin:end], ",")]


def united(tokens: Sequence[Token], start: int) -> Iterator[tuple[int, list[Item]]]:
    """Give where the SELECT at `start` and those that UNION, EXCEPT or INTERSECT adds to it stand, each with its list.

    Raises:
        SqlError: 42601 when one has more columns than another, 0A000 when that cannot be seen for a `*`.
    """
    depth, lists = 0, [(start, select_list(tokens, start))]
    for position in range(start + 1, len(tokens)):
        depth += (tokens[position].text == "(") - (tokens[position].text == ")")
        if depth < 0:
            break
        if depth == 0 and tokens[position].text == "select":
            lists.append((position, select_list(tokens, position)))
    if len(lists) > 1 and any(
        item.expression and item.expression[-1].text == "*" for _, items in lists for item in items
    ):
        raise unsupported("* in a union")
    if len({len(items) for _, items in lists}) > 1:
        raise SqlError("42601", "each UNION query must have the same number of columns")
    yield from lists
