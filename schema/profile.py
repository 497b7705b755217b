"""A utility's profile: everything that differs from one utility to the next, as data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from schema.money import EXPONENTS
from schema.tariffs import Tariff


class SignInMethod(StrEnum):
    """A way to sign in."""

    PASSWORD = "password"  # noqa: S105 -- the method's name


class LinkMethod(StrEnum):
    """A proof that an account is the customer's."""

    NUMBER_AND_SURNAME = "number-and-surname"
    DISTRICT_AND_BILL = "district-and-bill"
    BILL_QR = "bill-qr"


@dataclass(frozen=True, slots=True)
class AccountNumberFormat:
    """How the utility writes account numbers; `digits` restores leading zeros that a legacy system lost."""

    pattern: str
    digits: int
    example: str

    def matches(self, text: str) -> bool:
        """Tell whether the text is an account number of this utility."""
        return re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True, slots=True)
class ReadingWindow:
    """When readings are taken: the last days of a month and the first of the next."""

    last_days: int
    first_days: int


@dataclass(frozen=True, slots=True)
class PaymentOperator:
    """A payment operator that works with the utility."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UtilityProfile:
    """A utility: its country, money, time, languages, account numbers, tariffs and ways in."""

    name: str
    title: str
    country: str
    currency: str
    time_zone: str
    languages: Sequence[str]
    territorial_code: str
    account_number: AccountNumberFormat
    reading_window: ReadingWindow | None = None
    sign_in_methods: Sequence[SignInMethod]
    link_methods: Sequence[LinkMethod]
    bill_qr_patterns: Sequence[str]
    payment_operators: Sequence[PaymentOperator]
    tariffs: Sequence[Tariff]

    def __post_init__(self) -> None:
        """Check what a type cannot say; raises ValueError that names the value."""
        if self.currency not in EXPONENTS:
            raise ValueError(f"currency {self.currency} is none of {', '.join(EXPONENTS)}")
        if self.time_zone not in available_timezones():
            raise ValueError(f"time_zone {self.time_zone} is not in the IANA time zone database")
        for pattern in (self.account_number.pattern, *self.bill_qr_patterns):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"the pattern {pattern} is not a regular expression: {error}") from error
        if not self.account_number.matches(self.account_number.example):
            raise ValueError("account_number.example does not match account_number.pattern")

    @property
    def zone(self) -> ZoneInfo:
        """The utility's time zone."""
        return ZoneInfo(self.time_zone)

    def today(self) -> date:
        """Return the utility's local date."""
        return datetime.now(self.zone).date()

    def tariff_in_force(self, code: str, on: date | None = None) -> Tariff | None:
        """Return the version of a tariff that is in force on a day (today where none is given)."""
        day = on or self.today()
        return next((tariff for tariff in self.tariffs if tariff.code == code and tariff.is_in_force(day)), None)
