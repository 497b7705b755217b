"""A token forge: tokens made by hand with our key, good ones and what somebody hostile might send."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from auth.tokens import FIRST_PARTY, Bearer
from schema.authentication import Amr, Assurance, Authentication
from schema.scopes import Scope
from tests.auth.people import KEY

NOW: Final = datetime(2026, 11, 2, 9, 0, 0, 250_000, tzinfo=UTC)
SECOND: Final = NOW.replace(microsecond=0)
SIGNED_IN: Final = Authentication(Assurance.SUBSTANTIAL, (Amr.PASSWORD, Amr.SMS), SECOND - timedelta(minutes=1))
CUSTOMER: Final = Bearer("s1", FIRST_PARTY, [Scope.BALANCE_READ], SIGNED_IN)
THUMBPRINT: Final = KEY.thumbprint()
HEADER: Final = {"alg": "ES256", "typ": "at+jwt", "kid": THUMBPRINT}


def claims(**changes: object) -> dict[str, Any]:
    """Return the claims of a good token; a change to None leaves one out."""
    issued = int(NOW.timestamp())
    good = {
        "iss": "http://127.0.0.1/",
        "aud": "http://127.0.0.1/graphql",
        "client_id": "gridgate",
        "sub": "s1",
        "scope": "balance:read",
        "jti": "1",
        "iat": issued,
        "iat_us": issued * 1_000_000 + 250_000,
        "exp": issued + 600,
        "auth_time": issued - 60,
        "acr": "substantial",
        "amr": ["pwd", "sms"],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(header: dict[str, Any] | None = None, key: ECKey = KEY, **changes: object) -> str:
    return jwt.encode(HEADER if header is None else header, claims(**changes), key, default_type=None)


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def under(header: object) -> str:
    """Sign good claims under a header that joserfc may refuse to write."""
    text = f"{part(header)}.{part(claims())}"
    signature = JWSRegistry.algorithms["ES256"].sign(text.encode(), KEY)
    return f"{text}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def hostile() -> dict[str, str]:
    """Return what somebody might send, by what is wrong with it."""
    issued, second = int(NOW.timestamp()), 1_000_000
    by_public_key = f"{part({**HEADER, 'alg': 'HS256'})}.{part(claims())}"
    mac = urlsafe_b64encode(hmac.digest(KEY.as_pem(private=False), by_public_key.encode(), "sha256")).rstrip(b"=")
    bodies: dict[str, dict[str, Any]] = {
        "another issuer": {"iss": "http://127.0.0.1"},
        "another audience": {"aud": "http://127.0.0.1/graphql/"},
        "our audience among others": {"aud": ["http://127.0.0.1/graphql", "other"]},
        "our audience in a list": {"aud": ["http://127.0.0.1/graphql"]},
        "expired": {"iat": issued - 600, "iat_us": (issued - 600) * second, "exp": issued, "auth_time": issued - 700},
        "expires before it was issued": {"exp": issued - 1},
        "lives longer than any token": {"exp": issued + 601},
        "never expires": {"exp": 10**15},
        "expires at infinity": {"exp": float("inf")},
        "expires at no number": {"exp": float("nan")},
        "expires as a text": {"exp": str(issued + 600)},
        "issued in the future": {"iat": issued + 31, "iat_us": (issued + 31) * second},
        "issued at two times": {"iat_us": issued * second - 1},
        "issued at another second": {"iat_us": (issued + 1) * second},
        "issued with a fraction": {"iat": issued + 0.25},
        "signed in after it was issued": {"auth_time": issued + 1},
        "signed in before our time": {"auth_time": -1},
        "acr that is not ours": {"acr": "urn:mace:incommon:iap:gold"},
        "acr in capitals": {"acr": "HIGH"},
        "acr as a list": {"acr": ["high"]},
        "acr as a number": {"acr": 3},
        "amr as a text": {"amr": "pwd"},
        "amr with a number": {"amr": ["pwd", 1]},
        "amr with an empty text": {"amr": [""]},
        "amr as an object": {"amr": {"pwd": True}},
        "sign-in without acr": {"acr": None},
        "sign-in without amr": {"amr": None},
        "sign-in without auth_time": {"auth_time": None},
        "customer without sign-in": {"acr": None, "amr": None, "auth_time": None},
        "client on its own with a sign-in": {"sub": "bank", "client_id": "bank"},
        "ourselves as a client on its own": {"sub": "gridgate", "acr": None, "amr": None, "auth_time": None},
        "client on its own with a grant": {
            "sub": "b", "client_id": "b", "acr": None, "amr": None, "auth_time": None, "grant_id": "g",
        },
        "client on its own with a family": {
            "sub": "b", "client_id": "b", "acr": None, "amr": None, "auth_time": None, "sid": "f",
        },
        "cnf as a text": {"cnf": THUMBPRINT},
        "cnf without jkt": {"cnf": {}},
        "cnf with a certificate": {"cnf": {"x5t#S256": THUMBPRINT}},
        "cnf with a certificate as well": {"cnf": {"jkt": THUMBPRINT, "x5t#S256": THUMBPRINT}},
        "jkt that is short": {"cnf": {"jkt": THUMBPRINT[1:]}},
        "jkt that is long": {"cnf": {"jkt": THUMBPRINT + "A"}},
        "jkt with a line's end": {"cnf": {"jkt": THUMBPRINT[1:] + "\n"}},
        "jkt that is empty": {"cnf": {"jkt": ""}},
        "jkt as a list": {"cnf": {"jkt": [THUMBPRINT]}},
        "empty grant": {"grant_id": ""},
        "grant as a number": {"grant_id": 1},
        "empty family": {"sid": ""},
        "family as a list": {"sid": ["f"]},
        "scope as a list": {"scope": ["balance:read"]},
    }  # fmt: skip
    headers: dict[str, object] = {
        "type of an ID token": {**HEADER, "typ": "JWT"},
        "type in capitals": {**HEADER, "typ": "AT+JWT"},
        "type in full": {**HEADER, "typ": "application/at+jwt"},
        "type of a proof": {**HEADER, "typ": "dpop+jwt"},
        "no type": {"alg": "ES256", "kid": THUMBPRINT},
        "no key's id": {"alg": "ES256", "typ": "at+jwt"},
        "another key's id": {**HEADER, "kid": "another"},
        "key's id as a list": {**HEADER, "kid": [THUMBPRINT]},
        "an extension": {**HEADER, "crit": ["exp"], "exp": 1},
        "an extension as a number": {**HEADER, "crit": 1},
        "a raw payload": {**HEADER, "crit": ["b64"], "b64": False},
        "no algorithm": {"typ": "at+jwt", "kid": THUMBPRINT},
        "algorithm as a list": {**HEADER, "alg": ["ES256"]},
        "algorithm as an object": {**HEADER, "alg": {}},
        "another algorithm": {**HEADER, "alg": "ES384"},
        "a header that is a text": "alg typ kid",
        "a header that is a list": ["alg", "typ", "kid"],
        "a header that is a number": 5,
        "a header that is null": None,
    }
    texts = {
        "another key": signed(key=ECKey.generate_key("P-256")),
        "no signature": f"{part(HEADER)}.{part(claims())}.",
        "alg none": f"{part({**HEADER, 'alg': 'none'})}.{part(claims())}.",
        "the public key as a secret": f"{by_public_key}.{mac.decode()}",
        "two signatures": signed() + "." + signed().split(".")[2],
        "a header too deep": urlsafe_b64encode(b"[" * 2_900).decode().rstrip("=") + ".e30.e30",
        "another script": "ї." + signed().split(".", 1)[1],
        "a lone surrogate": "\ud800" + signed()[1:],
        "spaces around": f" {signed()} ",
        "nothing": "",
        "dots": "..",
        "long text": "a" * 4097,
    }
    return {
        **{name: signed(**change) for name, change in bodies.items()},
        **{name: under(header) for name, header in headers.items()},
        **texts,
    }
