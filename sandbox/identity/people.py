"""People who can prove themselves: the holders of accounts, with the numbers that a state gives a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from sandbox.dice import Dice
from sandbox.population import Subscriber
from sandbox.world import World

SIZES = (10, 1, 50, 5)
"""The holders who come first, by the number of their accounts; then those of one account."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Hold a legal person: its 9-digit taxpayer number and its name."""

    tin: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Hold what a state knows of a holder. Every number is computed and belongs to nobody.

    Attributes:
        login: what the person types: "person1", "person2", ...
        pinfl: 14 digits (Uzbekistan).
        tax_number: 10 digits (Ukraine).
        phone: E.164.
        organisation: every third person may act for one.
    """

    login: str
    last_name: str
    first_name: str
    middle_name: str
    pinfl: str
    tax_number: str
    document: str
    birth_date: str
    phone: str
    accounts: tuple[str, ...]
    organisation: Organisation | None

    @property
    def full_name(self) -> str:
        """The whole name, family name first."""
        return f"{self.last_name} {self.first_name} {self.middle_name}"


class People:
    """The first people of a world who can sign in anywhere."""

    def __init__(self, world: World, *, seed: int = 1, count: int = 12) -> None:
        self._dice = Dice(seed)
        holders = chain(*(islice(world.holders(size), 1) for size in SIZES), islice(world.holders(1), 1, None))
        self._people = [self._person(world, number, each) for number, each in enumerate(islice(holders, count), 1)]

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people)

    def find(self, login: str) -> Person | None:
        """Find a person by login."""
        return next((person for person in self._people if person.login == login), None)

    def _person(self, world: World, number: int, accounts: tuple[str, ...]) -> Person:
        subscriber = world.subscribers(accounts[:1])[0]
        if not isinstance(subscriber, Subscriber):
            raise TypeError(f"the holder of {accounts[0]} is nobody")
        lot = self._dice.lot("person", number)
        organisation = Organisation(f"{300_000_000 + lot.below(9_000_000):09d}", f"Enterprise {number}")
        return Person(
            login=f"person{number}",
            last_name=subscriber.last_name,
            first_name=subscriber.first_name,
            middle_name=subscriber.middle_name,
            pinfl=f"{30_000_000_000_000 + lot.below(9_000_000_000_000):014d}",
            tax_number=f"{3_000_000_000 + lot.below(900_000_000):010d}",
            document=f"AB{lot.below(9_000_000) + 1_000_000:07d}",
            birth_date=f"{lot.between(1950, 2000)}{lot.between(1, 12):02d}{lot.between(1, 28):02d}",
            phone=subscriber.phone,
            accounts=accounts,
            organisation=organisation if number % 3 == 0 else None,
        )
