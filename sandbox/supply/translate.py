"""PostgreSQL's SQL written as SQLite's, with the types of its parameters.

Differences minded: `$1::TYPE`, `= ANY ($1)`, casts, FOR UPDATE, the place of nulls in an order, and that amounts are
kept in hundredths and times as text: parameters and literals take the form of the column to their left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sandbox.supply.columns import Typing
from sandbox.supply.errors import SqlError, unsupported
from sandbox.supply.select_lists import call_end, plain_name
from sandbox.supply.tables import COLUMN_TYPES
from sandbox.supply.tokens import Token, closing, split
from sandbox.supply.values import ARRAYS, TYPES, PgType

__all__ = ["Translated", "translate"]

_COMPARED = {"=", "<>", "!=", "<", ">", "<=", ">=", "between", "and", "like", "limit", "offset", "+", "-"}
_FORGET = {"select", "from", "where", "having", "on", "returning", "when", "then", "else", "or", "by"}
_ORDER_ENDS = {"limit", "offset", "for", "rows", "range", "groups", "returning", "union", "except", "intersect"}
_LOCKS = {"update", "share", "no", "key"}
_CLOCKS = {"now", "current_timestamp", "current_date", "localtimestamp", "clock_timestamp"}
_FAMILIES = (("int8", "int4", "int2", "oid"), ("varchar", "text", "bpchar", "name"))


@dataclass(slots=True)
class Translated:
    """Hold SQLite's text, the types of the parameters by number, the string literals met, and FOR UPDATE."""

    sql: str = ""
    parameters: dict[int, PgType] = field(default_factory=dict)
    literals: list[str] = field(default_factory=list)
    locks: bool = False


def translate(tokens: Sequence[Token], typing: Typing) -> Translated:
    """Write a statement for SQLite; 0A000 for what has no counterpart."""
    return _Writer(tokens, typing).write()


def _related(one: PgType, other: PgType) -> bool:
    return one is other or any(one.name in family and other.name in family for family in _FAMILIES)


def _placed_nulls(tokens: Sequence[Token], columns: frozenset[str]) -> dict[int, str]:
    """Say behind which tokens the place of nulls must be spelled: in PostgreSQL a null is the greatest value."""
    places: dict[int, str] = {}
    for position in range(len(tokens) - 1):
        if tokens[position].text == "order" and tokens[position + 1].text == "by":
            places |= _nulls_of_order(tokens, position + 2, columns)
    return places


def _nulls_of_order(tokens: Sequence[Token], start: int, columns: frozenset[str]) -> dict[int, str]:
    places: dict[int, str] = {}
    depth, begin = 0, start
    for position in range(start, len(tokens) + 1):
        text = tokens[position].text if position < len(tokens) else ";"
        depth += (text == "(") - (text == ")")
        ends = depth < 0 or (depth == 0 and (text in _ORDER_ENDS or text == ";"))
        if ends or (depth == 0 and text == ","):
            words = [token.text for token in tokens[begin:position]]
            if "nulls" not in words and columns & set(words):
                places[position - 1] = "nulls first" if words[-1] == "desc" else "nulls last"
            begin = position + 1
        if ends:
            break
    return places


class _Writer:
    """Walk over the tokens once, remembering the type of the nearest name to the left."""

    def __init__(self, tokens: Sequence[Token], typing: Typing) -> None:
        self._tokens = tokens
        self._typing = typing
        self._nulls = _placed_nulls(tokens, typing.nullable())
        self._done = Translated()
        self._out: list[str] = []
        self._near: PgType | None = None
        self._between = False
        self._lists: list[str] = []  # what each open parenthesis holds: "in", "values", "" for anything else
        self._calls: dict[int, PgType] = {}  # where a call ends, and its type
        self._insert: list[PgType] = []
        self._field = 0
        self._position = 0

    def write(self) -> Translated:
        handlers: dict[str, Callable[[Token], None]] = {
            "name": self._name,
            "parameter": self._parameter,
            "string": self._literal,
            "number": self._literal,
            "cast": self._cast,
            "mark": self._mark,
        }
        while self._position < len(self._tokens):
            here = self._position
            token = self._tokens[here]
            self._position += 1
            handlers.get(token.kind, self._plain)(token)
            if here in self._nulls:
                self._out.append(self._nulls[here])
        self._done.sql = " ".join(self._out)
        return self._done

    def _text(self, offset: int) -> str:
        """Read a token near the current one: 0 is the next, -1 the current, -2 the one before."""
        place = self._position + offset
        return self._tokens[place].text if 0 <= place < len(self._tokens) else ""

    def _plain(self, token: Token) -> None:
        self._out.append(token.text)
        if token.kind == "quoted":
            self._near = self._typing.of_name(token.text[1:-1])

    def _name(self, token: Token) -> None:
        text = token.text
        if text in _CLOCKS:
            raise unsupported(f"{text}: the database's own clock is not the utility's")
        if text == "for" and self._text(0) in _LOCKS:
            self._position = len(self._tokens)
            self._done.locks = True
        elif text == "public" and self._text(0) == ".":
            self._position += 1
        elif text in {"any", "all"} and self._text(0) == "(":
            self._any(text)
        elif text in {"date", "timestamp"} and self._text(0).startswith("'"):
            self._near = self._near or TYPES[text]
        else:
            self._word(text)

    def _word(self, text: str) -> None:
        self._out.append(text)
        if text in {"limit", "offset"}:
            self._near = TYPES["int8"]
        elif text in _FORGET or (text == "and" and not self._between):
            self._near = None
        elif text in {"between", "and"}:
            self._between = text == "between"
        elif text == "into":
            self._into()
        elif self._text(0) == "(" and text not in {"in", "over", "filter", "values", "as", "not"}:
            self._call()
        else:
            self._near = self._typing.of_name(text) or self._near

    def _call(self) -> None:
        """Remember what a function gives, for what is compared with it."""
        start = self._position - 1
        end = call_end(self._tokens, start)
        try:
            self._calls[end] = self._typing.of(self._tokens[start : end + 1])
        except SqlError:  # an unknown function may still be SQLite's; only its type stays unknown
            return

    def _into(self) -> None:
        """Note the types of the columns that INSERT names, in their order."""
        if self._text(1) != "(":
            raise unsupported("INSERT without the names of its columns")
        names = self._tokens[self._position + 2 : closing(self._tokens, self._position + 1)]
        for part in split(names, ","):
            name = plain_name(part[0]) or "" if part else ""
            if name not in COLUMN_TYPES:
                raise SqlError("42703", f'column "{name}" does not exist')
            self._insert.append(COLUMN_TYPES[name])

    def _mark(self, token: Token) -> None:
        self._out.append(token.text)
        if token.text == "(":
            self._open()
        elif token.text == ")":
            if self._lists:
                self._lists.pop()
            self._near = self._calls.get(self._position - 1, self._near)
        elif token.text == "," and self._lists[-1:] == ["values"]:
            self._field += 1
            self._near = self._insert[self._field] if self._field < len(self._insert) else None
        elif token.text == "," and self._lists[-1:] != ["in"]:
            self._near = None

    def _open(self) -> None:
        before = self._text(-2)
        in_values = before == "values" or (before == "," and not self._lists and bool(self._insert))
        if in_values:
            self._field = 0
            self._near = self._insert[0] if self._insert else None
        self._lists.append("values" if in_values else "in" if before in {"in", "coalesce", "nullif"} else "")

    def _is_compared(self) -> bool:
        """Tell whether the current literal or parameter stands for a value of the column to its left."""
        before = self._text(-2)
        if before in {"date", "timestamp"}:
            before = self._text(-3)
        listed = before in {"(", ","} and self._lists[-1:] in (["in"], ["values"])
        return listed or before in _COMPARED

    def _literal(self, token: Token) -> None:
        following = self._tokens[self._position] if self._position < len(self._tokens) else None
        hint = following.type if following is not None and following.kind == "cast" else None
        kind = self._near if self._near is not None and self._is_compared() else hint
        text = token.text[1:-1].replace("''", "'") if token.kind == "string" else token.text
        if token.kind == "string":
            self._done.literals.append(text)
        stored = kind.from_text(text) if kind is not None else None
        if stored is None or isinstance(stored, str):
            self._out.append(token.text if stored is None else "'" + stored.replace("'", "''") + "'")
        else:
            self._out.append(str(stored))
        self._position += hint is not None

    def _parameter(self, token: Token) -> None:
        number = int(token.text[1:])
        compared = self._near if self._is_compared() else None
        kind = token.type or compared or TYPES["text"]
        known = self._done.parameters.setdefault(number, kind)
        self._out.append(self._adapted(f":p{number}", known, compared))

    def _adapted(self, mark: str, kind: PgType, column: PgType | None) -> str:
        """Bring a parameter of one type into the stored form of the column it is compared with."""
        forms = {
            ("date", "timestamp"): "({0} || ' 00:00:00')",
            **dict.fromkeys((("int8", "numeric"), ("int4", "numeric"), ("int2", "numeric")), "({0} * 100)"),
            **dict.fromkeys((("numeric", "int8"), ("numeric", "int4"), ("numeric", "int2")), "({0} / 100.0)"),
        }
        form = forms.get((kind.name, column.name if column else ""), "{0}")
        if kind.name == "numeric" and self._lists[-1:] == ["values"]:
            form = "cast(round({0}) as integer)"
        return form.format(mark)

    def _any(self, word: str) -> None:
        """Write `= ANY ($1)` as IN over the elements of a JSON array, `<> ALL ($1)` as NOT IN."""
        wanted = {"any": "=", "all": "<>"}[word]
        array = self._tokens[self._position + 1 : closing(self._tokens, self._position)]
        if self._text(-2).replace("!=", "<>") != wanted or len(array) != 1 or array[0].kind != "parameter":
            raise unsupported(f"{word.upper()} other than {wanted} {word.upper()} ($n)")
        number = int(array[0].text[1:])
        kind = array[0].type or ARRAYS.get(self._near.name if self._near else "text")
        if kind is None:
            raise unsupported("an array of that type")
        self._done.parameters.setdefault(number, kind)
        self._out[-1] = "in" if word == "any" else "not in"
        self._out.append(f"(select value from json_each(:p{number}))")  # noqa: S608 - a number
        self._position += 3

    def _cast(self, token: Token) -> None:
        """Apply `name::type`: between related types nothing is left of it, a timestamp may become a date."""
        before = self._tokens[self._position - 2]
        name = plain_name(before)
        source = before.type or (self._typing.of_name(name) if name else self._near)
        target = token.type
        if target is None or name == "null" or (source is not None and _related(source, target)):
            return
        if source is None or (source.name, target.name) != ("timestamp", "date") or not name:
            raise unsupported(f"a cast from {source.name if source else 'that'} to {target.name}")
        dotted = self._out[-2] == "."
        start = len(self._out) - (3 if dotted else 1)
        self._out[start:] = ["date(" + "".join(self._out[start:]) + ")"]
        self._near = target
