"""Hostile requests to the authorization server, by what is wrong with each. Every one has to be refused."""

import hmac
from typing import Any, Final

from joserfc.jwk import ECKey

from auth.server.partners import Registered
from tests.auth.proof_maker import part
from tests.auth.server.desk import CHALLENGE, ISSUER, PARTNER_KEY, TOKEN_URL, VERIFIER, Desk

EVIL: Final = "https://evil.example"

REDIRECTS: Final = {
    "somebody else's": f"{EVIL}/callback",
    "somebody else's by user": "https://app.example@evil.example/callback",
    "somebody else's by backslash": "https://evil.example\\@app.example/callback",
    "somebody else's by suffix": "https://app.example.evil.example/callback",
    "another scheme": "http://app.example/callback",
    "no scheme": "//app.example/callback",
    "a path alone": "/callback",
    "another path": "https://app.example/callback2",
    "a longer path": "https://app.example/callback/",
    "a path that leaves": "https://app.example/callback/../other",
    "an encoded path": "https://app.example/%63allback",
    "an encoded path that leaves": "https://app.example/callback%2f..%2fother",
    "another host in capitals": "https://APP.example/callback",
    "a subdomain": "https://evil.app.example/callback",
    "a port": "https://app.example:443/callback",
    "a query": "https://app.example/callback?next=https://evil.example",
    "an empty query": "https://app.example/callback?",
    "a fragment": "https://app.example/callback#x",
    "an empty fragment": "https://app.example/callback#",
    "a space before": " https://app.example/callback",
    "a line end after": "https://app.example/callback\n",
    "a null after": "https://app.example/callback\x00",
    "a header inside": "https://app.example/callback\r\nLocation: https://evil.example",
    "script": "javascript:alert(1)//https://app.example/callback",
    "data": "data:text/html,<script>",
    "loopback": "http://127.0.0.1/callback",
    "our own sign-out": f"{ISSUER}/sign-out",
    "quotes": 'https://app.example/callback"',
    "look-alike letters": "https://\N{CYRILLIC SMALL LETTER A}pp.example/callback",
    "nothing": "",
}

ASKED: Final[dict[str, tuple[dict[str, str | None], str]]] = {
    "no challenge": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "plain challenge": ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "invalid_request"),
    "challenge without a method": ({"code_challenge_method": None}, "invalid_request"),
    "method without a challenge": ({"code_challenge": None}, "invalid_request"),
    "challenge with a line end": ({"code_challenge": f"{CHALLENGE}\n"}, "invalid_request"),
    "challenge that is too long": ({"code_challenge": CHALLENGE * 2}, "invalid_request"),
    "no response type": ({"response_type": None}, "invalid_request"),
    "token in the redirect": ({"response_type": "token"}, "unsupported_response_type"),
    "code and token": ({"response_type": "code token"}, "unsupported_response_type"),
    "response type with a quote": ({"response_type": 'code"'}, "unsupported_response_type"),
    "answer in the fragment": ({"response_mode": "fragment"}, "invalid_request"),
    "answer by form": ({"response_mode": "form_post"}, "invalid_request"),
    "request object": ({"request": "e30.e30."}, "request_not_supported"),
    "request object elsewhere": ({"request_uri": f"{EVIL}/request"}, "request_uri_not_supported"),
    "scope that nobody knows": ({"scope": "balance:read world:rule"}, "invalid_scope"),
    "scope of customers": ({"scope": "profile:write"}, "invalid_scope"),
    "scope of partners": ({"scope": "payees:read"}, "invalid_scope"),
    "scope in capitals": ({"scope": "BALANCE:READ"}, "invalid_scope"),
    "resource elsewhere": ({"resource": EVIL}, "invalid_target"),
    "thumbprint that is none": ({"dpop_jkt": "x"}, "invalid_request"),
    "age that is no number": ({"max_age": "-1"}, "invalid_request"),
    "age without end": ({"max_age": "9" * 400}, "invalid_request"),
    "prompt that nobody knows": ({"prompt": "create"}, "invalid_request"),
    "prompt that contradicts itself": ({"prompt": "none login"}, "invalid_request"),
    "assurance that nobody reaches": ({"acr_values": "urn:gold"}, "unmet_authentication_requirements"),
}
"""What a request with a good client and redirect URI may get wrong, and what goes back to the client."""

REPEATED: Final = ("response_type", "scope", "state", "code_challenge", "code_challenge_method", "prompt", "anything")
"""Parameters that may not come twice; `client_id` and `redirect_uri` may neither, and then nothing is sent anywhere."""


def assertions(desk: Desk, client: Registered, other: Registered) -> dict[str, str]:
    """Return client assertions that prove nothing."""
    client_id, now = client.client.client_id, int(desk.clock.now().timestamp())
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    claims: dict[str, dict[str, Any]] = {
        "for somebody else": {"aud": EVIL},
        "for us and somebody else": {"aud": [ISSUER, EVIL]},
        "for us twice": {"aud": [ISSUER, TOKEN_URL]},
        "for nobody": {"aud": None},
        "for nobody in a list": {"aud": []},
        "for our address with a slash": {"aud": f"{ISSUER}/"},
        "for another endpoint": {"aud": f"{ISSUER}/oauth/revoke"},
        "for a number": {"aud": 1},
        "by another issuer": {"iss": other.client.client_id},
        "about another client": {"sub": other.client.client_id},
        "about nobody": {"sub": None},
        "about a number": {"sub": 7},
        "about nobody we know": {"sub": "ggc_unknown", "iss": "ggc_unknown"},
        "about a null": {"sub": "\x00", "iss": "\x00"},
        "without an end": {"exp": None},
        "expired": {"exp": now - 31},
        "too long-lived": {"exp": now + 331, "iat": None},
        "issued too long ago": {"exp": now + 60, "iat": now - 330},
        "ending at infinity": {"exp": float("inf")},
        "ending at no number": {"exp": float("nan")},
        "ending beyond all numbers": {"exp": 10**400},
        "ending in a text": {"exp": str(now + 60)},
        "ending in truth": {"exp": True},
        "issued in the future": {"iat": now + 31},
        "issued as a text": {"iat": "now"},
        "not good yet": {"nbf": now + 31},
        "without an id": {"jti": None},
        "with an empty id": {"jti": ""},
        "with a number as its id": {"jti": 7},
        "with an id that is too long": {"jti": "x" * 257},
    }
    good = desk.assertion(client_id)
    head, body, signature = good.split(".")
    by_public_key = f"{part({'alg': 'HS256', 'kid': PARTNER_KEY.kid})}.{body}"
    mac = hmac.digest(PARTNER_KEY.as_pem(private=False), by_public_key.encode(), "sha256")
    return {
        **{name: desk.assertion(client_id, **changes) for name, changes in claims.items()},
        "by a stranger's key": desk.assertion(client_id, stranger),
        "by a stranger's key under our name": desk.assertion(
            client_id, stranger, {"alg": "ES256", "kid": PARTNER_KEY.kid}
        ),
        "by a key of its own header": desk.assertion(
            client_id, stranger, {"alg": "ES256", "kid": stranger.kid, "jwk": stranger.as_dict(private=False)}
        ),
        "as an access token": desk.assertion(
            client_id, PARTNER_KEY, {"alg": "ES256", "kid": PARTNER_KEY.kid, "typ": "at+jwt"}
        ),
        "as a DPoP proof": desk.assertion(
            client_id, PARTNER_KEY, {"alg": "ES256", "kid": PARTNER_KEY.kid, "typ": "dpop+jwt"}
        ),
        "unsigned": f"eyJhbGciOiJub25lIn0.{body}.",
        "with its signature cut off": f"{head}.{body}.",
        "with another body": f"{head}.{desk.assertion(client_id).split('.')[1]}.{signature}",
        "by its public key as a secret": f"{by_public_key}.{part(mac)}",
        "of two parts": f"{head}.{body}",
        "of four parts": f"{good}.x",
        "in no alphabet": "ї.ї.ї",
        "nested too deep": f"{head}.{'W1tbW1tb' * 480}.{signature}",
        "too long": good + "A" * 4096,
        "of nothing": "..",
    }
