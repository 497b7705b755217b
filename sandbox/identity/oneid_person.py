"""What OneID's stand-in tells of a person, in either generation of its fields, and the bad manners it may have."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.identity.people import Person

LOGIN_PASSWORD = "LOGINPASSMETHOD"  # noqa: S105 - OneID's name of a method
MOBILE_ID = "MOBILEMETHOD"
SIGNATURE = "PKCSMETHOD"
LEGAL_SIGNATURE = "LEPKCSMETHOD"
QR = "QR"


@dataclass(slots=True)
class Quirks:
    """Hold OneID's manners, to be set at any time; the default is the documented behaviour.

    Attributes:
        older_fields: the older, wider set of fields, with `doc_num` and `valid_methods` for the newer spellings.
        valid_as_bool: `valid` is a boolean, not the text "true".
        unconfirmed: the account was never confirmed, so `valid` is false.
        legal_info_null: somebody without an organisation has null, not [].
        swapped_names: `mid_name` is the family name and `sur_name` the patronymic, as one integrator saw.
        auth_method: this instead of how the person really came.
        without_pin: nothing tells the PINFL.
        ret_cd_number: `ret_cd` is a number.
        ret_cd_failure: identifying and signing out fail with `ret_cd` 1 in HTTP 200.
        error_in_200: every POST is refused inside HTTP 200.
        base64_codes: codes hold `/`, `+` and `=`.
        maintenance_page: HTML with HTTP 200.
        outage: HTTP 503.
        hang: no answer until the client leaves.
    """

    older_fields: bool = False
    valid_as_bool: bool = False
    unconfirmed: bool = False
    legal_info_null: bool = False
    swapped_names: bool = False
    auth_method: str | None = None
    without_pin: bool = False
    ret_cd_number: bool = False
    ret_cd_failure: bool = False
    error_in_200: bool = False
    base64_codes: bool = False
    maintenance_page: bool = False
    outage: bool = False
    hang: bool = False


def ret_cd(code: int, quirks: Quirks) -> int | str:
    """Spell a return code."""
    return code if quirks.ret_cd_number else str(code)


def person_json(person: Person, method: str, session: str, quirks: Quirks) -> dict[str, object]:
    """Give the identify answer for a person who came by a method; `session` is the access token, as in the original."""
    names = (person.last_name, person.middle_name)
    family, patronymic = reversed(names) if quirks.swapped_names else names
    valid = not quirks.unconfirmed
    told: dict[str, object] = {
        "valid": valid if quirks.valid_as_bool else str(valid).lower(),
        "pin": person.pinfl,
        "user_id": person.login,
        "full_name": person.full_name,
        "sur_name": family,
        "first_name": person.first_name,
        "mid_name": patronymic,
        "user_type": "L" if method == LEGAL_SIGNATURE else "I",
        "sess_id": session,
        "ret_cd": ret_cd(0, quirks),
        "auth_method": quirks.auth_method or method,
        "legal_info": _legal_info(person, quirks),
        **(_older(person, quirks) if quirks.older_fields else _newer(person, quirks)),
    }
    if method == LEGAL_SIGNATURE and person.organisation is not None:
        told["pkcs_legal_tin"] = person.organisation.tin
    if quirks.without_pin:
        del told["pin"]
    return told


def _newer(person: Person, quirks: Quirks) -> dict[str, object]:
    return {
        "pport_no": person.document,
        "birth_date": person.birth_date,
        "validation_method": [] if quirks.unconfirmed else [SIGNATURE, MOBILE_ID],
    }


def _older(person: Person, quirks: Quirks) -> dict[str, object]:
    born = person.birth_date
    return {
        "doc_num": person.document,
        "birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}",
        "valid_methods": [] if quirks.unconfirmed else [SIGNATURE],
        "tin": person.tax_number[:9],
        "email": f"{person.login}@example.org",
        "mob_phone_no": person.phone.removeprefix("+"),
        "gd": "1",
        "natn": "",
        "ctzn": "",
        "per_adr": "",
        "tem_adr": None,
        "birth_place": "",
        "birth_cntry": "",
        "pport_issue_place": "",
        "_pport_issue_date": "2020-01-01",
        "_pport_expr_date": "2030-01-01",
    }


def _legal_info(person: Person, quirks: Quirks) -> list[dict[str, object]] | None:
    company = person.organisation
    if company is None:
        return None if quirks.legal_info_null else []
    names = {"tin": company.tin, "acron_UZ": company.name, "le_tin": company.tin, "le_name": company.name}
    return [{"is_basic": True, **names}]
