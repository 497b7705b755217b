"""The signer's certificate as E-IMZO-SERVER tells it (`subjectCertificateInfo`), and the person it vouches for.

An organisation's certificate names a person too, by the PINFL: whoever signs with it acts for the organisation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from auth.identity.e_imzo_settings import EImzoSettings
from auth.identity.oneid import REGISTER
from auth.identity.port import Identity, Organisation, ProviderUnavailable, SignInRefused, StateNumber
from schema.authentication import Amr, Assurance

PINFL: Final = "1.2.860.3.16.1.2"
TIN: Final = "1.2.860.3.16.1.1"
"""An organisation's; a natural person's own is in `UID`."""

CHIPS: Final = frozenset(
    {
        "1.2.860.3.15.1.1.2.1.3",  # ID-card
        "1.2.860.3.15.2.1.2.1.3",  # ID-card
        "1.2.860.3.15.2.1.2.1.2",  # BAIK token
        "1.2.860.3.15.2.1.2.1.4",  # UZGUARD token
    }
)
"""Parameter sets of keys that cannot leave a chip. Files have ...2.1.1; an older server tells none at all."""

_PINFL_SHAPE: Final = re.compile(r"[0-9]{14}")
_TIN_SHAPE: Final = re.compile(r"[0-9]{9}")
_OID_SHAPE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_LONGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class SignerCertificate:
    """Who signed. The dates came without a time zone, so they are good to within half a day; they are held as UTC."""

    pinfl: str = field(repr=False)
    full_name: str | None = field(repr=False)
    organisation: Organisation | None = field(repr=False)
    valid_from: datetime
    valid_to: datetime
    parameter_set: str | None = None

    def vouch(self, settings: EImzoSettings, now: datetime, *, method: str, key: Amr) -> Identity:
        """Return the person.

        Args:
            settings: the issuer, and the slack of the certificate's dates.
            now: the time.
            method: the way of signing, said where the certificate tells no parameter set.
            key: what the key is, said likewise.

        Raises:
            SignInRefused: the certificate is not valid now.
        """
        if now + settings.slack < self.valid_from:
            raise SignInRefused("EIMZO_CERTIFICATE_NOT_YET_VALID")
        if now - settings.slack > self.valid_to:
            raise SignInRefused("EIMZO_CERTIFICATE_EXPIRED")
        return Identity(
            issuer=settings.issuer,
            subject=self.pinfl,
            method=self.parameter_set or method,
            assurance=Assurance.HIGH,
            amr=(self._key or key,),
            full_name=self.full_name,
            state_number=StateNumber(REGISTER, self.pinfl),
            organisations=(self.organisation,) if self.organisation else (),
        )

    @property
    def _key(self) -> Amr | None:
        if self.parameter_set is None:
            return None
        return Amr.HARDWARE_KEY if self.parameter_set in CHIPS else Amr.SOFTWARE_KEY


def read_certificate(info: object) -> SignerCertificate:
    """Read `subjectCertificateInfo`.

    Raises:
        SignInRefused: the certificate names no person, or an organisation by what is no taxpayer number.
        ProviderUnavailable: this is no `subjectCertificateInfo`.
    """
    fields = _object(info)
    subject = _object(fields.get("subjectName"))
    pinfl = _text(subject.get(PINFL))
    if pinfl is None or not _PINFL_SHAPE.fullmatch(pinfl):
        raise SignInRefused("EIMZO_PINFL_MISSING")
    return SignerCertificate(
        pinfl=pinfl,
        full_name=_text(subject.get("CN")),
        organisation=_organisation(subject),
        valid_from=_time(fields.get("validFrom")),
        valid_to=_time(fields.get("validTo")),
        parameter_set=_parameter_set(fields.get("publicKeyParameter")),
    )


def _organisation(subject: Mapping[str, object]) -> Organisation | None:
    """Read for whom the signer acts: decided by the taxpayer number, since `O` may be there without one."""
    tin = _text(subject.get(TIN))
    if tin is None:
        return None
    if not _TIN_SHAPE.fullmatch(tin):
        raise SignInRefused("EIMZO_TIN_UNREADABLE")
    return Organisation(tin, _text(subject.get("O")) or tin, is_primary=True)


def _parameter_set(value: object) -> str | None:
    found = _text(value.get("paramSetOID")) if isinstance(value, dict) else None
    return found if found is not None and _OID_SHAPE.fullmatch(found) else None


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ProviderUnavailable("EIMZO_ANSWER_UNREADABLE")
    return value


def _text(value: object) -> str | None:
    """Return a text that is not blank, without blanks around; None for anything else."""
    return (value.strip()[:_LONGEST_TEXT] or None) if isinstance(value, str) else None


def _time(value: object) -> datetime:
    """Read `2026-05-25 15:47:22`."""
    try:
        return datetime.strptime(_text(value) or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise ProviderUnavailable("EIMZO_ANSWER_UNREADABLE") from error
