"""Rules: lifetimes within their bounds, and an issuer that can be one."""

from datetime import timedelta

import pytest

from auth.server.rules import Addresses, AuthorizationRules, UnusableIssuer


def test_windows_are_those_that_were_decided() -> None:
    rules = AuthorizationRules()
    assert (rules.code_lifetime, rules.lost_answer) == (timedelta(seconds=60), timedelta(seconds=30))
    assert rules.assertion_lifetime == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"code_lifetime": timedelta(seconds=61)}, "60 seconds"), ({"refresh_idle": timedelta(days=181)}, "refresh_idle")],
)
def test_rules_that_are_none_are_refused(changes: dict[str, timedelta], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        AuthorizationRules(**changes)


@pytest.mark.parametrize(
    "issuer", ["https://gateway.example", "https://gateway.example/power", "http://127.0.0.1:8000"]
)
def test_issuer_is_https_or_loopback(issuer: str) -> None:
    assert Addresses(issuer).token == f"{issuer}/oauth/token"


@pytest.mark.parametrize(
    "issuer",
    [
        "http://gateway.example",
        "gateway.example",
        "https://",
        "https://a.example?b",
        "https://a.example#b",
        "https://[",
        "",
    ],
)
def test_other_issuer_is_refused_before_anything_is_served(issuer: str) -> None:
    with pytest.raises(UnusableIssuer):
        Addresses(issuer)
