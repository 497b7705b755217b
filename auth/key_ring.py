"""Key ring: the keys that sign access tokens, oldest first, and how they follow one another.

    retired, retired, ..., the key that signs, the key that will sign next

The next key is published before it signs, so that whoever keeps our public keys for a while knows it in time. A retired
key verifies for as long as a token of its may live. `secret` has nothing to do with tokens and outlives every key.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

CURVE: Final = "P-256"
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class RingKey:
    """A private P-256 key, when it was made and since when it signs no more."""

    key: ECKey = field(repr=False)
    created_at: datetime
    retired_at: datetime | None = None

    @property
    def kid(self) -> str:
        """The key's id, which is its thumbprint (RFC 7638) in keys that we made."""
        return str(self.key["kid"])

    def verifies(self, now: datetime, overlap: timedelta) -> bool:
        """Tell whether a token by this key may still be in force."""
        return self.retired_at is None or now < self.retired_at + overlap


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys, oldest first; the first that is not retired signs."""

    secret: bytes = field(repr=False)
    keys: tuple[RingKey, ...]

    @property
    def signing(self) -> RingKey:
        """The key that signs."""
        return next(each for each in self.keys if each.retired_at is None)

    def find(self, kid: str) -> RingKey | None:
        """Return a key by its id."""
        return next((each for each in self.keys if each.kid == kid), None)


def new_key(now: datetime) -> RingKey:
    """Make a key."""
    return RingKey(ECKey.generate_key(CURVE, auto_kid=True), now)


def new_ring(now: datetime, first: ECKey | None = None) -> KeyRing:
    """Make a ring of a key that signs, which may be one that exists, and the next."""
    signing = new_key(now) if first is None else RingKey(first, now)
    return KeyRing(secrets.token_bytes(SECRET_BYTES), (signing, new_key(now)))


def rotated(ring: KeyRing, now: datetime, overlap: timedelta) -> KeyRing:
    """Retire the key that signs, let the next one sign, publish another, and drop keys that verify no more."""
    retired = tuple(
        replace(each, retired_at=now) if each is ring.signing else each
        for each in ring.keys
        if each.verifies(now, overlap)
    )
    following = [each for each in retired if each.retired_at is None] or [new_key(now)]
    return replace(ring, keys=(*(each for each in retired if each.retired_at), *following, new_key(now)))


def write_ring(ring: KeyRing) -> str:
    """Write a ring as JSON: each key a JWK (RFC 7517) with `created_at` and, once it is retired, `retired_at`."""
    keys = []
    for each in ring.keys:
        times = {"created_at": each.created_at, "retired_at": each.retired_at}
        written = {name: time.isoformat() for name, time in times.items() if time is not None}
        keys.append({**each.key.as_dict(private=True), **written})
    return json.dumps({"secret": urlsafe_b64encode(ring.secret).rstrip(b"=").decode(), "keys": keys}, indent=1)


def read_ring(text: str) -> KeyRing:
    """Read a ring; raises ValueError for what is none."""
    given = json.loads(text)
    if not isinstance(given, dict) or not isinstance(given.get("keys"), list):
        raise ValueError("not a ring of keys")  # noqa: TRY004 -- what a file holds is a value
    ring = KeyRing(_read_secret(given.get("secret")), tuple(map(_read_ring_key, given["keys"])))
    if all(each.retired_at for each in ring.keys) or len({each.kid for each in ring.keys}) < len(ring.keys):
        raise ValueError("a ring has one key at least that is not retired, and no key twice")
    return ring


def read_key(given: object) -> ECKey:
    """Read a JWK; raises ValueError for what is no private P-256 key."""
    if not isinstance(given, dict):
        raise ValueError("not a JWK")  # noqa: TRY004 -- what a file holds is a value
    try:
        key = ECKey.import_key(given)
    except (JoseError, KeyError, TypeError) as error:
        raise ValueError("not a key") from error
    if key.curve_name != CURVE or not key.is_private:
        raise ValueError("not a private P-256 key")
    key.ensure_kid()
    return key


def _read_ring_key(given: object) -> RingKey:
    if not isinstance(given, dict):
        raise ValueError("not a JWK")  # noqa: TRY004 -- what a file holds is a value
    jwk = {name: value for name, value in given.items() if name not in {"created_at", "retired_at"}}
    retired_at = _moment(given["retired_at"]) if "retired_at" in given else None
    return RingKey(read_key(jwk), _moment(given.get("created_at")), retired_at)


def _read_secret(given: object) -> bytes:
    secret = urlsafe_b64decode(f"{given}==") if isinstance(given, str) else b""
    if len(secret) < SECRET_BYTES:
        raise ValueError("the secret is too short")
    return secret


def _moment(given: object) -> datetime:
    moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("not a time with its zone")
    return moment


def public_jwk(key: ECKey) -> Mapping[str, Any]:
    """Return what others need to verify by a key, and nothing else."""
    return {**{name: key[name] for name in ("kty", "crv", "x", "y", "kid")}, "use": "sig", "alg": "ES256"}
