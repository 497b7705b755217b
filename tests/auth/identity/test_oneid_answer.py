"""Reading OneID's answers: both generations of the fields, every refusal, and whatever else may come."""

import json
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auth.identity.oneid_answer import (
    MOST_ORGANISATIONS,
    OneIdPerson,
    read_access_token,
    read_person,
    read_signed_out,
    refusal_code,
)
from auth.identity.port import Organisation, ProviderUnavailable, SignInRefused
from connectors.transport.port import Answer

Reader: TypeAlias = Callable[[Answer], object]
PIN: Final = "40404040404040"
NEWER: Final[dict[str, Any]] = {
    "valid": "true",
    "validation_method": ["PKCSMETHOD", "MOBILEMETHOD"],
    "pin": PIN,
    "user_id": "carter",
    "full_name": "Carter Owen Lucas",
    "pport_no": "AA0000000",
    "birth_date": "19900101",
    "sur_name": "Carter",
    "first_name": "Owen",
    "mid_name": "Lucas",
    "user_type": "I",
    "sess_id": "d3b1f3b2-0000-4000-8000-000000000000",
    "ret_cd": "0",
    "auth_method": "PKCSMETHOD",
    "legal_info": [
        {"is_basic": False, "tin": "300000001", "acron_UZ": "BIR"},
        {"is_basic": True, "le_tin": "300000002", "le_name": "IKKI", "acron_UZ": "2"},
    ],
}
OLDER: Final[dict[str, Any]] = {
    "user_id": "carter",
    "valid": True,
    "valid_methods": ["PKCSMETHOD", "MOBILEMETHOD"],
    "pin": PIN,
    "full_name": "Carter Owen Lucas",
    "doc_num": "AA0000000",
    "birth_date": "1990-01-01",
    "sur_name": "Lucas",
    "mid_name": "Carter",
    "tin": "400000000",
    "mob_phone_no": "998000000000",
    "gd": 1,
    "ret_cd": 0,
    "auth_method": "PKCSMETHOD",
    "legal_info": [
        {"is_basic": "true", "tin": 300000002, "acron_UZ": "IKKI"},
        {"is_basic": "false", "tin": 300000001, "acron_UZ": "BIR"},
    ],
}
PRIVATE: Final = (PIN, "Carter", "Owen", "Lucas", "AA0000000", "30000000", "IKKI", "BIR", "d3b1f3b2")


def answer(payload: object, status: int = 200) -> Answer:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Answer(status, {}, body)


def person(**changes: object) -> OneIdPerson:
    return read_person(answer({**NEWER, **changes}))


def assert_private(*shown: object) -> None:
    text = " ".join(f"{each!r} {each}" for each in shown)
    assert not [secret for secret in PRIVATE if secret in text]


def reason_of(read: Reader, given: Answer) -> str:
    try:
        read(given)
    except (SignInRefused, ProviderUnavailable) as error:
        return error.reason
    return ""


def test_both_generations_tell_the_same_person() -> None:
    newer, older = read_person(answer(NEWER)), read_person(answer(OLDER))
    assert newer == older
    assert newer == OneIdPerson(
        pin=PIN,
        method="PKCSMETHOD",
        is_confirmed=True,
        full_name="Carter Owen Lucas",
        login="carter",
        organisations=(Organisation("300000002", "IKKI", is_primary=True), Organisation("300000001", "BIR")),
    )
    assert_private(newer)


def test_a_person_needs_the_pin_only() -> None:
    assert read_person(answer({"pin": PIN})) == OneIdPerson(pin=PIN, method="", is_confirmed=True)
    assert read_person(answer({"pin": int(PIN)})).pin == PIN


@pytest.mark.parametrize(
    "pin",
    [
        *(None, "", "0", 0, True, [], {}, [PIN], PIN[1:], PIN + "1", "x" + PIN[1:]),
        *("0" * 14, "٤" * 14, "4040404040404.", -40404040404040, 4.0404040404040e13),
    ],
    ids=repr,
)
def test_without_a_pin_there_is_nobody(pin: object) -> None:
    with pytest.raises(SignInRefused) as refused:
        person(pin=pin)
    assert refused.value.reason == "NO_PIN"


def test_names_are_never_built_from_parts() -> None:
    assert person(full_name=None).full_name is None
    assert person(full_name=" ").full_name is None
    assert person(full_name=["Carter"]).full_name is None
    assert person(full_name="Carter\n\u00a0 Owen\x00\u202e Lucas\ud800").full_name == "Carter Owen Lucas"


@pytest.mark.parametrize(
    ("valid", "is_confirmed"),
    [
        *((True, True), ("true", True), ("True", True), ("1", True), (1, True), (None, True)),
        *((False, False), ("false", False), ("0", False), (0, False), ("perhaps", False), ([], False), ({}, False)),
    ],
    ids=repr,
)
def test_valid_comes_in_many_shapes(valid: object, is_confirmed: bool) -> None:  # noqa: FBT001 -- a row of the table
    assert person(valid=valid).is_confirmed is is_confirmed


@pytest.mark.parametrize(
    ("said", "method"),
    [("FACEMETHOD", "FACEMETHOD"), (None, ""), (7, "7"), ([], ""), ("x" * 65, "x" * 64), ("pkcsmethod", "pkcsmethod")],
    ids=repr,
)
def test_the_method_is_kept_verbatim(said: object, method: str) -> None:
    assert person(auth_method=said).method == method


@pytest.mark.parametrize("listed", [None, [], {}, "", "none", 0, [None, 1, "x", []], [{"tin": "12"}, {}]], ids=repr)
def test_no_organisation_comes_in_many_shapes(listed: object) -> None:
    assert person(legal_info=listed).organisations == ()


def test_the_primary_organisation_is_the_basic_one_or_else_the_first() -> None:
    rows = [{"tin": "300000001", "le_name": "BIR"}, {"tin": "300000002", "le_name": "IKKI"}]
    first, second = person(legal_info=rows).organisations
    assert (first.tin, first.is_primary, second.is_primary) == ("300000001", True, False)
    both = person(legal_info=[{**row, "is_basic": True} for row in rows]).organisations
    assert [each.is_primary for each in both] == [True, False]
    (alone,) = person(legal_info=rows[1]).organisations
    assert alone == Organisation("300000002", "IKKI", is_primary=True)


def test_the_signing_organisation_counts_with_a_legal_signature_only() -> None:
    unsigned = person(legal_info=None, pkcs_legal_tin="300000009")
    signed = person(legal_info=None, pkcs_legal_tin="300000009", auth_method="LEPKCSMETHOD")
    assert unsigned.organisations == ()
    assert signed.organisations == (Organisation("300000009", "", is_primary=True),)
    named = person(pkcs_legal_tin="300000001", auth_method="LEPKCSMETHOD").organisations
    assert [(each.tin, each.name) for each in named] == [("300000002", "IKKI"), ("300000001", "BIR")]


def test_organisations_are_bounded() -> None:
    rows = [{"tin": 300_000_000 + number} for number in range(MOST_ORGANISATIONS + 50)]
    assert len(person(legal_info=[*rows, *rows]).organisations) == MOST_ORGANISATIONS


def test_the_token_is_read_and_the_rest_ignored() -> None:
    told = {"scope": "x", "expires_in": 500000, "token_type": "bearer", "refresh_token": "r", "access_token": "a/b=="}
    assert read_access_token(answer(told)) == "a/b=="
    assert read_access_token(answer({"access_token": "t", "expires_in": "soon", "error": None})) == "t"


@pytest.mark.parametrize("told", [{}, {"access_token": ""}, {"access_token": " "}, {"access_token": ["t"]}], ids=repr)
def test_no_token_is_a_refusal(told: object) -> None:
    with pytest.raises(SignInRefused) as refused:
        read_access_token(answer(told))
    assert refused.value.reason == "NO_ACCESS_TOKEN"


@pytest.mark.parametrize("read", [read_access_token, read_person, read_signed_out])
@pytest.mark.parametrize(
    ("payload", "status", "reason"),
    [
        ({"status": 400, "message": "x", "error": "CLIENT_SECRET_NOT_FOUND"}, 400, "CLIENT_SECRET_NOT_FOUND"),
        ({"error": "invalid_grant", "error_description": "x"}, 401, "INVALID_GRANT"),
        ({"message": "Carter Owen Lucas is gone"}, 404, "REFUSED"),
        ({"error": f"no such pin {PIN}"}, 400, "REFUSED"),
        ({"error": "Carter"}, 400, "REFUSED"),
        ({"error": "INTERNAL_ERROR"}, 200, "INTERNAL_ERROR"),
        ({"error": {"pin": PIN}, "pin": PIN, "access_token": "t"}, 200, "REFUSED"),
        ({"error": "FAILED", "pin": PIN, "access_token": "t"}, 200, "FAILED"),
        ({"error": "A" * 41}, 400, "REFUSED"),
        ({"ret_cd": "1", "pin": PIN, "access_token": "t"}, 200, "REFUSED"),
        ({"ret_cd": 1, "pin": PIN, "access_token": "t"}, 200, "REFUSED"),
        ({"ret_cd": "1", "error": "PIN_BLOCKED"}, 200, "PIN_BLOCKED"),
        ({"ret_cd": ["0"], "pin": PIN, "access_token": "t"}, 200, "REFUSED"),
        ({"ret_cd": False, "pin": PIN, "access_token": "t"}, 200, "REFUSED"),
    ],
    ids=repr,
)
def test_a_refusal_is_named_by_its_code_alone(read: Reader, payload: object, status: int, reason: str) -> None:
    with pytest.raises(SignInRefused) as refused:
        read(answer(payload, status))
    assert refused.value.reason == reason
    assert_private(refused.value)


@pytest.mark.parametrize("read", [read_access_token, read_person, read_signed_out])
@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"<!doctype html><h1>Carter Owen Lucas</h1>", 200, "NOT_JSON"),
        (b"<html>Forbidden</html>", 403, "NOT_JSON"),
        (b"", 200, "NOT_JSON"),
        (b"null", 200, "NOT_JSON"),
        (b'["pin"]', 200, "NOT_JSON"),
        (b"[" * 100_000, 200, "NOT_JSON"),
        (b"9" * 5000, 200, "NOT_JSON"),
        (b'{"pin": "\xff"}', 200, "NOT_JSON"),
        (json.dumps(NEWER).encode()[:-1], 200, "NOT_JSON"),
        (json.dumps(NEWER).encode(), 500, "HTTP_500"),
        (b"", 502, "HTTP_502"),
        (b"", 302, "HTTP_302"),
        (b'{"error": "TOO_MANY_REQUESTS"}', 429, "HTTP_429"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_not_as_agreed_is_an_outage(read: Reader, body: bytes, status: int, reason: str) -> None:
    with pytest.raises(ProviderUnavailable) as unavailable:
        read(answer(body, status))
    assert unavailable.value.reason == reason
    assert unavailable.value.__context__ is None
    assert_private(unavailable.value)


def test_signing_out_is_done_when_ret_cd_says_so() -> None:
    read_signed_out(answer({"ret_cd": "0"}))
    read_signed_out(answer({"ret_cd": 0}))


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["0", "true", PIN, "3" * 9]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS: Final = st.sampled_from([*NEWER, *OLDER, "pkcs_legal_tin", "error", "access_token"])
COMPANY: Final = st.dictionaries(st.sampled_from(["is_basic", "tin", "acron_UZ", "le_tin", "le_name"]), JSON)
PAYLOADS: Final = st.dictionaries(FIELDS, JSON | st.lists(COMPANY, max_size=3)).map(lambda made: {**NEWER, **made})


@given(status=st.integers(100, 599), body=st.binary() | JSON | PAYLOADS)
@example(status=200, body={**NEWER, "error": []})
def test_readers_raise_the_two_errors_and_no_other(status: int, body: object) -> None:
    for read in (read_access_token, read_person, read_signed_out):
        reason = reason_of(read, answer(body, status))
        assert re.fullmatch("|[A-Z_]{1,40}|HTTP_[0-9]{3}", reason)


@given(PAYLOADS)
def test_whoever_is_read_can_be_stored_and_shows_nothing(payload: dict[str, object]) -> None:
    try:
        read = read_person(answer(payload))
    except SignInRefused:
        return
    assert re.fullmatch("[1-9][0-9]{13}", read.pin)
    assert [each.is_primary for each in read.organisations].count(True) == bool(read.organisations)
    kept = (read.full_name or "", read.login or "", read.method, *(each.name for each in read.organisations))
    assert all(text.isprintable() for text in kept)
    assert PIN not in repr(read) or PIN in read.method


@given(st.text() | st.none() | st.integers())
def test_refusal_codes_are_codes(said: object) -> None:
    assert re.fullmatch("[A-Z_]{1,40}", refusal_code(said))
