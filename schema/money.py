"""Money: a whole number of minor units with its currency. Never a float, never a GraphQL Int."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import strawberry
from graphql import GraphQLError

EXPONENTS: Final[Mapping[str, int]] = {"UAH": 2, "UZS": 2, "EUR": 2, "USD": 2, "GEL": 2, "KZT": 2, "MDL": 2, "PLN": 2}
"""Digits after the decimal point by ISO 4217 code."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (kopiyka, tiyin) of one currency (ISO 4217)."""

    minor: int
    currency: str

    def __add__(self, other: Self) -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)


def _serialize(money: Money) -> dict[str, str | int]:
    return {"minor": str(money.minor), "currency": money.currency, "exponent": EXPONENTS[money.currency]}


def _parse(value: object) -> Money:
    match value:
        case {"minor": str() as minor, "currency": str() as currency} if currency in EXPONENTS:
            try:
                return Money(int(minor), currency)
            except ValueError as error:
                raise GraphQLError("Money.minor is a whole number of minor units, as a string.") from error
    raise GraphQLError('Money is an object such as {"minor": "12345", "currency": "UAH"}.')


MONEY_SCALAR: Final = strawberry.scalar(
    name="Money",
    description=(
        'An amount of money: `{"minor": "12345", "currency": "UAH", "exponent": 2}` is 123.45 hryvnias. `minor` is a '
        "whole number of minor units, as a string because it may need more than 53 bits; `currency` is ISO 4217; "
        "`exponent` is the number of digits after the decimal point. In input, `exponent` is left out."
    ),
    serialize=_serialize,
    parse_value=_parse,
)
