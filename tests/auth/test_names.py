"""Two spellings of a surname: which are the same, and which are not."""
# ruff: noqa: RUF001 -- Ukrainian and Uzbek words

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auth.names import APOSTROPHES, folded, is_same_name

LETTERS = st.text("абвгґдеєжзиіїйклмнопрстуфхцчшщьюяёabcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
GAPS = st.sampled_from(["", " ", "-", "\u2010", "\u2011", "\u2013", "\u00a0", "\u00ad", "\u200d"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("О\u2019Коннор", "о'коннор"),
        ("Мар\u02bcяненко", "МАР`ЯНЕНКО"),
        ("Дем\u00b4янчук", "Дем\u2018янчук"),
        ("Yo\u02bbldoshev", "yo'ldoshev"),
        ("Yo\u2018ldoshev", "Yo`ldoshev"),
        ("G\u02bbofurov", "\u011fofurov"),
        ("To\u02bbxtayev", "T\u00f5xtayev"),
        ("Нечуй-Левицький", "нечуй левицький"),
        ("  Кваша ", "КВАША"),
        ("Їжакевич", "І\u0308жакевич"),
        ("Йова", "И\u0306ова"),
    ],
)
def test_spellings_of_one_name_are_the_same(one: str, other: str) -> None:
    assert is_same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Королёв", "Королев"),
        ("Мар'яненко", "Маряненко"),
        ("Іванова", "Iванова"),  # a Latin letter that looks like the Cyrillic one
        ("Коваль", "Ковальчук"),
        ("", ""),
        ("-", " "),
        ("Коваль", ""),
    ],
)
def test_other_names_are_not_the_same(one: str, other: str) -> None:
    assert not is_same_name(one, other)


@given(parts=st.lists(LETTERS, min_size=1, max_size=3), data=st.data())
def test_apostrophes_gaps_and_case_never_matter(parts: list[str], data: st.DataObject) -> None:
    written = [
        data.draw(st.sampled_from(list(APOSTROPHES))).join(data.draw(GAPS) + part for part in parts) for _ in range(2)
    ]
    assert is_same_name(written[0], written[1].upper())


@given(st.text(max_size=40))
@example("A\u00af")
@example("\u0149")
def test_folding_twice_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)


@given(one=LETTERS, other=LETTERS)
def test_names_are_the_same_only_by_their_letters(one: str, other: str) -> None:
    assert is_same_name(one, other) == (one == other)
