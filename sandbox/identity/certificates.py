"""Certificates of E-IMZO: what each of the people has on a computer, on an ID-card and on a token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from sandbox.identity.people import Organisation, Person

TASHKENT = timezone(timedelta(hours=5))
_PINFL = "1.2.860.3.16.1.2"
_TIN = "1.2.860.3.16.1.1"


class Carrier(StrEnum):
    """What a key lies on, by the parameter set that its certificate names."""

    FILE = "1.2.860.3.15.1.1.2.1.1"
    CARD = "1.2.860.3.15.1.1.2.1.3"
    TOKEN = "1.2.860.3.15.2.1.2.1.2"  # noqa: S105 -- the token is a device


@dataclass(frozen=True, slots=True)
class Certificate:
    """Hold a certificate; `serial` is hexadecimal. With an organisation its signer acts for that."""

    serial: str
    person: Person
    carrier: Carrier
    organisation: Organisation | None
    valid_from: datetime
    valid_to: datetime

    @property
    def subject(self) -> dict[str, str]:
        """The subject's fields, by name or OID."""
        person = self.person
        fields = {
            "CN": person.full_name.upper(),
            "Name": person.first_name.upper(),
            "SURNAME": person.last_name.upper(),
            "UID": f"4{person.pinfl[-8:]}",
            _PINFL: person.pinfl,
        }
        return fields | ({"O": self.organisation.name, _TIN: self.organisation.tin} if self.organisation else {})

    @property
    def alias(self) -> str:
        """The line by which the application on a computer lists it: the subject, lower case names, dates with dots."""
        fields = {name.lower(): value for name, value in self.subject.items()}
        dates = {"validfrom": f"{self.valid_from:%Y.%m.%d %H:%M:%S}", "validto": f"{self.valid_to:%Y.%m.%d %H:%M:%S}"}
        return ",".join(f"{name}={value}" for name, value in {**fields, "serialnumber": self.serial, **dates}.items())

    def as_json(self, *, tells_key: bool = True) -> dict[str, object]:
        """Give `subjectCertificateInfo`; a server older than 2 does not tell the key's parameters."""
        info: dict[str, object] = {
            "serialNumber": self.serial,
            "subjectName": self.subject,
            "validFrom": f"{self.valid_from:%Y-%m-%d %H:%M:%S}",
            "validTo": f"{self.valid_to:%Y-%m-%d %H:%M:%S}",
        }
        if tells_key:
            info["X500Name"] = ",".join(f"{name}={value}" for name, value in self.subject.items())
            info["publicKeyParameter"] = {"keyAlgName": "OZDST-1092-2009-2", "paramSetOID": str(self.carrier)}
        return info


def certificates(people: Iterable[Person], now: datetime) -> Iterator[Certificate]:
    """Give everybody's certificates, valid from last year's first day to next year's last, in Tashkent's time.

    Each person has one on each carrier; whoever may act for an organisation has its certificate in a file too.
    """
    year = now.astimezone(TASHKENT).year
    valid = (datetime(year - 1, 1, 1, tzinfo=TASHKENT), datetime(year + 1, 12, 31, 23, 59, 59, tzinfo=TASHKENT))
    for number, person in enumerate(people, 1):
        for place, carrier in enumerate(Carrier):
            yield Certificate(f"77{number:04x}{place}", person, carrier, None, *valid)
        if person.organisation is not None:
            yield Certificate(f"77{number:04x}9", person, Carrier.FILE, person.organisation, *valid)
