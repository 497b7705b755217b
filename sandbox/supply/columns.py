"""The answer's columns: names as PostgreSQL gives them, types inferred from the statement's text.

SQLite does not tell the type of an expression, and the binary encodings need it. What cannot be inferred is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sandbox.supply.errors import SqlError, unsupported
from sandbox.supply.tables import COLUMN_TYPES, TABLES
from sandbox.supply.tokens import Token, closing, split
from sandbox.supply.values import TYPES, PgType

__all__ = ["Answered", "Typing", "call_end", "plain_name"]

_FUNCTIONS = {
    **dict.fromkeys(("count", "row_number", "rank", "dense_rank"), "int8"),
    **dict.fromkeys(("length",), "int4"),
    **dict.fromkeys(("upper", "lower", "trim", "ltrim", "rtrim", "substr", "replace"), "text"),
    "exists": "bool",
    "date": "date",
}
_LIKE_ARGUMENT = {"min", "max", "coalesce", "nullif", "lag", "lead", "first_value", "last_value", "abs"}
_SUMS = {"int2": "int8", "int4": "int8", "numeric": "numeric"}
_LIST_ENDS = {"from", "where", "group", "having", "order", "limit", "offset", "union", "except", "intersect", "for"}
_TRUTHS = {"=", "<>", "!=", "<", ">", "<=", ">=", "and", "or", "not", "is", "in", "like", "between"}
_NO_ALIAS = {"end", "null", "true", "false"}
_UNNAMED = "?column?"


class Answered(NamedTuple):
    """Hold the name and the type of a column of an answer."""

    name: str
    type: PgType


class _Item(NamedTuple):
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


def _is_dotted(expression: Sequence[Token]) -> bool:
    return all(
        (token.text == ".") if place % 2 else plain_name(token) is not None for place, token in enumerate(expression)
    )


def _item(tokens: list[Token]) -> _Item:
    """Take an entry of a select list apart: `expression AS name`, `expression name` or the bare expression."""
    last = plain_name(tokens[-1]) if tokens else None
    if last is not None and len(tokens) > 1:
        before = tokens[-2]
        if before.text == "as":
            return _Item(last, tokens[:-2])
        if before.kind != "operator" and before.text not in {".", "is", "not"} and last not in _NO_ALIAS:
            return _Item(last, tokens[:-1])
    return _Item(_name_of(tokens), tokens)


def _name_of(expression: Sequence[Token]) -> str:
    """Name an expression without an alias as PostgreSQL does (FigureColname)."""
    if not expression:
        return _UNNAMED
    first = expression[0]
    if expression[-1].kind == "cast" or (len(expression) == 1 and first.kind == "parameter"):
        inner = _name_of(expression[:-1])
        kind = expression[-1].type
        return kind.name if inner == _UNNAMED and kind is not None else inner
    if _is_dotted(expression) and first.text not in _NO_ALIAS:
        return plain_name(expression[-1]) or _UNNAMED
    called = len(expression) > 1 and first.kind == "name" and expression[1].text == "("
    if called and call_end(expression, 0) == len(expression) - 1:
        return first.text
    return "case" if first.text == "case" else _UNNAMED


def _select_list(tokens: Sequence[Token], start: int) -> list[_Item]:
    """Read the list behind the SELECT at `start`."""
    depth, end = 0, start + 1
    while end < len(tokens):
        depth += (tokens[end].text == "(") - (tokens[end].text == ")")
        if depth < 0 or (depth == 0 and tokens[end].kind == "name" and tokens[end].text in _LIST_ENDS):
            break
        end += 1
    begin = start + 1 + (tokens[start + 1].text in {"distinct", "all"} if start + 1 < end else 0)
    return [_item(part) for part in split(tokens[begin:end], ",")]


class Typing:
    """Know the types of a statement's names: the legacy columns, and whatever it calls `expression AS name`."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._aliases: dict[str, list[Token]] = {}
        for position, token in enumerate(tokens):
            if token.text == "select":
                for name, expression in _select_list(tokens, position):
                    if expression and name not in COLUMN_TYPES and plain_name(expression[-1]) != name:
                        self._aliases.setdefault(name, expression)

    def of_name(self, name: str) -> PgType | None:
        """Give the type of a column or alias."""
        if name in COLUMN_TYPES:
            return COLUMN_TYPES[name]
        return self.of(self._aliases[name]) if name in self._aliases else None

    def of(self, expression: Sequence[Token]) -> PgType:
        """Infer the type of an expression; 0A000 where that is beyond this reader."""
        while expression and expression[0].text == "(" and closing(expression, 0) == len(expression) - 1:
            expression = expression[1:-1]
        if not expression:
            raise unsupported("an empty expression")
        if expression[-1].kind == "cast" and expression[-1].type is not None:
            return expression[-1].type
        if len(expression) == 1:
            return self._of_atom(expression[0])
        if expression[0].text == "select":
            return self.of(_select_list(expression, 0)[0].expression)
        if expression[0].text == "case":
            return self._of_case(expression)
        return self._of_operation(expression) or self._of_term(expression)

    def _of_atom(self, token: Token) -> PgType:
        if token.kind == "number":
            return TYPES["numeric" if "." in token.text else "int4"]
        if token.kind == "parameter":
            return token.type or TYPES["text"]
        if token.kind == "string" or token.text == "null":
            return TYPES["text"]
        if token.text in {"true", "false"}:
            return TYPES["bool"]
        kind = self.of_name(plain_name(token) or "")
        if kind is None:
            raise SqlError("42703", f'column "{token.text}" does not exist')
        return kind

    def _of_case(self, expression: Sequence[Token]) -> PgType:
        branch = split(expression, "then")[1]
        texts = [token.text for token in branch]
        end = min(texts.index(word) for word in ("when", "else", "end") if word in texts)
        return self.of(branch[:end])

    def _of_operation(self, expression: Sequence[Token]) -> PgType | None:
        """Type what stands between operators outside parentheses; `None` when there are none."""
        depth, outside = 0, set()
        for token in expression:
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                outside.add(token.text)
        if outside & _TRUTHS:
            return TYPES["bool"]
        if "||" in outside:
            return TYPES["text"]
        if outside & {"*", "/", "%"}:
            raise unsupported("multiplication and division")
        for sign in ("+", "-"):
            if sign in outside:
                return self.of(split(expression, sign)[0] or split(expression, sign)[1])
        return None

    def _of_term(self, expression: Sequence[Token]) -> PgType:
        if _is_dotted(expression):
            return self._of_atom(expression[-1])
        if expression[1].text == "(" and call_end(expression, 0) == len(expression) - 1:
            return self._of_call(expression[0].text, expression[2 : closing(expression, 1)])
        raise unsupported("the type of " + " ".join(token.text for token in expression))

    def _of_call(self, function: str, arguments: Sequence[Token]) -> PgType:
        if function in _FUNCTIONS:
            return TYPES[_FUNCTIONS[function]]
        if function in _LIKE_ARGUMENT:
            return self.of(split(arguments, ",")[0])
        kind = self.of(arguments).name if function == "sum" else ""
        if kind not in _SUMS:
            raise unsupported(f"the function {function} here")
        return TYPES[_SUMS[kind]]

    def answered(self) -> tuple[Answered, ...]:
        """Give the columns of the whole statement's answer: of its outermost SELECT, or of RETURNING."""
        depth = 0
        for position, token in enumerate(self._tokens):
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0 and token.text in {"select", "returning"} and self._tokens[0].text != "values":
                if token.text == "select" and self._tokens[0].text == "insert":
                    continue
                return tuple(self._columns(_select_list(self._tokens, position)))
        return ()

    def _columns(self, items: Sequence[_Item]) -> Iterator[Answered]:
        for name, expression in items:
            if expression and expression[-1].text == "*" and len(expression) in {1, 3}:
                yield from self._everything()
            else:
                yield Answered(name, self.of(expression))

    def _everything(self) -> Iterator[Answered]:
        tables = list(dict.fromkeys(token.text for token in self._tokens if token.text in TABLES))
        if len(tables) != 1:
            raise unsupported("* over several tables")
        for column in TABLES[tables[0]].columns:
            yield Answered(column.name, column.type)
