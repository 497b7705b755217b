"""Settings of OpenID providers, and the addresses that may be spoken to."""

import pytest

from auth.identity.oidc_settings import OidcSettings, is_secure
from tests.auth.identity.openid_provider import CLIENT_ID, SECRET, Json


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "Campus"}, "name of an OpenID provider"),
        ({"name": ""}, "name of an OpenID provider"),
        ({"issuer": "http://op.example.org"}, "must be an https address"),
        ({"issuer": "op.example.org"}, "must be an https address"),
        ({"issuer": "https://op.example.org?a=b"}, "must be an https address"),
        ({"issuer": "https://op.example.org#a"}, "must be an https address"),
        ({"issuer": "https://user@op.example.org"}, "must be an https address"),
        ({"issuer": ""}, "must be an https address"),
        ({"scopes": ("profile",)}, "must contain openid"),
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(changes: Json, reason: str) -> None:
    given: Json = {"name": "campus", "title": "Campus", "issuer": "https://op.example.org", "client_id": CLIENT_ID}
    assert SECRET not in repr(OidcSettings(**given, client_secret=SECRET))
    with pytest.raises(ValueError, match=reason):
        OidcSettings(**{**given, **changes})


@pytest.mark.parametrize(
    ("url", "issuer", "secure"),
    [
        ("https://op.example.org/x", "https://op.example.org", True),
        ("https://other.example.org/x?y", "https://op.example.org", True),
        ("http://127.0.0.1:8000/x", "http://localhost:8000", True),
        ("http://[::1]:8000/x", "http://127.0.0.2", True),
        ("http://127.0.0.1/x", "https://op.example.org", False),
        ("http://op.example.org/x", "http://127.0.0.1", False),
        ("http://localhost.example.org/x", "http://127.0.0.1", False),
        ("https://user:pass@op.example.org/x", "https://op.example.org", False),
        ("https://op.example.org/x#y", "https://op.example.org", False),
        ("ftp://127.0.0.1/x", "http://127.0.0.1", False),
        ("//op.example.org/x", "https://op.example.org", False),
        ("https://[op/x", "https://op.example.org", False),
        ("https:///x", "https://op.example.org", False),
    ],
)
def test_only_secure_addresses_are_spoken_to(url: str, issuer: str, secure: bool) -> None:  # noqa: FBT001 -- a table
    assert is_secure(url, issuer) is secure
