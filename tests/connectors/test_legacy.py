"""Reading legacy values: local times, decimals, money, account numbers, lists."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.legacy.errors import Unreadable
from connectors.legacy.numbers import (
    BalanceSign,
    MoneyReader,
    MoneyScale,
    read_account_number,
    read_decimal,
    read_whole,
)
from connectors.legacy.rows import Row, choice_of, read_flag, read_list, unique
from connectors.legacy.times import at_offset, local_moments, read_date, read_local_time, read_month
from schema.money import Money
from schema.systems import System

KYIV, TASHKENT = ZoneInfo("Europe/Kyiv"), ZoneInfo("Asia/Tashkent")


def test_local_times_become_aware() -> None:
    assert read_local_time("01.07.2026 12:30:15", KYIV) == datetime(2026, 7, 1, 9, 30, 15, tzinfo=UTC)
    assert read_local_time("01.07.2026 12:30", TASHKENT) == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    assert read_local_time("01.12.2026", KYIV) == datetime(2026, 11, 30, 22, tzinfo=UTC)


def test_the_hour_that_comes_twice_is_its_first_pass() -> None:
    assert read_local_time("25.10.2026 03:30", KYIV) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert local_moments(datetime(2026, 10, 25, 3, 30), KYIV) == [  # noqa: DTZ001 -- local on purpose
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    ]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 -- bounds are naive
def test_a_moment_is_among_those_of_its_local_time(moment: datetime) -> None:
    local = moment.astimezone(KYIV).replace(tzinfo=None, fold=0)
    moments = local_moments(local, KYIV)
    assert moment in moments
    assert moments == sorted(moments)


def test_an_offset_settles_the_hour_that_comes_twice() -> None:
    local = datetime(2026, 10, 25, 3, 30)  # noqa: DTZ001 -- local on purpose
    assert at_offset(local, 180) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at_offset(local, 120) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    with pytest.raises(Unreadable):
        at_offset(local, 24 * 60)


@pytest.mark.parametrize(
    "text", ["", "2026-07-01", "1.7.2026", "31.02.2026", "01.07.2026T12:30", "01.07.2026 25:00", 7]
)
def test_other_dates_are_unreadable(text: object) -> None:
    with pytest.raises(Unreadable):
        read_date(text)


def test_days_and_months() -> None:
    assert read_date("05.11.2026") == date(2026, 11, 5)
    assert read_month("10.2026") == date(2026, 10, 1)
    with pytest.raises(Unreadable):
        read_month("13.2026")


@given(st.decimals(-(10**12), 10**12, places=3), st.sampled_from([".", ","]))
def test_a_decimal_reads_back(number: Decimal, point: str) -> None:
    assert read_decimal(f"{number:f}".replace(".", point)) == number


def test_digits_may_be_grouped() -> None:
    assert read_decimal("1 234 567,89") == Decimal("1234567.89")
    assert read_decimal("1\u00a0234,5") == Decimal("1234.5")


@pytest.mark.parametrize(
    "text", ["", "NaN", "Infinity", "1e5", "1.2.3", "1,234,567", "٣", "0x10", None, True, "9" * 30]
)
def test_other_numbers_are_unreadable(text: object) -> None:
    with pytest.raises(Unreadable):
        read_decimal(text)


@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_reads_back(number: int) -> None:
    assert read_whole(number) == read_whole(f"{number}") == read_whole(f"{number}.00") == number
    assert read_whole(f"{number:,}".replace(",", " ")) == number


def test_whole_numbers() -> None:
    assert read_whole("12.000") == read_whole("+12") == read_whole("012") == 12
    with pytest.raises(Unreadable):
        read_whole("12.5")


@pytest.mark.parametrize(
    ("scale", "sign", "text", "minor"),
    [
        (MoneyScale.MAJOR, BalanceSign.POSITIVE_IS_DEBT, "0,10", 10),
        (MoneyScale.MINOR, BalanceSign.POSITIVE_IS_DEBT, "10", 10),
        (MoneyScale.MAJOR, BalanceSign.POSITIVE_IS_CREDIT, "-1234.56", 123456),
        (MoneyScale.MINOR, BalanceSign.POSITIVE_IS_CREDIT, "21474836480000", -21474836480000),
    ],
)
def test_money_by_scale_and_sign(scale: MoneyScale, sign: BalanceSign, text: str, minor: int) -> None:
    assert MoneyReader("UZS", scale, sign).debt(text) == Money(minor, "UZS")


def test_money_is_never_rounded_but_an_average_is() -> None:
    money = MoneyReader("UAH")
    assert money.average("30.775") == Money(3078, "UAH")
    with pytest.raises(Unreadable):
        money.amount("30.775")


@given(st.integers(0, 10**12 - 1))
def test_account_numbers_get_their_zeros_back(number: int) -> None:
    whole = f"{number:012d}"
    assert read_account_number(whole.lstrip("0") or "0", 12) == whole
    assert read_account_number(number, 12) == whole


@pytest.mark.parametrize("text", ["", "12a", "-5", "1234567890123", "١٢", None, 1.5])
def test_other_account_numbers_are_unreadable(text: object) -> None:
    with pytest.raises(Unreadable):
        read_account_number(text, 12)


@pytest.mark.parametrize("empty", [None, [], {}, [{}], ""])
def test_every_spelling_of_an_empty_list(empty: object) -> None:
    assert read_list(empty) == []
    assert Row({"rows": empty}, {}).rows("rows") == []
    assert Row({}, {}).rows("rows") == []


def test_a_bare_row_is_a_list_of_one() -> None:
    assert read_list({"a": 1}) == [{"a": 1}] == read_list([{"a": 1}])


@pytest.mark.parametrize("other", ["text", 7, [1], [["a"]], [None]])
def test_other_lists_are_unreadable(other: object) -> None:
    with pytest.raises(Unreadable):
        read_list(other)


def test_repeated_rows_are_dropped_and_the_order_stays() -> None:
    assert unique([3, 1, 3, 2, 1], key=lambda row: row) == [3, 1, 2]


def test_a_row_is_read_by_our_names() -> None:
    row = Row({"SALDO": "1,5", "flag": "TRUE", "empty": ""}, {"saldo": "SALDO"})
    assert row.read("saldo", read_decimal) == Decimal("1.5")
    assert row.read("flag", read_flag) is True
    assert row.optional_text("empty") is None
    assert row.row("contract").optional_text("no") is None


@pytest.mark.parametrize("value", [True, 7, 1.5, "odd", ["billing"], {"billing": 1}])
def test_what_is_no_choice_is_unreadable(value: object) -> None:
    assert Row({"system": System.BILLING.value}, {}).read("system", choice_of(System)) is System.BILLING
    with pytest.raises(Unreadable, match="system: not a known System"):
        Row({"system": value}, {}).read("system", choice_of(System))


@pytest.mark.parametrize("value", [True, 1.5, ["a"], {"a": 1}])
def test_other_texts_are_unreadable(value: object) -> None:
    with pytest.raises(Unreadable, match="name: not a text"):
        Row({"name": value}, {}).text("name")


def test_what_is_unreadable_is_named_and_never_quoted() -> None:
    row = Row({"saldo": "secret", "system": "secret", "when": "99.99.9999", "flag": "secret"}, {})
    for name, reader in (
        ("saldo", read_decimal),
        ("system", choice_of(System)),
        ("when", read_date),
        ("flag", read_flag),
        ("missing", read_date),
    ):
        with pytest.raises(Unreadable, match=f"^{name}") as refused:
            row.read(name, reader)
        assert "secret" not in str(refused.value)
        assert "99" not in str(refused.value)


def test_moments_compare_exactly_across_the_change() -> None:
    earlier, later = local_moments(datetime(2026, 10, 25, 3, 30), KYIV)  # noqa: DTZ001 -- local on purpose
    assert later - earlier == timedelta(hours=1)
