"""Bodies of the control endpoint: a JSON object with known keys, each read as what it should be.

BodyRefused(ValueError)    answered as 422 with its text
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

_MOST_DIGITS = 12


class BodyRefused(ValueError):
    """Say what is wrong with a body or parameter."""


class Wanted:
    """Read one body; unknown keys are refused with the known ones named."""

    def __init__(self, body: Mapping[str, object], known: set[str]) -> None:
        if unknown := sorted(set(body) - known):
            raise BodyRefused(f"unknown keys: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        self._body = body

    def text(self, key: str, absent: str | None = None) -> str:
        """Read a text; without `absent` it must be there."""
        value = self._body.get(key, absent)
        if not isinstance(value, str):
            raise BodyRefused(f"{key} is a text, not {value!r}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self._body.get(key, default)
        if not isinstance(value, bool):
            raise BodyRefused(f"{key} is true or false, not {value!r}")
        return value

    def whole(self, key: str, absent: int | None = None) -> int:
        """Read a whole number from 1 (or 0 for a required one)."""
        value = self._body.get(key, absent)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise BodyRefused(f"{key} is a whole number, not {value!r}")
        return value

    def amount_minor(self, key: str) -> int:
        """Read a decimal string of major units, more than nothing and at most two decimals, as minor units."""
        amount = _decimal(key, self._body.get(key)) * 100
        if amount <= 0 or amount != amount.to_integral_value():
            raise BodyRefused(f"{key} is more than 0 and has at most two decimals, not {self._body.get(key)!r}")
        return int(amount)

    def energy(self, key: str) -> Decimal | None:
        """Read kWh as a decimal string, 0 or more; `None` when absent."""
        if self._body.get(key) is None:
            return None
        value = _decimal(key, self._body[key])
        if value < 0:
            raise BodyRefused(f"{key} is 0 kWh or more, not {value}")
        return value


def json_object(body: bytes) -> dict[str, object]:
    """Read a JSON object."""
    try:
        document = json.loads(body or b"{}")
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BodyRefused("the body is not JSON") from error
    if not isinstance(document, dict):
        raise BodyRefused("the body is not a JSON object")
    return document


def positive(text: str, name: str) -> int:
    """Read a whole number from 1 out of a query parameter."""
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise BodyRefused(f"{name} is a whole number from 1, not {text!r}")
    return int(text)


def _decimal(key: str, value: object) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str | int) and not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation as error:
        raise BodyRefused(f"{key} is a decimal string, not {value!r}") from error
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise BodyRefused(f"{key} is a decimal string, not {value!r}")
    return number
