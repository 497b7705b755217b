"""Tokens: short-lived access tokens in the shape of RFC 9068, signed by ES256.

Everything is spelled out: one algorithm, one type, a key of our ring by its id, and every claim required. A token that
was verified once is remembered by its SHA-256 until it expires or its key leaves the ring, so a busy client's token
costs microseconds. One claim is ours: `iat_us` is `iat` in microseconds, so that a token issued right after a
revocation is not taken for one issued before it in the same second.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from auth.jws_header import BadHeader, read_header
from auth.keys import SigningKeys
from auth.token_claims import LONGEST_LIFETIME, Malformed, read_principal
from schema.authentication import Authentication
from schema.errors import Unauthenticated
from schema.scopes import Principal, Scope

ALGORITHMS: Final = ["ES256"]
TYPE: Final = "at+jwt"
FIRST_PARTY: Final = "gridgate"
"""The client id in tokens of customers who signed in here themselves."""
MAX_TOKEN_LENGTH: Final = 4096

_SECOND: Final = timedelta(seconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_REFUSED: Final = "The access token is not valid any more: sign in again."


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token is issued to: a customer by way of a client, or a client on its own (`subject` is `client_id`).

    `authentication` is the sign-in, None for a client on its own. `grant` is what the customer allowed a third party,
    `family` the refresh family or the browser's session that the token comes from. A token with a `proof_key` (the
    RFC 7638 thumbprint of a key) is good only with a DPoP proof by that key. `lifetime` may only be shorter than ours.
    """

    subject: str
    client_id: str
    scopes: Collection[Scope]
    authentication: Authentication | None = None
    grant: str | None = None
    family: str | None = None
    proof_key: str | None = None
    lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that has just been signed, its id (`jti`), and when it expires."""

    token: str = field(repr=False)
    token_id: str
    expires_at: datetime


class AccessTokens:
    """Issues access tokens and reads them back."""

    def __init__(  # noqa: PLR0913 -- every fixed claim is spelled out
        self,
        keys: SigningKeys,
        *,
        issuer: str,
        audience: str,
        lifetime: timedelta = LONGEST_LIFETIME,
        remembered: int = 10_000,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Sign and verify by a ring of keys; remember up to `remembered` verified tokens."""
        self._keys = keys
        self._fixed = {"iss": issuer, "aud": audience}
        self._lifetime = min(lifetime, LONGEST_LIFETIME)
        self._remembered = remembered
        self._random_bytes = random_bytes
        self._verified: OrderedDict[bytes, tuple[Principal, str]] = OrderedDict()

    def issue(self, bearer: Bearer, now: datetime) -> IssuedToken:
        """Sign a token. Raises ValueError for a bearer that no token of ours could speak of."""
        _check(bearer)
        lifetime = min(bearer.lifetime or self._lifetime, self._lifetime)
        token_id = self._random_bytes(16).hex()
        claims = {**self._fixed, "jti": token_id, **_claims(bearer, now, lifetime)}
        key = self._keys.signing_key
        token = jwt.encode({"alg": ALGORITHMS[0], "typ": TYPE, "kid": key.kid}, claims, key, algorithms=ALGORITHMS)
        return IssuedToken(token, token_id, datetime.fromtimestamp(claims["exp"], UTC))

    def read(self, token: str, now: datetime) -> Principal:
        """Tell who the bearer is; raises Unauthenticated for anything that is not a token of ours in force.

        Whether it was revoked since, and a DPoP proof where one is due, are the caller's to check.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated(_REFUSED)
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        known = self._verified.get(digest)
        if known is None:
            known = self._verify(token, now)
            self._remember(digest, known)
        principal, kid = known
        if principal.expires_at is None or principal.expires_at <= now or self._keys.verifying_key(kid) is None:
            self._verified.pop(digest, None)
            raise Unauthenticated(_REFUSED)
        return principal

    def _verify(self, token: str, now: datetime) -> tuple[Principal, str]:
        try:
            header = read_header(token, typ=TYPE, algorithms=ALGORITHMS)  # Authlib would let a token without `typ` pass
            kid, key = self._key_of(header)
            claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
            for name, value in self._fixed.items():
                if claims.get(name) != value:
                    raise Malformed(name)
            principal = read_principal(claims, first_party=FIRST_PARTY, now=now)
        except (JoseError, ValueError) as error:  # also what has not even a token's shape
            raise Unauthenticated(_REFUSED) from error
        return principal, kid

    def _key_of(self, header: Mapping[str, Any]) -> tuple[str, ECKey]:
        kid = str(header.get("kid"))
        key = self._keys.verifying_key(kid)
        if key is None:
            raise BadHeader("kid")
        return kid, key

    def _remember(self, digest: bytes, known: tuple[Principal, str]) -> None:
        self._verified[digest] = known
        if len(self._verified) > self._remembered:
            self._verified.popitem(last=False)


def _check(bearer: Bearer) -> None:
    """Refuse, before it is signed, what would not be read back."""
    is_client_alone = bearer.authentication is None
    if is_client_alone is not (bearer.subject == bearer.client_id):
        raise ValueError("a sign-in, and nothing else, has a subject that is not the client")
    if is_client_alone and (bearer.client_id == FIRST_PARTY or bearer.grant or bearer.family):
        raise ValueError("a client on its own is not ourselves, and has neither grant nor family")


def _claims(bearer: Bearer, now: datetime, lifetime: timedelta) -> dict[str, Any]:
    issued_at = (now - _EPOCH) // _SECOND
    claims = {
        "sub": bearer.subject,
        "client_id": bearer.client_id,
        "scope": " ".join(sorted(scope.value for scope in bearer.scopes)),
        "iat": issued_at,
        "iat_us": (now - _EPOCH) // _MICROSECOND,
        "exp": issued_at + lifetime // _SECOND,
        "grant_id": bearer.grant,
        "sid": bearer.family,
        "cnf": {"jkt": bearer.proof_key} if bearer.proof_key else None,
        **_sign_in_claims(bearer.authentication, issued_at),
    }
    return {name: value for name, value in claims.items() if value is not None}


def _sign_in_claims(authentication: Authentication | None, issued_at: int) -> Mapping[str, Any]:
    if authentication is None:
        return {}
    return {
        "acr": authentication.assurance.acr,
        "amr": [str(each) for each in authentication.amr],
        "auth_time": min((authentication.at - _EPOCH) // _SECOND, issued_at),
    }
