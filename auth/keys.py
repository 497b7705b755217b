"""Keys: the private key that signs access tokens, kept in one file that only its owner may read."""

import hmac
import json
import os
import secrets
from base64 import urlsafe_b64decode
from contextlib import suppress
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

_MODE = 0o600


class UnusableKeyFile(ValueError):
    """The key file does not hold a private P-256 key."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is no private P-256 key as JWK (RFC 7517): mend it, or move it away to have a new key made; "
            "a new key signs everybody out"
        )


def load_or_create(path: Path) -> ECKey:
    """Read the signing key, or make one where there is no file; two processes that start at once end with the same.

    Raises:
        UnusableKeyFile: the file holds something else.
        OSError: the file cannot be read or written.
    """
    if not path.exists():
        _create(path)
    return _load(path)


def derived_secret(key: ECKey, purpose: str) -> bytes:
    """Derive 32 secret bytes for one purpose from the signing key, so that there is one secret file to look after."""
    material = urlsafe_b64decode(f"{key['d']}==")
    return hmac.digest(material, f"gridgate {purpose}".encode(), "sha256")


def _load(path: Path) -> ECKey:
    try:
        key = ECKey.import_key(json.loads(path.read_text(encoding="utf-8")))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise UnusableKeyFile(path) from error
    if key.curve_name != "P-256" or not key.is_private:
        raise UnusableKeyFile(path)
    key.ensure_kid()
    return key


def _create(path: Path) -> None:
    """Write a new key beside its place and link it there: whoever is second keeps what the first has linked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = ECKey.generate_key("P-256", auto_kid=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(key.as_dict(private=True), file)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key is the one
            os.link(draft, path)
    finally:
        draft.unlink()
