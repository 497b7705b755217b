"""Who lives in the utility's area: account numbers, holders and their addresses, all computed from the index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from sandbox.dice import Dice, Lot
from sandbox.geography import UKRAINE, UZBEKISTAN, District
from sandbox.holders import holder_of
from sandbox.names import UKRAINIAN, UZBEK_CYRILLIC, UZBEK_LATIN, NameLists
from sandbox.utilities import Utility

T = TypeVar("T")
_EIC_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Hold what billing knows of one account: its holder, address and contract.

    Attributes:
        phone: E.164.
        region_code: KATOTTG of the oblast, or 4-digit SOATO.
        district_code: KATOTTG of the raion or city district, or 7-digit SOATO.
        status: "ACTIVE", "SUSPENDED" or "CLOSED".
        zones: 1, 2 or 3 price zones of the day.
        eic: 16 characters with a valid check character.
    """

    account: str
    last_name: str
    first_name: str
    middle_name: str
    phone: str
    region_code: str
    district_code: str
    city: str
    street: str
    house: str
    flat: str
    post_index: str
    contract_no: str
    contract_date: date
    tariff_code: str
    supplier_code: str
    supplier_name: str
    dso_code: str
    dso_name: str
    prepaid: bool
    status: str
    zones: int
    eic: str


class Population:
    """Compute account numbers and subscribers of one utility."""

    def __init__(self, utility: Utility, dice: Dice, size: int) -> None:
        self._utility = utility
        self._dice = dice
        self.size = size
        self._modulus = 10**utility.account_digits
        self._inverse = pow(utility.stride, -1, self._modulus)

    def number(self, index: int) -> str:
        """Give the account number of an index (an affine map; about a tenth of the numbers begin with 0)."""
        utility = self._utility
        return f"{(index * utility.stride + utility.offset) % self._modulus:0{utility.account_digits}d}"

    def index(self, number: str) -> int | None:
        """Give the index of an account number; `None` for one that nobody has."""
        if len(number) != self._utility.account_digits or not (number.isascii() and number.isdigit()):
            return None
        index = (int(number) - self._utility.offset) * self._inverse % self._modulus
        return index if index < self.size else None

    def zones(self, index: int) -> int:
        """Give the number of price zones: 70 % one, 20 % two, 10 % three; where energy is prepaid always one."""
        if self._utility.prepaid:
            return 1
        return (1, 1, 1, 1, 1, 1, 1, 2, 2, 3)[self._dice.lot("zones", index).below(10)]

    def tariff_code(self, index: int) -> str:
        """Give the code of the account's price list (see `sandbox.tariffs`)."""
        if self._utility.prepaid:
            return "UZ-STOVE" if self._dice.lot("stove", index).percent(15) else "UZ-HOUSE"
        return f"UA-{self.zones(index)}Z"

    def subscriber(self, index: int) -> Subscriber:
        """Compute the subscriber of an index."""
        utility = self._utility
        lot = self._dice.lot("subscriber", index)
        holder = holder_of(index)
        last_name, first_name, middle_name = self._person(holder)
        district = self._district(lot)
        return Subscriber(
            account=self.number(index),
            last_name=last_name,
            first_name=first_name,
            middle_name=middle_name,
            phone=f"+{utility.phone_base + holder}",
            region_code=district.region_code,
            district_code=district.code,
            city=district.city,
            street=_pick(lot, self._names(holder).streets),
            house=f"{lot.between(1, 180)}{_pick(lot, ('', '', '', '', '/2', '-1'))}",
            flat=str(lot.between(1, 240)) if lot.percent(80) else "",
            post_index=f"{district.post_prefix}{lot.below(1000):03d}" + ("0" if utility.prepaid else ""),
            contract_no=f"{utility.supplier_code}-{index + 1:08d}",
            contract_date=date(2019, 1, 1) + timedelta(days=lot.below(1800)),
            tariff_code=self.tariff_code(index),
            supplier_code=utility.supplier_code,
            supplier_name=utility.supplier_name,
            dso_code=utility.dso_code,
            dso_name=utility.dso_name,
            prepaid=utility.prepaid,
            status="SUSPENDED" if lot.percent(2) else "ACTIVE",
            zones=self.zones(index),
            eic=delivery_point(utility.eic_office, index),
        )

    def _names(self, holder: int) -> NameLists:
        if not self._utility.prepaid:
            return UKRAINIAN
        return UZBEK_CYRILLIC if holder % 2 else UZBEK_LATIN

    def _person(self, holder: int) -> tuple[str, str, str]:
        names = self._names(holder)
        lot = self._dice.lot("person", holder)
        gender = lot.below(2)
        return (
            _pick(lot, names.surnames)[gender],
            _pick(lot, names.given[gender]),
            _pick(lot, names.patronymics)[gender],
        )

    def _district(self, lot: Lot) -> District:
        return _pick(lot, UZBEKISTAN if self._utility.prepaid else UKRAINE)


def delivery_point(office: str, index: int) -> str:
    """Give the EIC of an index; a code whose check character would be the forbidden "-" gets an "A" inside."""
    code = eic(f"{office}Z{index + 1:012d}")
    return eic(f"{office}ZA{index + 1:011d}") if code.endswith("-") else code


def eic(fifteen: str) -> str:
    """Add the check character to the first fifteen characters of an EIC (ENTSO-E EIC reference manual)."""
    total = sum((16 - place) * _EIC_ALPHABET.index(character) for place, character in enumerate(fifteen))
    return fifteen + _EIC_ALPHABET[36 - (total - 1) % 37]


def _pick(lot: Lot, choices: tuple[T, ...]) -> T:
    return choices[lot.below(len(choices))]
