"""Logins: one spelling for each e-mail and phone, so that nobody registers twice or fails to sign in by a capital."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import phonenumbers

MAX_EMAIL: Final = 254
"""Octets of an address that mail can carry (RFC 5321, 4.5.3.1.3)."""
MAX_NAME: Final = 100
_MAX_TYPED: Final = 320

_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[^\s@.<>()\[\],;:\\\"]+\.)+[^\s@.<>()\[\],;:\\\"]{2,}")


@dataclass(frozen=True, slots=True)
class Login:
    """What a customer signs in by: exactly one of the two, normalised."""

    email: str | None = None
    phone: str | None = None

    @property
    def text(self) -> str:
        """The login in its one spelling."""
        return self.email or self.phone or ""


def read_login(text: str, country: str) -> Login | None:
    """Read what was typed as a login: an e-mail where it has an `@`, a phone otherwise; None where it is neither."""
    if "@" in unicodedata.normalize("NFKC", text[:_MAX_TYPED]):
        email = read_email(text)
        return Login(email=email) if email else None
    phone = read_phone(text, country)
    return Login(phone=phone) if phone else None


def read_email(text: str) -> str | None:
    """Return the one spelling of an e-mail address, None where the text is none.

    The part before the `@` is folded too: no mail system in use tells capitals apart, but phone keyboards write them.
    """
    if len(text) > _MAX_TYPED:
        return None
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().casefold())
    if len(folded.encode()) > MAX_EMAIL or not folded.isprintable():
        return None
    return folded if _EMAIL.fullmatch(folded) else None


def read_phone(text: str, country: str) -> str | None:
    """Return a phone number as E.164, None where the text is none.

    Args:
        text: in international form, or as it is dialled in the country.
        country: ISO 3166 code of the utility's country.
    """
    if len(text) > _MAX_TYPED:
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_name(text: str) -> str | None:
    """Return a person's name with single spaces, None where it is empty, too long or not printable."""
    name = " ".join(unicodedata.normalize("NFC", text[: _MAX_TYPED + 1]).split())
    return name if 0 < len(name) <= MAX_NAME and name.isprintable() else None
