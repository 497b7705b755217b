"""Registration: what a client may be registered with, checked before anything is kept.

RegistrationRefused   what was given cannot be registered; the text says what and why
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from auth.proof_key import UnusableKey, read_public_key
from auth.server.client import (
    APP,
    BY_KEY,
    BY_SECRET,
    CODE,
    DEVICE,
    DEVICE_KIND,
    NONE,
    OWN,
    PARTNER,
    REFRESH,
    bound_of,
)
from auth.server.redirects import why_unusable
from schema.scopes import Scope

GRANT_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    APP: (CODE, REFRESH),
    PARTNER: (OWN,),
    DEVICE_KIND: (DEVICE, REFRESH),
}
"""The kinds of clients, and how each asks for tokens; who can prove itself does not refresh, but asks again."""

_ALGORITHM_OF: Final = {"EC": "ES256", "RSA": "RS256", "OKP": "Ed25519"}
_LONGEST_NAME: Final = 100
_MOST_KEYS: Final = 10


class RegistrationRefused(ValueError):
    """What was given cannot be registered."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What an application is registered with.

    An application without `jwks` that proves itself (`is_confidential`, as every partner does) gets a secret of ours.
    No scopes at all stand for all that its kind may have.
    """

    name: str
    kind: str
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    is_confidential: bool = False
    is_first_party: bool = False
    requires_dpop: bool = False
    requests_per_minute: int | None = None


def read_jwks(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read a set of public keys (RFC 7517, section 5) and keep of each what matters. Raises RegistrationRefused."""
    keys = given.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS:
        raise RegistrationRefused(f'the keys are no JWK set: {{"keys": [...]}} with 1 to {_MOST_KEYS} keys')
    read = [_read_key(key, at) for at, key in enumerate(keys, 1)]
    if len({key["kid"] for key in read}) != len(read):
        raise RegistrationRefused("two keys have the same kid")
    return {"keys": read}


def _read_key(key: object, at: int) -> dict[str, Any]:
    kind = key.get("kty") if isinstance(key, dict) else None
    algorithm = _ALGORITHM_OF.get(kind) if isinstance(kind, str) else None
    if not isinstance(key, dict) or algorithm is None:
        raise RegistrationRefused(f"key {at} is neither EC P-256, nor RSA, nor Ed25519")
    try:
        public = read_public_key(key, algorithm)
    except UnusableKey as error:
        raise RegistrationRefused(f"key {at} cannot be used: {error}") from error
    kid = key.get("kid", public.thumbprint())
    if not isinstance(kid, str):
        raise RegistrationRefused(f"key {at} has a kid that is no text")
    return {**public.as_dict(private=False), "kid": kid}


def scopes_of(asked: Registration) -> frozenset[Scope]:
    """Return the scopes of a new client; raises RegistrationRefused for a scope beyond its kind."""
    if asked.kind not in GRANT_TYPES:
        raise RegistrationRefused(f"{asked.kind!r} is no kind of client; there are {', '.join(GRANT_TYPES)}")
    bound = bound_of(asked.kind, is_first_party=asked.is_first_party)
    beyond = sorted(scope.value for scope in set(asked.scopes) - bound)
    if beyond:
        whose = "of our own" if asked.is_first_party else "of somebody else"
        raise RegistrationRefused(f"a client of kind {asked.kind} {whose} cannot have {', '.join(beyond)}")
    return frozenset(asked.scopes) or bound


def check(asked: Registration) -> None:
    """Check everything but scopes and keys; raises RegistrationRefused."""
    if not 0 < len(asked.name.strip()) <= _LONGEST_NAME or not asked.name.isprintable():
        raise RegistrationRefused(f"the name has to have 1 to {_LONGEST_NAME} characters that can be shown")
    for uri in asked.redirect_uris:
        problem = why_unusable(uri)
        if problem is not None:
            raise RegistrationRefused(f"redirect URI {uri} {problem}")
    if (asked.kind == APP) is not bool(asked.redirect_uris):
        raise RegistrationRefused("an app, and nothing else, needs redirect URIs")
    if asked.kind == DEVICE_KIND and (asked.is_confidential or asked.jwks is not None):
        raise RegistrationRefused("a device stands where everybody can reach it: it can keep no secret and no key")
    if asked.kind == PARTNER and asked.is_first_party:
        raise RegistrationRefused("a partner is somebody else")
    check_limit(asked.requests_per_minute, is_confidential=method_of(asked) != NONE)


def check_limit(limit: int | None, *, is_confidential: bool) -> None:
    """Check a limit of requests; raises RegistrationRefused."""
    if limit is not None and limit < 1:
        raise RegistrationRefused("a limit is at least one request a minute")
    if limit is not None and not is_confidential:
        raise RegistrationRefused("a client that does not prove itself has no limit: anybody could use it up")


def method_of(asked: Registration) -> str:
    """Return how a new client proves itself."""
    if asked.jwks is not None:
        return BY_KEY
    return BY_SECRET if asked.is_confidential or asked.kind == PARTNER else NONE
