"""The answer's columns: names as PostgreSQL gives them, types inferred from the statement's text.

SQLite does not tell the type of an expression, and the binary encodings need it. What cannot be inferred is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from sandbox.supply.errors import SqlError, unsupported
from sandbox.supply.select_lists import Item, call_end, is_dotted, is_null, plain_name, select_list, united
from sandbox.supply.tables import COLUMN_TYPES, TABLES, nullable
from sandbox.supply.tokens import Token, closing, split
from sandbox.supply.values import TYPES, PgType

__all__ = ["Answered", "Typing"]

_FUNCTIONS = {
    **dict.fromkeys(("count", "row_number", "rank", "dense_rank"), "int8"),
    **dict.fromkeys(("length",), "int4"),
    **dict.fromkeys(("upper", "lower", "trim", "ltrim", "rtrim", "substr", "replace"), "text"),
    "exists": "bool",
    "date": "date",
}
_LIKE_ARGUMENT = {"min", "max", "coalesce", "nullif", "lag", "lead", "first_value", "last_value", "abs"}
_SUMS = {"int2": "int8", "int4": "int8", "numeric": "numeric"}
_TRUTHS = {"=", "<>", "!=", "<", ">", "<=", ">=", "and", "or", "not", "is", "in", "like", "between"}
_WIDTHS = ("int8", "int4", "int2")  # the widest first


class Answered(NamedTuple):
    """Hold the name and the type of a column of an answer."""

    name: str
    type: PgType


class _Column(NamedTuple):
    """Hold a column of a SELECT: its name, and its expression in each of the lists that UNION lays over one another.

    A bare NULL takes the type of the others, so that it is left out where there is another.
    """

    name: str
    expressions: list[list[Token]]


def _column(items: Sequence[Item]) -> _Column:
    typed = [item.expression for item in items if not is_null(item.expression)]
    return _Column(items[0].name, typed or [items[0].expression])


class Typing:
    """Know the types of a statement's names: the legacy columns, and whatever it calls `expression AS name`."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._aliases: dict[str, list[Token]] = {}
        self._selects: dict[int, list[_Column]] = {}
        self._nullable = nullable(token.text for token in tokens if token.text in TABLES)
        added: set[int] = set()
        for position, token in enumerate(tokens):
            if token.text == "select" and position not in added:
                lists = dict(united(tokens, position))
                added.update(lists)
                self._selects[position] = [_column(items) for items in zip(*lists.values(), strict=True)]
        for name, (expression, *_) in chain.from_iterable(self._selects.values()):
            if expression and name not in COLUMN_TYPES and plain_name(expression[-1]) != name:
                self._aliases.setdefault(name, expression)

    def nullable(self) -> frozenset[str]:
        """Give the names that may hold nulls: of the tables' columns, and of what is made of them or of NULL."""
        signs = self._nullable | {"null"}
        columns = chain.from_iterable(self._selects.values())
        return self._nullable | {
            name for name, expressions in columns if signs & {token.text for each in expressions for token in each}
        }

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
            return self.of(select_list(expression, 0)[0].expression)
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
        if is_dotted(expression):
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
        for column in chain.from_iterable(self._selects.values()):
            if len(column.expressions) > 1:
                self._common(*column.expressions)
        depth = 0
        for position, token in enumerate(self._tokens):
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0 and token.text in {"select", "returning"} and self._tokens[0].text != "values":
                if token.text == "returning":
                    return tuple(self._columns([_column([item]) for item in select_list(self._tokens, position)]))
                if self._tokens[0].text != "insert":
                    return tuple(self._columns(self._selects[position]))
        return ()

    def _common(self, *expressions: Sequence[Token]) -> PgType:
        """Type a column of a union; 0A000 where its values are not kept in one form, for nothing converts them."""
        kinds = {kind.name: kind for kind in map(self.of, expressions)}
        widest = next((kinds[name] for name in _WIDTHS if name in kinds), None)
        if len(kinds) == 1 or (widest is not None and kinds.keys() <= set(_WIDTHS)):
            return widest or next(iter(kinds.values()))
        raise unsupported(f"a union of {' and '.join(kinds)}")

    def _columns(self, columns: Sequence[_Column]) -> Iterator[Answered]:
        for name, (expression, *more) in columns:
            if expression and expression[-1].text == "*" and len(expression) in {1, 3}:
                yield from self._everything()
            else:
                yield Answered(name, self._common(expression, *more))

    def _everything(self) -> Iterator[Answered]:
        tables = list(dict.fromkeys(token.text for token in self._tokens if token.text in TABLES))
        if len(tables) != 1:
            raise unsupported("* over several tables")
        for column in TABLES[tables[0]].columns:
            yield Answered(column.name, column.type)
