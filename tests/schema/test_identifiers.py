import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from schema.identifiers import ACCOUNT_NUMBER_SCALAR, EIC_SCALAR, eic_check_character, is_eic
from tests.schema.scalars import read

BODY = st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-", min_size=15, max_size=15)


def test_a_published_code_checks() -> None:
    assert is_eic("22XWATTPLUS----G")


@given(BODY)
def test_exactly_one_character_checks(body: str) -> None:
    check = eic_check_character(body)
    right = [character for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-" if is_eic(body + character)]
    assert right == ([] if check == "-" else [check])


@given(BODY, st.integers(min_value=0, max_value=14), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"))
def test_one_wrong_character_never_checks(body: str, place: int, other: str) -> None:
    code = body + eic_check_character(body)
    changed = code[:place] + other + code[place + 1 :]
    assert changed == code or not is_eic(changed)


@pytest.mark.parametrize("value", ["", "22XWATTPLUS----H", "22XWATTPLUS----", "22xwattplus----g", 5, None])
def test_anything_else_is_no_eic(value: object) -> None:
    with pytest.raises(GraphQLError, match="An EIC has 16 characters"):
        read(EIC_SCALAR, value)


def test_leading_zeros_of_an_account_number_stay() -> None:
    assert read(ACCOUNT_NUMBER_SCALAR, "000123") == "000123"


@pytest.mark.parametrize("value", [123, "", "12a", "١٢٣", "1" * 33, None, "12 34"])
def test_anything_else_is_no_account_number(value: object) -> None:
    with pytest.raises(GraphQLError, match="An account number is a string of digits"):
        read(ACCOUNT_NUMBER_SCALAR, value)
