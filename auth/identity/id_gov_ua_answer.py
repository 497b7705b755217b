"""What id.gov.ua tells of a person: names and codes of a certificate or a bank, read into an identity.

`drfocode` is the person's tax number (РНОКПП), ten digits; of somebody who declined one it is a passport's series and
number. `edrpoucode` is the code of the company that the certificate was issued for, never the person's; in a private
person's certificate it repeats the tax number. Absent values are "", "n/a", or a code of zeros.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from auth.identity.port import Identity, Organisation, SignInRefused, StateNumber
from schema.authentication import Amr, Assurance

FIELDS: Final = (
    "lastname",
    "givenname",
    "middlename",
    "subjectcn",
    "o",
    "edrpoucode",
    "drfocode",
    "unzr",
    "isqscd",
    "documents",
)
"""What is asked for: names, codes and the kind of the key; no address, phone or e-mail."""

REACHES: Final[Mapping[str, Assurance]] = MappingProxyType(
    {
        "dig_sign": Assurance.HIGH,
        "diia_id": Assurance.HIGH,
        "mobile_id": Assurance.SUBSTANTIAL,
        "bank_id": Assurance.SUBSTANTIAL,
    }
)
"""The most that each way reaches. A signature is HIGH where its key cannot leave a qualified device (`isqscd`): then
it is a qualified one; a key in a file can be copied, so it is SUBSTANTIAL, as BankID and Mobile ID are."""

REGISTER: Final = "ua-rnokpp"

_ABSENT: Final = frozenset({"", "n/a", "n\\a", "null"})
_TRUE: Final = frozenset({"1", "true"})
_TAX_NUMBER: Final = re.compile(r"(?!0{10})[0-9]{10}")
_COMPANY: Final = re.compile(r"(?!0{8})[0-9]{8}")
_UNZR: Final = re.compile(r"([0-9]{8})-?([0-9]{5})")
_SHORTEST_DOCUMENT: Final = 6


def read_identity(info: Mapping[str, object], issuer: str, sign_out_hint: str) -> Identity:
    """Read an identity; raises SignInRefused where nothing tells which person it is."""
    method, tax_number = _text(info, "auth_type"), _tax_number(info)
    has_device = _text(info, "isqscd").lower() in _TRUE
    return Identity(
        issuer=issuer,
        subject=tax_number or _subject_without_tax_number(info),
        method=method,
        assurance=_assurance(method, has_device=has_device),
        amr=_amr(method, has_device=has_device),
        full_name=_full_name(info),
        state_number=StateNumber(REGISTER, tax_number) if tax_number else None,
        organisations=_organisations(info),
        sign_out_hint=sign_out_hint,
    )


def _assurance(method: str, *, has_device: bool) -> Assurance:
    """Judge the way that was used. One that is not named is held for the weakest on offer, an unknown one for LOW."""
    if not method:
        return min(REACHES.values())
    reached = REACHES.get(method, Assurance.LOW)
    return reached if has_device else min(reached, Assurance.SUBSTANTIAL)


def _amr(method: str, *, has_device: bool) -> tuple[str, ...]:
    if REACHES.get(method) is not Assurance.HIGH:
        return (Amr.FEDERATED,)
    return (Amr.FEDERATED, Amr.HARDWARE_KEY if has_device else Amr.SOFTWARE_KEY)


def _tax_number(info: Mapping[str, object]) -> str:
    """Return the ten digits, "" for any other code; a number has lost its zeros."""
    value = info.get("drfocode")
    code = f"{value:010d}" if type(value) is int else _text(info, "drfocode")
    return code if _TAX_NUMBER.fullmatch(code) else ""


def _subject_without_tax_number(info: Mapping[str, object]) -> str:
    """Name whoever has no tax number by their record in the demographic register, else by a document.

    The kind stands before the number: a foreign passport may have the ten digits of somebody's tax number.
    """
    record = _UNZR.fullmatch(_text(info, "unzr"))
    if record:
        return f"unzr:{record[1]}-{record[2]}"
    for document in (_text(info, "drfocode"), _document(info.get("documents"))):
        normalised = "".join(each for each in document.upper() if each.isalnum())
        if len(normalised) >= _SHORTEST_DOCUMENT and normalised.strip("0"):
            return f"document:{normalised}"
    raise SignInRefused("PERSON_UNKNOWN")


def _document(value: object) -> str:
    """Write a document as its series and number; of several, the first counts."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        return _text(first, "series") + _text(first, "number")
    return first if isinstance(first, str) and first.lower() not in _ABSENT else ""


def _organisations(info: Mapping[str, object]) -> tuple[Organisation, ...]:
    code = _text(info, "edrpoucode")
    if not _COMPANY.fullmatch(code):
        return ()
    return (Organisation(code, _text(info, "o") or code, is_primary=True),)


def _full_name(info: Mapping[str, object]) -> str | None:
    parts = [_text(info, name) for name in ("lastname", "givenname", "middlename")]
    return " ".join(filter(None, parts)) or _text(info, "subjectcn") or None


def _text(info: Mapping[str, object], name: str) -> str:
    """Read a text, a number or a boolean as text; "" for what is absent in any of its spellings."""
    value = info.get(name)
    text = str(value).strip() if isinstance(value, str | int) else ""
    return "" if text.lower() in _ABSENT else text
