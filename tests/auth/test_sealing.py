"""Sealing: only the secret that sealed a text opens it, for the purpose that it was sealed for."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.sealing import seal, unseal

SECRET = secrets.token_urlsafe(32)
SEALED = seal("a token of the provider", SECRET, "hint")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_text_comes_back_and_is_sealed_differently_each_time(text: str) -> None:
    one, other = (seal(text, SECRET, "hint") for _ in range(2))
    assert one != other
    assert unseal(one, SECRET, "hint") == unseal(other, SECRET, "hint") == text


@pytest.mark.parametrize("changes", [{"secret": SECRET + " "}, {"purpose": "another"}, {"secret": ""}])
def test_another_secret_or_purpose_opens_nothing(changes: dict[str, str]) -> None:
    assert unseal(SEALED, **{"secret": SECRET, "purpose": "hint", **changes}) is None


@given(st.one_of(st.text(max_size=60), st.integers(0, len(SEALED) - 1).map(lambda at: SEALED[:at] + SEALED[at + 1 :])))
def test_what_nobody_sealed_opens_nothing(sealed: str) -> None:
    assert unseal(sealed, SECRET, "hint") is None


def test_unencrypted_text_in_the_shape_of_a_sealed_one_opens_nothing() -> None:
    header, *rest = SEALED.split(".")
    assert unseal(".".join(["eyJhbGciOiJub25lIn0", *rest]), SECRET, "hint") is None
    assert header != "eyJhbGciOiJub25lIn0"
