"""The two utilities the sandbox can play: what is true of each as a whole."""

# ruff: noqa: RUF001 - the letters are Ukrainian and Uzbek and meant to be
from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Utility:
    """Hold what distinguishes one utility from another.

    Attributes:
        account_digits: length of an account number.
        stride: multiplier of the affine map index -> number; odd, not a multiple of 5, so that it can be inverted.
        offset: addend of the same map.
        eic_office: two digits of the office that issues the EIC; "99" stands for a country that has none.
        operators: (code, working days until the money arrives) of the payment operators.
        bill_due_day: day of the next month until which a bill is to be paid.
        phone_base: first phone number; holders are counted from it.
    """

    profile: str
    currency: str
    zone: ZoneInfo
    account_digits: int
    stride: int
    offset: int
    prepaid: bool
    supplier_code: str
    supplier_name: str
    dso_code: str
    dso_name: str
    eic_office: str
    operators: tuple[tuple[str, int], ...]
    bill_due_day: int
    phone_base: int


UA_KHARKIV = Utility(
    profile="ua-kharkiv",
    currency="UAH",
    zone=ZoneInfo("Europe/Kyiv"),
    account_digits=12,
    stride=618_033_988_751,
    offset=73_205_080_757,
    prepaid=False,
    supplier_code="KHE",
    supplier_name="ПрАТ «Харківенергозбут»",
    dso_code="KHOE",
    dso_name="АТ «Харківобленерго»",
    eic_office="62",
    operators=(("KABINET", 1), ("PRIVAT24", 3), ("MONOBANK", 3), ("EASYPAY", 3), ("UKRPOSHTA", 5)),
    bill_due_day=20,
    phone_base=380_990_000_000,
)

UZ_HET = Utility(
    profile="uz-het",
    currency="UZS",
    zone=ZoneInfo("Asia/Tashkent"),
    account_digits=10,
    stride=6_180_339_887,
    offset=732_050_807,
    prepaid=True,
    supplier_code="HET",
    supplier_name="“Hududiy elektr tarmoqlari” AJ",
    dso_code="HET",
    dso_name="“Hududiy elektr tarmoqlari” AJ",
    eic_office="99",
    operators=(("PAYME", 0), ("CLICK", 0), ("PAYNET", 0), ("UZUM", 1), ("OSON", 1)),
    bill_due_day=10,
    phone_base=998_900_000_000,
)

UTILITIES = {utility.profile: utility for utility in (UA_KHARKIV, UZ_HET)}
