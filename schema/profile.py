"""A utility's profile: everything that differs from one utility to the next, as data."""

import re
from dataclasses import field
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo, available_timezones

import strawberry

from schema.money import EXPONENTS
from schema.places import Places
from schema.tariffs import Tariff


@strawberry.enum(description="A way to sign in.")
class SignInMethod(Enum):
    """A way to sign in."""

    PASSWORD = "password"  # noqa: S105 -- the method's name
    SMS = "sms"
    ONEID = "oneid"
    E_IMZO = "e-imzo"
    E_IMZO_MOBILE = "e-imzo-mobile"
    ID_GOV_UA = "id-gov-ua"
    OPENID_CONNECT = "oidc"
    PASSKEY = "passkey"


@strawberry.enum(description="A proof that an account is the customer's.")
class LinkMethod(Enum):
    """A proof that an account is the customer's."""

    NUMBER_AND_SURNAME = "number-and-surname"
    DISTRICT_AND_BILL = "district-and-bill"
    BILL_QR = "bill-qr"


@strawberry.type(description="How the utility writes account numbers.")
class AccountNumberFormat:
    """How the utility writes account numbers; `digits` restores leading zeros that a legacy system lost."""

    pattern: str = strawberry.field(description="A regular expression.")
    digits: int
    example: str

    def matches(self, text: str) -> bool:
        """Tell whether the text is an account number of this utility."""
        return re.fullmatch(self.pattern, text) is not None


@strawberry.type(description="When readings are taken: the last days of a month and the first of the next.")
class ReadingWindow:
    """When readings are taken: the last days of a month and the first of the next."""

    last_days: int
    first_days: int


@strawberry.type(description="A payment operator that works with the utility.")
class PaymentOperator:
    """A payment operator that works with the utility."""

    code: str
    name: str


@strawberry.type(name="Utility", description="The utility: what is the same for all of its customers.")
class UtilityProfile:
    """A utility: its country, money, time, languages (BCP 47), account numbers, tariffs and ways in."""

    name: str
    title: str
    titles: strawberry.Private[dict[str, str]] = field(default_factory=dict)
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    currency: str = strawberry.field(description="ISO 4217.")
    time_zone: str = strawberry.field(description="IANA.")
    languages: list[str]
    territorial_code: str = strawberry.field(description="The code system of addresses: KATOTTG or SOATO.")
    places: strawberry.Private[Places] = Places()
    account_number: AccountNumberFormat
    reading_window: ReadingWindow | None = None
    sign_in_methods: list[SignInMethod]
    link_methods: list[LinkMethod]
    bill_qr_patterns: strawberry.Private[list[str]]
    payment_operators: list[PaymentOperator]
    tariffs: strawberry.Private[list[Tariff]]

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

    def title_in(self, language: str) -> str:
        """Return the title in a language (BCP 47), and the one for all languages where there is none."""
        return self.titles.get(language, self.title)

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
