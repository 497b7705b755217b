"""What id.gov.ua's stand-in tells of a person, field by field, in each way of signing in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.identity.people import Person

METHODS = {
    "dig_sign": "Digital signature (file, token or card)",
    "diia_id": "Diia.Signature",
    "mobile_id": "Mobile ID",
    "bank_id": "BankID",
}
"""The ways of signing in, by the system's own words."""

_UNKNOWN_NAME = "n/a"
_PRIVATE_PERSON = "ФІЗИЧНА ОСОБА"


@dataclass(slots=True)
class Quirks:
    """Hold the manners of the system; any may be switched at any time.

    Attributes:
        html_in_200: answer every call with an HTML page and status 200.
        message_errors: write errors as {"message"} instead of {"error", "error_description"}.
        numeric_user_id: `user_id` is a number.
        silent_auth_type: never say which way of signing in was used.
        file_keys: nobody's key of signature is in a qualified device.
        nameless: name parts are "n/a".
        no_tax_number: `drfocode` holds the passport's series and number.
        documents_only: no code but `documents`, as BankID writes them.
        refuse_plain: an empty `cert` is an error.
        outage: answer 503.
        hang: never answer.
    """

    html_in_200: bool = False
    message_errors: bool = False
    numeric_user_id: bool = False
    silent_auth_type: bool = False
    file_keys: bool = False
    nameless: bool = False
    no_tax_number: bool = False
    documents_only: bool = False
    refuse_plain: bool = False
    outage: bool = False
    hang: bool = False


def person_json(person: Person, method: str, fields: Iterable[str], quirks: Quirks) -> dict[str, object]:
    """Write a person as {field: value}, only the fields asked for, absent values as ""; and `auth_type`."""
    known = _fields(person, method, quirks)
    told: dict[str, object] = {name: known.get(name, "") for name in fields if name}
    return told if quirks.silent_auth_type else {**told, "auth_type": method}


def _fields(person: Person, method: str, quirks: Quirks) -> dict[str, object]:
    names = (person.last_name, person.first_name, person.middle_name)
    last, first, middle = (_UNKNOWN_NAME,) * 3 if quirks.nameless else names
    fields: dict[str, object] = {"lastname": last, "givenname": first, "middlename": middle}
    fields |= {"subjectcn": person.full_name, "phone": person.phone, **_codes(person, quirks)}
    return fields if method == "bank_id" else fields | _certificate(person, method, quirks)


def _codes(person: Person, quirks: Quirks) -> dict[str, object]:
    if quirks.documents_only:
        passport = {"type": "passport", "series": person.document[:2], "number": person.document[2:]}
        return {"documents": [passport]}
    if quirks.no_tax_number:
        return {"drfocode": person.document}
    return {"drfocode": person.tax_number, "unzr": f"{person.birth_date}-{person.tax_number[-5:]}"}


def _certificate(person: Person, method: str, quirks: Quirks) -> dict[str, object]:
    """Write what only a certificate tells. A private person's repeats the tax number as `edrpoucode`."""
    company = person.organisation
    in_device = method != "dig_sign" or not quirks.file_keys
    return {
        "issuercn": "A stand-in's certification authority",
        "o": company.name if company else _PRIVATE_PERSON,
        "edrpoucode": company.tin[-8:] if company else person.tax_number,
        "isqscd": "1" if in_device else "0",
    }
