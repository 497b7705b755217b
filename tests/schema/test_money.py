import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from schema.money import EXPONENTS, MONEY_SCALAR, Money
from tests.schema.scalars import read, written

MONEY = st.builds(Money, st.integers(), st.sampled_from(sorted(EXPONENTS)))


@given(MONEY)
def test_the_scalar_carries_any_amount_unchanged(money: Money) -> None:
    assert read(MONEY_SCALAR, written(MONEY_SCALAR, money)) == money


def test_an_amount_beyond_64_bits_survives() -> None:
    shown = written(MONEY_SCALAR, Money(2**80, "UZS"))
    assert shown == {"minor": "1208925819614629174706176", "currency": "UZS", "exponent": 2}


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="cannot add UZS to UAH"):
        Money(1, "UAH") + Money(1, "UZS")


@pytest.mark.parametrize(
    "value",
    [
        None,
        12.5,
        "12.50 UAH",
        {"minor": 1250, "currency": "UAH"},
        {"minor": "12.5", "currency": "UAH"},
        {"minor": "1250", "currency": "XXX"},
        {"minor": "1250"},
    ],
)
def test_anything_else_is_no_money(value: object) -> None:
    with pytest.raises(GraphQLError, match="Money"):
        read(MONEY_SCALAR, value)
