"""Authentication: how sure we are of who is asking, by which means, and since when (RFC 9470, RFC 8176)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final


class Assurance(IntEnum):
    """How sure a sign-in makes us, in the three steps of eIDAS (EU 910/2014, article 8)."""

    LOW = 1
    SUBSTANTIAL = 2
    HIGH = 3

    @property
    def acr(self) -> str:
        """The `acr` of tokens."""
        return self.name.lower()

    @classmethod
    def of_acr(cls, acr: str) -> "Assurance":
        """Read an `acr`; raises ValueError for any that is not ours."""
        found = next((each for each in cls if each.acr == acr), None)
        if found is None:
            raise ValueError(f"no acr of ours: {acr!r}")
        return found


class Amr(StrEnum):
    """Authentication method references (RFC 8176, section 2; `fed` is ours: another provider vouched)."""

    PASSWORD = "pwd"  # noqa: S105 -- the registered value
    ONE_TIME = "otp"
    SMS = "sms"
    MULTI_CHANNEL = "mca"
    HARDWARE_KEY = "hwk"
    SOFTWARE_KEY = "swk"
    PRESENCE = "user"
    FEDERATED = "fed"


RECENT: Final = timedelta(minutes=5)
"""How old a sign-in may be that changes how the customer signs in."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """One sign-in: its assurance, its means, and when it was."""

    assurance: Assurance
    amr: tuple[str, ...]
    at: datetime

    def satisfies(self, assurance: Assurance, max_age: timedelta, now: datetime) -> bool:
        """Tell whether the sign-in is strong and recent enough."""
        return self.assurance >= assurance and now - self.at <= max_age
