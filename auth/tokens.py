"""Tokens: short-lived access tokens in the shape of RFC 9068, signed by ES256.

Everything is spelled out: one algorithm, one type, one key by its id, and every claim required. A token that was
verified once is remembered by its SHA-256 until it expires, so a busy client's token costs microseconds.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from authlib.oauth2.rfc9068.claims import (  # type: ignore[import-untyped]  # Authlib ships no types
    JWTAccessTokenClaimsValidator,
)
from joserfc import jwt
from joserfc.errors import InvalidClaimError, InvalidHeaderValueError, JoseError
from joserfc.jwk import ECKey

from schema.errors import Unauthenticated
from schema.scopes import Principal, Scope

ALGORITHMS: Final = ["ES256"]
TYPE: Final = "at+jwt"
MAX_TOKEN_LENGTH: Final = 4096

_TEXT_CLAIMS: Final = ("iss", "aud", "sub", "client_id", "scope", "jti")
_TIME_CLAIMS: Final = ("iat", "exp", "auth_time")
_CLOCKS_APART_S: Final = 30
"""How far the clock of the machine that issued a token may be ahead; its end is exact."""
_KNOWN_SCOPES: Final = {scope.value: scope for scope in Scope}
_REFUSED: Final = "The access token is not valid any more: sign in again."


class AccessTokens:
    """Issues access tokens to customers and reads them back."""

    def __init__(  # noqa: PLR0913 -- every fixed claim is spelled out
        self,
        key: ECKey,
        *,
        issuer: str,
        audience: str,
        client_id: str,
        lifetime: timedelta = timedelta(minutes=10),
        remembered: int = 10_000,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Sign with a private P-256 key; remember up to `remembered` verified tokens."""
        self._key = key
        self._header = {"alg": ALGORITHMS[0], "typ": TYPE, "kid": key.thumbprint()}
        self._fixed = {"iss": issuer, "aud": audience, "client_id": client_id}
        self._lifetime = lifetime
        self._remembered = remembered
        self._random_bytes = random_bytes
        self._verified: OrderedDict[bytes, tuple[Principal, datetime]] = OrderedDict()
        self._expected: dict[str, Any] = {
            **{name: {"essential": True} for name in (*_TEXT_CLAIMS, *_TIME_CLAIMS)},
            **{name: {"essential": True, "value": value} for name, value in self._fixed.items()},
            "scope": {"essential": True, "allow_blank": True},
        }

    def issue(self, subject: str, scopes: Collection[Scope], now: datetime) -> tuple[str, datetime]:
        """Sign a token for somebody who has just signed in; returns it with the time at which it expires."""
        issued_at = int(now.timestamp())
        expires_at = issued_at + int(self._lifetime.total_seconds())
        claims = {
            **self._fixed,
            "sub": subject,
            "scope": " ".join(sorted(scope.value for scope in scopes)),
            "jti": self._random_bytes(16).hex(),
            "iat": issued_at,
            "auth_time": issued_at,
            "exp": expires_at,
        }
        token = jwt.encode(self._header, claims, self._key, algorithms=ALGORITHMS)
        return token, datetime.fromtimestamp(expires_at, UTC)

    def read(self, token: str, now: datetime) -> Principal:
        """Tell who the bearer is; raises Unauthenticated for anything that is not a token of ours in force."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated(_REFUSED)
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        known = self._verified.get(digest)
        if known is None:
            known = self._verify(token, now)
            self._remember(digest, known)
        principal, expires_at = known
        if expires_at <= now:
            self._verified.pop(digest, None)
            raise Unauthenticated(_REFUSED)
        return principal

    def _verify(self, token: str, now: datetime) -> tuple[Principal, datetime]:
        try:
            decoded = jwt.decode(token, self._key, algorithms=ALGORITHMS)
            self._check(decoded, now)
            expires_at = datetime.fromtimestamp(decoded.claims["exp"], UTC)
        except (JoseError, ValueError, OverflowError) as error:  # also what has not even a token's shape
            raise Unauthenticated(_REFUSED) from error
        claims = decoded.claims
        scopes = frozenset(_KNOWN_SCOPES[name] for name in claims["scope"].split() if name in _KNOWN_SCOPES)
        return Principal(claims["sub"], scopes, expires_at), expires_at

    def _check(self, decoded: jwt.Token, now: datetime) -> None:
        """Check header and claims (RFC 9068, section 4). Authlib lets a token without `typ` pass: we do not."""
        for name in ("typ", "kid"):
            if decoded.header.get(name) != self._header[name]:
                raise InvalidHeaderValueError(name)
        for name in _TEXT_CLAIMS:
            if not isinstance(decoded.claims.get(name), str):
                raise InvalidClaimError(name)
        for name in _TIME_CLAIMS:
            if type(decoded.claims.get(name)) is not int:
                raise InvalidClaimError(name)
        if decoded.claims["auth_time"] > decoded.claims["iat"]:
            raise InvalidClaimError("auth_time")
        JWTAccessTokenClaimsValidator(now=int(now.timestamp()), leeway=_CLOCKS_APART_S, **self._expected).validate(
            decoded.claims
        )

    def _remember(self, digest: bytes, known: tuple[Principal, datetime]) -> None:
        self._verified[digest] = known
        if len(self._verified) > self._remembered:
            self._verified.popitem(last=False)
