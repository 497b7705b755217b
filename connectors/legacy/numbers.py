"""Decimals with point or comma, money of either scale and sign, and account numbers that lost their zeros."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from connectors.legacy.errors import Unreadable
from schema.identifiers import AccountNumber
from schema.money import EXPONENTS, Money

_DECIMAL: Final = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,9})?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,18}", re.ASCII)
_PLAIN: Final = str.maketrans(",", ".", " \u00a0\u202f\u2009")


class MoneyScale(StrEnum):
    """Whether a system writes hryvnias or kopiykas."""

    MAJOR = "major"
    MINOR = "minor"


class BalanceSign(StrEnum):
    """What a positive balance means to a system."""

    POSITIVE_IS_DEBT = "positive-is-debt"
    POSITIVE_IS_CREDIT = "positive-is-credit"


@dataclass(frozen=True, slots=True)
class MoneyReader:
    """How a system writes money."""

    currency: str
    scale: MoneyScale = MoneyScale.MAJOR
    sign: BalanceSign = BalanceSign.POSITIVE_IS_DEBT

    def amount(self, value: object) -> Money:
        """Read an amount; one that is finer than the minor unit is Unreadable."""
        minor = self._minor(value)
        whole = int(minor)
        if whole != minor:
            raise Unreadable("finer than the minor unit")
        return Money(whole, self.currency)

    def average(self, value: object) -> Money:
        """Read an average, which may be finer than the minor unit; rounded half up."""
        return Money(int(self._minor(value).quantize(Decimal(1), ROUND_HALF_UP)), self.currency)

    def debt(self, value: object) -> Money:
        """Read a balance; in the answer, positive means that the customer owes."""
        amount = self.amount(value)
        return amount if self.sign is BalanceSign.POSITIVE_IS_DEBT else -amount

    def _minor(self, value: object) -> Decimal:
        number = read_decimal(value)
        return number if self.scale is MoneyScale.MINOR else number.scaleb(EXPONENTS[self.currency])


def read_decimal(value: object) -> Decimal:
    """Read a decimal with a point or a comma, its digits grouped by spaces or not."""
    text = str(value)
    if not _DECIMAL.fullmatch(text):  # nearly every number is plain, and translating is dear
        text = text.translate(_PLAIN)
        if not _DECIMAL.fullmatch(text):
            raise Unreadable("not a decimal")
    return Decimal(text)


def read_whole(value: object) -> int:
    """Read a whole number."""
    text = str(value)
    if _WHOLE.fullmatch(text):
        return int(text)
    number = read_decimal(text)
    whole = int(number)
    if whole != number:
        raise Unreadable("not a whole number")
    return whole


def read_account_number(value: object, digits: int) -> AccountNumber:
    """Read an account number, giving back the leading zeros that the system lost."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise Unreadable("not an account number")
    return AccountNumber(text.zfill(digits))
