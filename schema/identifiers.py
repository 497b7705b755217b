"""Identifiers of the trade: account numbers and Energy Identification Codes (EIC)."""

from typing import Final, NewType

import strawberry
from graphql import GraphQLError

AccountNumber = NewType("AccountNumber", str)
"""A customer account's number as printed on the bill; leading zeros matter."""

Eic = NewType("Eic", str)
"""An Energy Identification Code: 16 characters, the last a check character (ENTSO-E EIC Reference Manual)."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
_EIC_LENGTH: Final = 16
_MAX_ACCOUNT_NUMBER: Final = 32


def eic_check_character(body: str) -> str:
    """Compute the check character of the first 15 characters of an EIC; raises ValueError for a foreign character."""
    total = sum((_EIC_LENGTH - place) * _ALPHABET.index(character) for place, character in enumerate(body))
    return _ALPHABET[36 - (total - 1) % 37]


def is_eic(text: str) -> bool:
    """Tell whether the text is an EIC with the right check character; `-` is never one."""
    if len(text) != _EIC_LENGTH or not set(text) <= set(_ALPHABET):
        return False
    return text[-1] != "-" and eic_check_character(text[:-1]) == text[-1]


def _parse_account_number(value: object) -> AccountNumber:
    if not isinstance(value, str) or not (value.isascii() and value.isdigit() and len(value) <= _MAX_ACCOUNT_NUMBER):
        raise GraphQLError("An account number is a string of digits, with its leading zeros.")
    return AccountNumber(value)


def _parse_eic(value: object) -> Eic:
    if not isinstance(value, str) or not is_eic(value):
        raise GraphQLError("An EIC has 16 characters of 0-9, A-Z and -, the last of which must check.")
    return Eic(value)


ACCOUNT_NUMBER_SCALAR: Final = strawberry.scalar(
    name="AccountNumber",
    description="A customer account's number as printed on the bill: a string of digits in which leading zeros matter.",
    serialize=str,
    parse_value=_parse_account_number,
)
EIC_SCALAR: Final = strawberry.scalar(
    name="EIC",
    description="An Energy Identification Code of 16 characters, the last of which is a check character.",
    serialize=str,
    parse_value=_parse_eic,
    specified_by_url="https://www.entsoe.eu/data/energy-identification-codes-eic/",
)
