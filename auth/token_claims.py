"""Token claims: what an access token says (RFC 9068, section 2.2), read into a caller or refused.

Malformed   a claim is missing, of another type, or contradicts another; names the claim
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schema.authentication import Assurance, Authentication
from schema.scopes import Principal, Scope

LONGEST_LIFETIME: Final = timedelta(minutes=10)
"""No access token lives longer, whatever is set or asked for."""
CLOCKS_APART: Final = timedelta(seconds=30)
"""How far the clock of the machine that issued a token may be ahead; its end is exact."""

_KNOWN_SCOPES: Final = {scope.value: scope for scope in Scope}
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_SIGN_IN: Final = ("acr", "amr", "auth_time")
_OF_CUSTOMERS: Final = ("grant_id", "sid")
_SECOND_US: Final = 1_000_000
_LAST_SECOND: Final = int(datetime.max.replace(tzinfo=UTC).timestamp()) - 1


class Malformed(ValueError):
    """A claim is missing, of another type, or contradicts another."""


def read_principal(claims: Mapping[str, Any], *, first_party: str, now: datetime) -> Principal:
    """Read the caller from the claims of a token in force; `first_party` is the client that is ourselves.

    Raises:
        Malformed: anything else.
    """
    issued_at, expires_at = _times(claims, now)
    subject, client_id = _text(claims, "sub"), _text(claims, "client_id")
    authentication = _authentication(claims)
    is_client_alone = subject == client_id
    if is_client_alone is not (authentication is None):
        raise Malformed("acr")
    if is_client_alone and (client_id == first_party or any(name in claims for name in _OF_CUSTOMERS)):
        raise Malformed("sub")
    return Principal(
        subject=None if is_client_alone else subject,
        scopes=_scopes(claims),
        expires_at=expires_at,
        client=None if client_id == first_party else client_id,
        grant=_optional_text(claims, "grant_id"),
        session=_optional_text(claims, "sid"),
        authentication=authentication,
        issued_at=issued_at,
        revocable=_revocable(claims, is_client_alone=is_client_alone),
        proof_key=_proof_key(claims),
    )


def _times(claims: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """Return when the token was issued and when it expires, where it is in force."""
    issued_us, expires_at = _integer(claims, "iat_us"), _moment(claims, "exp")
    if issued_us // _SECOND_US != _integer(claims, "iat"):
        raise Malformed("iat_us")
    issued_at = _moment(claims, "iat") + timedelta(microseconds=issued_us % _SECOND_US)
    if issued_at > now + CLOCKS_APART or _moment(claims, "iat") + LONGEST_LIFETIME < expires_at:
        raise Malformed("iat")
    if expires_at <= now:
        raise Malformed("exp")
    return issued_at, expires_at


def _authentication(claims: Mapping[str, Any]) -> Authentication | None:
    """Return the sign-in behind a token; none of its claims stands alone."""
    if not any(name in claims for name in _SIGN_IN):
        return None
    amr, at = claims.get("amr"), _moment(claims, "auth_time")
    if not isinstance(amr, list) or not all(isinstance(each, str) and each for each in amr):
        raise Malformed("amr")
    if at > _moment(claims, "iat"):
        raise Malformed("auth_time")
    try:
        assurance = Assurance.of_acr(_text(claims, "acr"))
    except ValueError as error:
        raise Malformed("acr") from error
    return Authentication(assurance, tuple(amr), at)


def _scopes(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """Return the scopes that we know; others allow nothing."""
    scope = claims.get("scope")
    if not isinstance(scope, str):
        raise Malformed("scope")
    return frozenset(_KNOWN_SCOPES[name] for name in scope.split() if name in _KNOWN_SCOPES)


def _revocable(claims: Mapping[str, Any], *, is_client_alone: bool) -> tuple[str, ...]:
    """Return the keys under which the token may have been revoked (`auth/revocations.py`)."""
    named = {
        "jti": _text(claims, "jti"),
        "sid": claims.get("sid"),
        "grant": claims.get("grant_id"),
        "subject": None if is_client_alone else claims["sub"],
        "client": claims["client_id"],
    }
    return tuple(f"{kind}:{value}" for kind, value in named.items() if value is not None)


def _proof_key(claims: Mapping[str, Any]) -> str | None:
    """Return the thumbprint of the key that a DPoP proof must be signed by (RFC 9449, section 6.1)."""
    if "cnf" not in claims:
        return None
    confirmation = claims["cnf"]
    if not isinstance(confirmation, dict) or confirmation.keys() != {"jkt"}:
        raise Malformed("cnf")
    thumbprint = confirmation["jkt"]
    if not isinstance(thumbprint, str) or not _THUMBPRINT.fullmatch(thumbprint):
        raise Malformed("cnf")
    return thumbprint


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(name)
    return value


def _optional_text(claims: Mapping[str, Any], name: str) -> str | None:
    return _text(claims, name) if name in claims else None


def _integer(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise Malformed(name)
    return value


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    seconds = _integer(claims, name)
    if not 0 <= seconds <= _LAST_SECOND:
        raise Malformed(name)
    return datetime.fromtimestamp(seconds, UTC)
