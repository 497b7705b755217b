"""Proof key: the public key in a DPoP proof's header (RFC 9449, section 4.2), of a kind that we take.

UnusableKey   the header holds no public key that fits its algorithm
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

_B64_32_BYTES: Final = "[A-Za-z0-9_-]{43}"
_ED25519: Final = {"kty": "OKP", "crv": "Ed25519", "x": _B64_32_BYTES}

ALGORITHMS: Final[Mapping[str, Mapping[str, str]]] = {
    "ES256": {"kty": "EC", "crv": "P-256", "x": _B64_32_BYTES, "y": _B64_32_BYTES},
    "RS256": {"kty": "RSA", "n": "[A-Za-z0-9_-]{342,683}", "e": "[A-Za-z0-9_-]{2,6}"},
    "EdDSA": _ED25519,
    "Ed25519": _ED25519,
}
"""The members that a key of each algorithm has (RFC 7518, section 6; RFC 8037, section 2), as patterns."""

_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LEAST_RSA_BITS: Final = 2048


class UnusableKey(ValueError):
    """There is no public key that fits the algorithm."""


def read_public_key(jwk: object, algorithm: str) -> Key:
    """Read a public JWK for one of our algorithms; what else stands in it (`kid`, `use` and so on) does not count.

    Raises:
        UnusableKey: anything else.
    """
    if not isinstance(jwk, dict):
        raise UnusableKey("jwk is missing")
    if _PRIVATE & jwk.keys():
        raise UnusableKey("jwk is not public")
    members = {name: jwk.get(name) for name in ALGORITHMS[algorithm]}
    for name, pattern in ALGORITHMS[algorithm].items():
        value = members[name]
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise UnusableKey(f"{name} does not fit {algorithm}")
    if "n" in members and _bits(str(members["n"])) < _LEAST_RSA_BITS:
        raise UnusableKey(f"n has fewer than {_LEAST_RSA_BITS} bits")
    try:
        return import_key({name: str(value) for name, value in members.items()})
    except (JoseError, ValueError) as error:
        raise UnusableKey("jwk is no key") from error


def _bits(number: str) -> int:
    return int.from_bytes(urlsafe_b64decode(number + "==")).bit_length()
