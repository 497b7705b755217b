"""The texts of messages, in every language, and the one-time passwords in them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from auth.one_time_passwords import ALPHABET, LIFETIME, as_drawn, draw
from auth.sms_texts import BadText, SmsTexts
from connectors.store.sms import SmsKind
from tests.auth.sms_desk import PHONE


def test_drawn_passwords_are_random_and_unambiguous() -> None:
    drawn = {draw() for _ in range(500)}
    assert len(drawn) == 500
    assert all(re.fullmatch(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", each) for each in drawn)
    assert len(ALPHABET) ** 8 > 2**35
    assert not set(ALPHABET) & set("01258BGIOQSUZ")
    assert timedelta(minutes=10) >= LIFETIME


@pytest.mark.parametrize(
    "typed",
    ["K7MX-4TCP", "k7mx4tcp", " K7MX 4TCP ", "к7мх-4тср", "К7МХ–4ТСР", "Ｋ７ＭＸ４ＴＣＰ"],  # noqa: RUF001 -- what keyboards write
)
def test_password_is_read_as_people_type_it(typed: str) -> None:
    assert as_drawn(typed) == "K7MX-4TCP"


def test_every_language_has_every_text_in_one_message() -> None:
    texts = SmsTexts.load("uz")
    assert set(texts.texts) == {"uz", "ru", "uk", "en"}
    for language in texts.texts:
        for kind in SmsKind:
            written = texts.write(kind, language, login=PHONE, password="K7MX-4TCP", minutes=10)
            assert "K7MX-4TCP" in written
            assert "{" not in written
    assert PHONE in texts.write(SmsKind.CREDENTIAL, "gone", login=PHONE, password="x", minutes=10)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("uk-UA,uk;q=0.9,en;q=0.8", "uk"), ("EN", "en"), ("de, ru;q=0.5", "ru"), ("de", "uz"), ("", "uz"), (None, "uz")],
)
def test_language_is_the_first_that_is_written(wanted: str | None, language: str) -> None:
    assert SmsTexts.load("uz").language_for(wanted) == language


def test_text_that_is_too_long_or_asks_for_what_there_is_not_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "texts.toml"
    for credential, told in (("x" * 161, "longer than one"), ("{pinfl}", "unknown placeholder"), ("{", "placeholder")):
        path.write_text(f'[en]\ncredential = "{credential}"\nreset = "r"\n')
        with pytest.raises(BadText, match=told):
            SmsTexts.load("en", path)
    with pytest.raises(BadText, match="no texts in xx"):
        SmsTexts.load("xx")
