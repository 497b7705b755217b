"""What id.gov.ua tells of a person, read without a wire: which person it is, and what is never taken for one."""

from contextlib import suppress
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.identity.id_gov_ua_answer import FIELDS, read_identity
from auth.identity.port import Identity, Organisation, SignInRefused, StateNumber
from schema.authentication import Assurance

NUMBER: Final = "3000000001"
COMPANY: Final = "12345678"
ABSENT: Final = ("", "n/a", "N/A", "n\\a", "0000000000", None)

LEAVES: Final = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON: Final = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


def read(**info: object) -> Identity:
    return read_identity(info, "https://id.gov.ua", "{}")


@pytest.mark.parametrize(
    ("info", "subject"),
    [
        ({"drfocode": NUMBER, "unzr": "19900101-00001"}, NUMBER),
        ({"drfocode": f" {NUMBER} "}, NUMBER),
        ({"drfocode": 300000001}, "0300000001"),  # a number has lost its zero
        *(({"drfocode": absent, "unzr": "19900101-00001"}, "unzr:19900101-00001") for absent in ABSENT),
        ({"drfocode": "ЖЦ123456", "unzr": "1990010100001"}, "unzr:19900101-00001"),
        ({"drfocode": "жц 123456"}, "document:ЖЦ123456"),
        ({"documents": "ЖЦ 123456"}, "document:ЖЦ123456"),
        ({"documents": {"series": "ЖЦ", "number": 123456}}, "document:ЖЦ123456"),
        ({"documents": [{"number": "000123456"}, {"number": "000999999"}]}, "document:000123456"),
        ({"documents": ["n/a"], "drfocode": "ЖЦ123456"}, "document:ЖЦ123456"),
        ({"drfocode": "30000000012"}, "document:30000000012"),
    ],
    ids=str,
)
def test_a_person_has_one_subject(info: dict[str, object], subject: str) -> None:
    assert read(**info).subject == subject


def test_a_foreign_passport_is_nobodys_tax_number() -> None:
    foreigner = read(documents=NUMBER)
    assert foreigner.subject != read(drfocode=NUMBER).subject
    assert foreigner.state_number is None


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"edrpoucode": NUMBER},
        {"edrpoucode": COMPANY, "o": "A company", "lastname": "Koval"},
        *({"drfocode": absent, "unzr": absent, "documents": absent} for absent in ABSENT),
        {"unzr": "19900101"},
        {"documents": "12345"},
        {"documents": "000 000-000"},
        {"documents": []},
        {"documents": [[]]},
        {"drfocode": [NUMBER]},
        {"drfocode": True},
        {"drfocode": float(NUMBER)},
    ],
    ids=str,
)
def test_nobody_is_refused(info: dict[str, object]) -> None:
    with pytest.raises(SignInRefused, match=r"^PERSON_UNKNOWN$"):
        read(**info)


def test_only_a_tax_number_is_the_states() -> None:
    assert read(drfocode=NUMBER).state_number == StateNumber("ua-rnokpp", NUMBER)
    assert read(unzr="19900101-00001").state_number is None


@pytest.mark.parametrize("code", ["", "n/a", "00000000", NUMBER, "1234567", "123456789", "ЖЦ123456", None])
def test_only_eight_digits_are_a_company(code: object) -> None:
    assert read(drfocode=NUMBER, edrpoucode=code, o="A company").organisations == ()


def test_a_company_has_a_name_or_at_least_its_code() -> None:
    named = read(drfocode=NUMBER, edrpoucode=COMPANY, o="A company")
    assert named.organisations == (Organisation(COMPANY, "A company", is_primary=True),)
    assert read(drfocode=NUMBER, edrpoucode=COMPANY, o="n/a").organisations[0].name == COMPANY


@pytest.mark.parametrize(
    ("names", "full_name"),
    [
        (("Koval", "Olena", "Petrivna"), "Koval Olena Petrivna"),
        (("Koval", "Olena", "n/a"), "Koval Olena"),
        (("N/A", "n/a", "n\\a"), "Olena Koval"),
        ((None, "", " "), "Olena Koval"),
    ],
)
def test_names_leave_out_what_is_absent(names: tuple[str | None, ...], full_name: str) -> None:
    parts = dict(zip(("lastname", "givenname", "middlename"), names, strict=True))
    assert read(drfocode=NUMBER, subjectcn="Olena Koval", **parts).full_name == full_name


def test_nobody_is_called_absent() -> None:
    assert read(drfocode=NUMBER, subjectcn="n/a").full_name is None


@pytest.mark.parametrize(
    ("method", "device", "assurance", "amr"),
    [
        ("dig_sign", "1", Assurance.HIGH, ("fed", "hwk")),
        ("dig_sign", True, Assurance.HIGH, ("fed", "hwk")),
        ("diia_id", "TRUE", Assurance.HIGH, ("fed", "hwk")),
        ("dig_sign", "0", Assurance.SUBSTANTIAL, ("fed", "swk")),
        ("dig_sign", False, Assurance.SUBSTANTIAL, ("fed", "swk")),
        ("diia_id", "n/a", Assurance.SUBSTANTIAL, ("fed", "swk")),
        ("dig_sign", None, Assurance.SUBSTANTIAL, ("fed", "swk")),
        ("mobile_id", "1", Assurance.SUBSTANTIAL, ("fed",)),
        ("bank_id", "1", Assurance.SUBSTANTIAL, ("fed",)),
        (None, "1", Assurance.SUBSTANTIAL, ("fed",)),
        ("telepathy", "1", Assurance.LOW, ("fed",)),
    ],
)
def test_assurance_follows_the_way_and_the_key(
    method: object, device: object, assurance: Assurance, amr: tuple[str, ...]
) -> None:
    identity = read(drfocode=NUMBER, auth_type=method, isqscd=device)
    assert (identity.assurance, identity.amr) == (assurance, amr)


@given(st.dictionaries(st.sampled_from([*FIELDS, "auth_type"]), JSON))
def test_any_answer_is_an_identity_or_refused(info: dict[str, object]) -> None:
    with suppress(SignInRefused):
        assert read(**info).subject
