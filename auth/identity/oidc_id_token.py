"""The ID token (OpenID Connect Core 1.0, sections 3.1.3.7 and 12.2), every check spelled out.

Authlib's own client accepts an empty audience, an audience of others with us as `azp`, and whatever algorithm the
provider lists; so the signature is checked by joserfc against our own list, and each claim here.

UnknownKey(SignInRefused)    signed by a key, or in a way, that the provider did not publish when it was last asked
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from auth.identity.oidc_discovery import Published
from auth.identity.oidc_metadata import ALGORITHMS
from auth.identity.port import SignInRefused

LEEWAY_S: Final = 30
"""How far the provider's clock and ours may be apart."""

_LONGEST_SUBJECT: Final = 255
_HASHES: Final = {"EdDSA": hashlib.sha512, "Ed25519": hashlib.sha512}


class UnknownKey(SignInRefused):
    """Signed by a key, or in a way, that the provider did not publish when it was last asked."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must agree with. `nonce` is None only in a renewal, which has none of its own."""

    client_id: str
    access_token: str = field(repr=False)
    nonce: str | None = field(default=None, repr=False)
    max_age_s: int | None = None


class _Algorithms(JWSRegistry):
    """Exactly the algorithms given; joserfc's own registry takes an empty list for the usual ones."""

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 -- joserfc keeps the model's type to itself
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"algorithm {name!r} is not accepted")
        if name not in (self.allowed or ()):  # a provider that rotates its keys may change the algorithm with them
            raise InvalidKeyIdError(f"algorithm {name!r} is not published")
        return self.algorithms[name]


def read_id_token(token: str, published: Published, expected: Expected, now: datetime) -> dict[str, Any]:
    """Return the claims of a token that passes every check.

    Raises:
        UnknownKey: its key is not among those published; asking again may help.
        SignInRefused: it must not be believed; the reason names the check.
    """
    decoded = _verified(token, published)
    claims = decoded.claims
    _check_registered(claims, published.metadata.issuer, int(now.timestamp()))
    _check_audience(claims, expected.client_id)
    _check_subject(claims["sub"])
    if expected.nonce is not None and not _is_same(claims.get("nonce"), expected.nonce):
        raise SignInRefused("ID_TOKEN_NONCE")
    if "at_hash" in claims and not _is_same(claims["at_hash"], _half_hash(expected.access_token, decoded)):
        raise SignInRefused("ID_TOKEN_AT_HASH")
    if expected.max_age_s is not None:
        _check_age(claims.get("auth_time"), expected.max_age_s, now.timestamp())
    return claims


def _verified(token: str, published: Published) -> jwt.Token:
    """Check the signature by the key that the header names, the algorithm, and that it is no token of another kind."""
    registry = _Algorithms(algorithms=published.metadata.algorithms, strict_check_header=False)
    try:
        decoded = jwt.decode(token, published.keys, registry=registry)
        json.dumps(decoded.claims, ensure_ascii=False).encode()  # half a surrogate pair is nobody's text
    except InvalidKeyIdError as error:
        raise UnknownKey("ID_TOKEN_KEY") from error
    except (JoseError, RecursionError, TypeError, ValueError) as error:  # TypeError: a `crit` that is no list
        raise SignInRefused("ID_TOKEN_SIGNATURE") from error
    if str(decoded.header.get("typ", "JWT")).upper() != "JWT":
        raise SignInRefused("ID_TOKEN_TYPE")
    return decoded


def _check_registered(claims: dict[str, Any], issuer: str, now: int) -> None:
    """Check issuer and times; a token ends at `exp` by the provider's clock, which may be behind ours."""
    registry = JWTClaimsRegistry(
        now,
        LEEWAY_S,
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except ClaimError as error:
        raise SignInRefused(f"ID_TOKEN_{error.claim.partition(',')[0].upper()}") from error


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    """We are an audience, and the one it was issued to where that is said or there are others."""
    told = claims.get("aud")
    audiences = [told] if isinstance(told, str) else told
    if not isinstance(audiences, list) or client_id not in audiences:
        raise SignInRefused("ID_TOKEN_AUD")
    if claims.get("azp", client_id if len(audiences) == 1 else None) != client_id:
        raise SignInRefused("ID_TOKEN_AZP")


def _check_subject(subject: str) -> None:
    if not (subject.isascii() and subject.isprintable() and 0 < len(subject) <= _LONGEST_SUBJECT):
        raise SignInRefused("ID_TOKEN_SUB")


def _check_age(authenticated_at: object, max_age_s: int, now: float) -> None:
    """Check when the person proved themselves, which must be told where `max_age` was asked for."""
    if isinstance(authenticated_at, bool) or not isinstance(authenticated_at, int | float):
        raise SignInRefused("ID_TOKEN_AUTH_TIME")
    if not now - max_age_s - LEEWAY_S <= authenticated_at <= now + LEEWAY_S:
        raise SignInRefused("ID_TOKEN_AUTH_TIME")


def _half_hash(access_token: str, decoded: jwt.Token) -> str:
    """Hash an access token as `at_hash` does (section 3.1.3.6); Authlib's own function knows no Ed25519."""
    digest = _HASHES.get(decoded.header["alg"], hashlib.sha256)(access_token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _is_same(told: object, expected: str) -> bool:
    return isinstance(told, str) and hmac.compare_digest(told.encode(), expected.encode())
