"""Requests to the token endpoint that somebody makes with what is not theirs, or makes up."""

import time
from typing import Any, Final

from joserfc.jwk import ECKey

from tests.journeys.hostile.access_tokens import part
from tests.journeys.hostile.clients import ASSERTION_TYPE, CHALLENGE, PARTNER_KEY, VERIFIER, Clients

EVIL: Final = "https://evil.example"

FORMS: Final = {
    "password": {"grant_type": "password", "username": "ten@demo.example", "password": "correct-demo-battery"},
    "assertions of others": {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "e30.e30."},
    "exchange": {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": "x"},
    "nothing": {},
    "an empty grant": {"grant_type": ""},
    "a grant of nobody": {"grant_type": "\x00"},
    "implicit": {"grant_type": "implicit"},
    "client credentials": {"grant_type": "client_credentials"},
    "a code that is empty": {"grant_type": "authorization_code", "code": ""},
    "a code that nobody drew": {"grant_type": "authorization_code", "code": "A" * 43, "code_verifier": VERIFIER},
    "a refresh token that nobody drew": {"grant_type": "refresh_token", "refresh_token": "ggr_" + "A" * 43},
    "a refresh token with a null": {"grant_type": "refresh_token", "refresh_token": "\x00"},
    "a device code that nobody drew": {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "ggd_" + "A" * 43,
    },
    "too many fields": {f"field{number}": "x" for number in range(100)},
}  # fmt: skip
"""What an application that keeps no secret may try, beside its id."""

CODES: Final[dict[str, dict[str, str | None]]] = {
    "another verifier": {"code_verifier": "b" + VERIFIER},
    "no verifier": {"code_verifier": None},
    "an empty verifier": {"code_verifier": ""},
    "the challenge as verifier": {"code_verifier": CHALLENGE},
    "the verifier in capitals": {"code_verifier": VERIFIER.upper()},
    "a short verifier": {"code_verifier": VERIFIER[:42]},
    "another redirect": {"redirect_uri": f"{EVIL}/callback"},
    "a redirect with a slash": {"redirect_uri": "https://app.example/callback/"},
    "no redirect": {"redirect_uri": None},
    "another resource": {"resource": EVIL},
    "no client": {"client_id": None},
    "a client of nobody": {"client_id": "ggc_unknown"},
    "a secret that is none": {"client_secret": "ggs_" + "A" * 43},
}
"""What may be wrong about a code that is good."""


def hostile_assertions(clients: Clients, used: str) -> dict[str, str]:
    """Return assertions of a partner that prove nothing, by what is wrong with each."""
    other, now = clients.bank.client.client_id, int(time.time())
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    claims: dict[str, dict[str, Any]] = {
        "for somebody else": {"aud": EVIL},
        "for us and somebody else": {"aud": [clients.issuer, EVIL]},
        "for another endpoint": {"aud": f"{clients.issuer}/oauth/introspect"},
        "for nobody": {"aud": None},
        "for nobody in a list": {"aud": []},
        "by another client": {"iss": other, "sub": other},
        "about another client": {"sub": other},
        "by nobody": {"iss": None},
        "without an end": {"exp": None},
        "expired": {"exp": now - 60, "iat": now - 120},
        "of tomorrow": {"iat": now + 86_400, "exp": now + 86_460},
        "not good yet": {"nbf": now + 3_600},
        "without an id": {"jti": None},
        "with an id that is too long": {"jti": "x" * 300},
    }
    head, body, signature = clients.assertion().split(".")
    return {
        **{name: clients.assertion(None, **changes) for name, changes in claims.items()},
        "used before": used,
        "by a stranger": clients.assertion(key=stranger),
        "by a stranger's key in its header": clients.assertion({"jwk": stranger.as_dict(private=False)}, stranger),
        "of another type": clients.assertion({"typ": "at+jwt"}),
        "that is a proof": clients.assertion({"typ": "dpop+jwt"}),
        "unsigned": f"{part({'alg': 'none'})}.{body}.",
        "with its signature cut off": f"{head}.{body}.",
        "by the public key": f"{part({'alg': 'HS256', 'kid': PARTNER_KEY.kid})}.{body}.{signature}",
        "of two parts": f"{head}.{body}",
        "that is huge": f"{head}.{body}.{'A' * 10_000}",
        "in another script": "ї.ї.ї",
        "of nothing": "",
    }


def by_assertion(clients: Clients, assertion: str) -> dict[str, str]:
    """Return a partner's request with an assertion."""
    return {
        "grant_type": "client_credentials",
        "client_id": clients.partner.client.client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
