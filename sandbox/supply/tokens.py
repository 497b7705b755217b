"""SQL cut into tokens, with `expression::type` casts gathered into one token each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.supply.errors import SqlError
from sandbox.supply.values import PgType, named

__all__ = ["Token", "closing", "split", "tokenize", "type_at"]

_PATTERN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<parameter>\$\d+)
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<cast>::)
      | (?P<operator><=|>=|<>|!=|\|\||[<>=+\-*/%])
      | (?P<mark>[(),.;\[\]])""",
    re.VERBOSE | re.DOTALL,
)
_TYPE_TAILS = (("varying",), ("precision",), ("without", "time", "zone"), ("with", "time", "zone"))


@dataclass(frozen=True, slots=True)
class Token:
    """Hold one token.

    Attributes:
        kind: "string", "quoted", "parameter", "number", "name", "operator", "mark" or "cast".
        text: as written; names in lower case.
        type: of a cast, and of a parameter that is cast where it stands.
    """

    kind: str
    text: str
    type: PgType | None = None


def _pieces(sql: str) -> Iterator[Token]:
    position = 0
    while position < len(sql):
        found = _PATTERN.match(sql, position)
        if found is None:
            raise SqlError("42601", f'syntax error at or near "{sql[position]}"')
        kind = str(found.lastgroup)
        text = found.group()
        if kind != "space":
            yield Token(kind, text.lower() if kind == "name" else text)
        position = found.end()


def type_at(tokens: Sequence[Token], start: int) -> tuple[PgType, int]:
    """Read a type's name such as `VARCHAR(20)[]` at `start`; give the type and the position behind it."""
    if start >= len(tokens):
        raise SqlError("42601", "syntax error at end of input")
    words, end = [tokens[start].text], start + 1
    for tail in _TYPE_TAILS:
        if tuple(token.text for token in tokens[end : end + len(tail)]) == tail:
            words += tail
            end += len(tail)
    if end < len(tokens) and tokens[end].text == "(":
        end = closing(tokens, end) + 1
    array = [token.text for token in tokens[end : end + 2]] == ["[", "]"]
    return named(" ".join(words), array=array), end + 2 * array


def _postfix_casts(tokens: list[Token]) -> list[Token]:
    """Write CAST(expression AS type) as `expression::type`, innermost first."""
    while True:
        places = [at for at, token in enumerate(tokens[:-1]) if token.text == "cast" and tokens[at + 1].text == "("]
        if not places:
            return tokens
        start = places[-1]
        end = closing(tokens, start + 1)
        inside = tokens[start + 2 : end]
        words = [token.text for token in inside]
        if "as" not in words:
            raise SqlError("42601", 'syntax error at or near "cast"')
        expression = inside[: words.index("as")]
        called = "(" in words[: words.index("as")]
        kind, _ = type_at(inside, words.index("as") + 1)
        if any(token.kind not in {"name", "quoted", "mark"} for token in expression[1:]) or called:
            expression = [Token("mark", "("), *expression, Token("mark", ")")]
        tokens = [*tokens[:start], *_cast(expression, kind), *tokens[end + 1 :]]


def _cast(expression: list[Token], kind: PgType) -> list[Token]:
    """Put the type behind an expression; a parameter carries its type itself."""
    last = expression[-1] if expression else None
    if last is not None and last.kind == "parameter" and last.type is None:
        return [*expression[:-1], Token("parameter", last.text, kind)]
    return [*expression, Token("cast", "::", kind)]


def tokenize(sql: str) -> list[Token]:
    """Cut SQL into tokens; 42601 for a character that begins none."""
    pieces = list(_pieces(sql))
    tokens: list[Token] = []
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        position += 1
        if piece.kind != "cast":
            tokens.append(piece)
            continue
        kind, position = type_at(pieces, position)
        tokens[-1:] = _cast(tokens[-1:], kind)
    return _postfix_casts(tokens)


def closing(tokens: Sequence[Token], start: int) -> int:
    """Find the parenthesis that closes the one at `start`."""
    depth = 0
    for position in range(start, len(tokens)):
        depth += (tokens[position].text == "(") - (tokens[position].text == ")")
        if depth == 0:
            return position
    raise SqlError("42601", "syntax error at end of input")


def split(tokens: Sequence[Token], mark: str) -> list[list[Token]]:
    """Split at every `mark` that stands outside parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == mark and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
