"""Answers on their way to the wire: rows encoded column by column, with the manners that damage them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sandbox.faults import Faults
from sandbox.manners import account_text, rows_of_page
from sandbox.supply import wire
from sandbox.supply.columns import Answered
from sandbox.supply.errors import SqlError
from sandbox.supply.rows import Row
from sandbox.supply.values import PgType

__all__ = ["GARBAGE", "Answer", "encode_rows", "formats_of", "mannered", "shortened"]

GARBAGE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<h1>502</h1>"
_TEXTUAL = {"varchar", "text", "bpchar"}
_BINARY = 1
# What an old 8-bit system takes for the same letter: Cyrillic in the place of Latin.
_LOOKALIKES = str.maketrans("aceiopxyABCEHIKMOPTX", "асеіорхуАВСЕНІКМОРТХ")  # noqa: RUF001 - the confusion is the point


class Answer(NamedTuple):
    """Hold one statement's answer as messages: every DataRow, and CommandComplete."""

    rows: list[bytes]
    end: bytes


def formats_of(codes: Sequence[int], count: int) -> list[int]:
    """Spread the format codes of a Bind: none means text, one counts for all."""
    if len(codes) not in {0, 1, count}:
        raise SqlError("08P01", f"bind message has {len(codes)} formats but there are {count} values")
    return list(codes) if len(codes) == count else list(codes or [0]) * count


def mannered(rows: list[Row], columns: Sequence[Answered], faults: Faults) -> list[Row]:
    """Repeat rows and lose leading zeros of account numbers (column `ls`) where the manners say so."""
    rows = rows_of_page(rows, faults)
    places = {place for place, column in enumerate(columns) if column.name == "ls"}
    if not faults.strip_zeros or not places:
        return rows
    return [
        tuple(
            account_text(value, faults) if place in places and isinstance(value, str) else value
            for place, value in enumerate(row)
        )
        for row in rows
    ]


def _in_cp1251(text: str) -> bytes:
    return text.translate(_LOOKALIKES).encode("cp1251", "replace")


def _encoder(kind: PgType, form: int, faults: Faults) -> Callable[[Any], bytes]:
    if faults.wrong_encoding and kind.name in _TEXTUAL:
        return _in_cp1251
    if form == _BINARY:
        return kind.to_binary
    return lambda value: kind.to_text(value).encode()


def encode_rows(
    rows: Sequence[Row], columns: Sequence[Answered], formats: Sequence[int], faults: Faults
) -> list[bytes]:
    """Write DataRow messages; XX000 when SQLite gave a value of another type than was promised."""
    encoders = [_encoder(column.type, form, faults) for column, form in zip(columns, formats, strict=True)]
    try:
        return [
            wire.data_row(
                [None if value is None else encode(value) for encode, value in zip(encoders, row, strict=True)]
            )
            for row in rows
        ]
    except (struct.error, TypeError, ValueError, KeyError) as error:
        raise SqlError("XX000", f"internal error: a value has not the type announced: {error}") from error


def shortened(answer: Answer) -> bytes:
    """Cut an answer off in the middle of its last DataRow, or of its end when it has no rows."""
    whole = b"".join(answer.rows) or answer.end
    last = answer.rows[-1] if answer.rows else answer.end
    return whole[: len(whole) - len(last) // 2]
