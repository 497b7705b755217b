"""Which passwords are refused, and why."""
# ruff: noqa: RUF001 -- Ukrainian and Uzbek words

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.password_rules import common_passwords, why_weak

OWN = ["Олена Коваль-Шевченко", "olena.koval@example.org", "+380501234567"]


@pytest.mark.parametrize(
    "password",
    [
        "password12",
        "Qwerty12345",
        "P@ssw0rd!!2024",
        "пароль12345",
        "Парольпароль",
        "gfhjkm2024!",
        "йцукенгшщзхъ",
        "summer2024summer",
        "kharkiv-2026",
        "toshkent12345",
        "1234567890",
        "9876543210",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "aabbccddeeff",
        "abcdefghijkl",
    ],
)
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert why_weak(password, []) == "This password is among the first that anybody would try; use another."


@pytest.mark.parametrize(
    "password", ["ОленаКоваль", "коваль-2026", "olenakoval!", "380501234567", "Шевченко_Олена", "\uff4flena-koval"]
)
def test_own_name_email_and_phone_are_refused(password: str) -> None:
    assert why_weak(password, OWN) == "This password is your own name, e-mail or phone; use another."


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "vechirnii-tramvai-42", "7f3kq9wz1m", "кава о сьомій ранку", "olena plays the harp 9"],
)
def test_good_passwords_pass(password: str) -> None:
    assert why_weak(password, OWN) is None


def test_length_counts_characters_and_nothing_is_cut() -> None:
    assert why_weak("7f3kq9wz1", []) == "Use at least 10 characters; a few words that do not belong together are good."
    assert why_weak("7f3kq9wz", [], minimum_length=8) is None
    long = "тиха вода греблі рве " * 6
    assert why_weak(long[:128], []) is None
    assert why_weak(long[:120] + "123456789", []) == "Use at most 128 characters."


def test_list_is_our_own_and_holds_hundreds_in_one_spelling() -> None:
    words = common_passwords()
    assert len(words) > 400
    assert all(word == word.casefold() and word.isalnum() for word in words)


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_gets_an_answer(password: str, own: list[str]) -> None:
    assert why_weak(password, own) is None or why_weak(password, own)
