"""One-time passwords: drawn when they are sent, good for ten minutes and for nothing but setting one's own.

They are of another kind than a customer's own password and stand in another table, so that signing in by password never
takes one (OWASP ASVS 5, 6.4.1, 6.5.4, 6.5.5).
"""

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from auth.passwords import Passwords
from connectors.store.one_time_passwords import OneTimePasswordRows

LIFETIME: Final = timedelta(minutes=10)

ALPHABET: Final = "CDFHJKLMNPRTVWXY34679"
"""No two look alike, and no vowels that make words: 21 of them, so that eight hold 35 bits."""

_GROUP: Final = 4
_GROUPS: Final = 2
_LONGEST_TYPED: Final = 100
_CYRILLIC: Final = str.maketrans("СНКМРТХУ", "CHKMPTXY")  # noqa: RUF001 -- that is the point
"""What a keyboard left in Cyrillic writes for the same shapes."""


def draw() -> str:
    """Draw a one-time password, in groups of four with a hyphen between."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def as_drawn(typed: str) -> str:
    """Return what was typed as it would have been drawn: capitals, Latin letters, nothing but letters and digits."""
    folded = unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED]).upper().translate(_CYRILLIC)
    plain = "".join(character for character in folded if character.isalnum())
    return "-".join(plain[start : start + _GROUP] for start in range(0, len(plain), _GROUP))


@dataclass(frozen=True, slots=True)
class OneTimePasswords:
    """Issues one-time passwords and exchanges them for a password that the customer chose."""

    rows: OneTimePasswordRows
    passwords: Passwords
    now: Callable[[], datetime]
    lifetime: timedelta = LIFETIME

    async def issue(self, subject: str, asked_at: datetime) -> str | None:
        """Draw one in place of the one before; None where one has been used since `asked_at`. Raises TooManyAtOnce."""
        drawn = draw()
        password_hash = await self.passwords.hash(drawn)
        now = self.now()
        is_issued = await self.rows.put(subject, password_hash, asked_at, now, now + self.lifetime)
        return drawn if is_issued else None

    async def matching(self, subject: str | None, typed: str) -> str | None:
        """Return the hash of the one-time password that this is, with the same work for whoever has none.

        Raises TooManyAtOnce.
        """
        known = await self.rows.current(subject or "", self.now())
        verdict = await self.passwords.verify(as_drawn(typed), known)
        return known if verdict.matches else None

    async def is_one_time(self, subject: str | None, typed: str) -> bool:
        """Tell whether this is the customer's one-time password, which nobody signs in with. Raises TooManyAtOnce."""
        return await self.matching(subject, typed) is not None

    async def exchange(self, subject: str, one_time_hash: str, own: str, *, name: str | None = None) -> bool:
        """Use one up and set the customer's own password; False where it is no longer good. Raises TooManyAtOnce."""
        own_hash = await self.passwords.hash(own)
        return await self.rows.exchange(subject, one_time_hash, own_hash, self.now(), name=name)
