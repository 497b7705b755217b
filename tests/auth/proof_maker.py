"""A proof maker: what a client's library does to make a DPoP proof (RFC 9449, section 4.2), with any part replaced."""

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any, Final

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from tests.auth.people import Counter

URL: Final = "https://gateway.example/graphql"
TOKEN: Final = "an.access.token"
NOW: Final = Counter().now()
ISSUED_AT: Final = int(NOW.timestamp())
EC: Final = ECKey.generate_key("P-256")
KEYS: Final[dict[str, Key]] = {
    "ES256": EC,
    "RS256": RSAKey.generate_key(2048),
    "Ed25519": OKPKey.generate_key("Ed25519"),
}


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: object) -> str:
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


def ath(token: str = TOKEN) -> str:
    return b64(hashlib.sha256(token.encode()).digest())


def header(**changes: object) -> dict[str, Any]:
    """Return a good header; a change to None leaves a member out."""
    good = {"typ": "dpop+jwt", "alg": "ES256", "jwk": EC.as_dict(private=False)}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def claims(**changes: object) -> dict[str, Any]:
    """Return good claims; a change to None leaves one out."""
    good = {"jti": "proof-1", "htm": "POST", "htu": URL, "iat": ISSUED_AT, "ath": ath()}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def proof(head: object = None, body: object = None, *, key: Key = EC, algorithm: str = "ES256") -> str:
    """Sign whatever is given, as it stands."""
    text = f"{part(header() if head is None else head)}.{part(claims() if body is None else body)}"
    return f"{text}.{b64(JWSRegistry.algorithms[algorithm].sign(text.encode(), key))}"


def proof_by(algorithm: str, **changes: object) -> str:
    """Make a good proof by the key of one algorithm; EdDSA is signed as Ed25519."""
    signs = "Ed25519" if algorithm == "EdDSA" else algorithm
    key = KEYS[signs]
    head = header(alg=algorithm, jwk=key.as_dict(private=False))
    return proof(head, claims(**changes), key=key, algorithm=signs)
