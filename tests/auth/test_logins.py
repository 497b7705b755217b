"""One spelling for each e-mail, phone and name."""
# ruff: noqa: RUF001 -- Ukrainian and Uzbek words

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auth.logins import Login, read_email, read_login, read_name, read_phone

WORDS = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" Olena.Koval@Example.ORG ", "olena.koval@example.org"),
        ("olena@ПРИКЛАД.УКР", "olena@приклад.укр"),
        ("\uff4flena@example.org", "olena@example.org"),
        ("o+bills@example.org", "o+bills@example.org"),
    ],
)
def test_email_has_one_spelling(typed: str, read: str) -> None:
    assert read_email(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "olena",
        "@example.org",
        "olena@",
        "olena@example",
        "olena@.org",
        "ole na@example.org",
        "a@b@example.org",
        "olena@example.org\nBcc: x@example.org",
        "<olena@example.org>",
        "olena\x00@example.org",
        "olena\u202e@example.org",
        f"{'o' * 65}@example.org",
        f"olena@{'e' * 250}.org",
    ],
)
def test_what_is_no_email_is_none(typed: str) -> None:
    assert read_email(typed) is None


@given(local=WORDS, domain=WORDS)
@example(local="ß", domain="example")
@example(local="\u1e9e", domain="ﬃ")
def test_reading_an_email_again_changes_nothing(local: str, domain: str) -> None:
    read = read_email(f"{local}@{domain}.org")
    assert read is None or read_email(read) == read


@given(st.emails())
def test_capitals_of_an_email_do_not_matter(email: str) -> None:
    assert read_email(email.upper()) == read_email(email.lower())
    assert len(email) > 200 or read_email(email) == email.lower()


def test_letters_that_only_look_alike_stay_apart() -> None:
    assert read_email("m\u0131ke@example.org") != read_email("mike@example.org")


@pytest.mark.parametrize(
    ("typed", "country", "read"),
    [
        ("050 123 45 67", "UA", "+380501234567"),
        ("+38 (050) 123-45-67", "UA", "+380501234567"),
        ("380501234567", "UA", "+380501234567"),
        ("90 123 45 67", "UZ", "+998901234567"),
        ("+998 90 123-45-67", "UA", "+998901234567"),
        ("\u0660\u0665\u0660 123 45 67", "UA", "+380501234567"),
    ],
)
def test_phone_has_one_spelling(typed: str, country: str, read: str) -> None:
    assert read_phone(typed, country) == read


@pytest.mark.parametrize("typed", ["", "12", "+380", "050 123", "phone", "9" * 400])
def test_what_is_no_phone_is_none(typed: str) -> None:
    assert read_phone(typed, "UA") is None


@given(number=st.integers(500_000_000, 509_999_999), layout=st.sampled_from(list(range(4))))
def test_every_layout_of_a_phone_reads_the_same(number: int, layout: int) -> None:
    parsed = phonenumbers.parse(f"+380{number}")
    typed = phonenumbers.format_number(parsed, layout)
    assert read_phone(typed, "UA") == f"+380{number}"


def test_login_is_an_email_where_it_has_an_at_sign() -> None:
    assert read_login("Olena@example.org", "UA") == Login(email="olena@example.org")
    assert read_login("olena\uff20example.org", "UA") == Login(email="olena@example.org")
    assert read_login("0501234567", "UA") == Login(phone="+380501234567")
    assert read_login("olena", "UA") is None
    assert read_login("olena@", "UA") is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [(" Олена   Коваль ", "Олена Коваль"), ("О\u2019Ніл", "О\u2019Ніл"), ("", None), ("\x07", None), ("a" * 101, None)],
)
def test_name_is_printable_and_has_single_spaces(typed: str, read: str | None) -> None:
    assert read_name(typed) == read
