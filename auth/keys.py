"""Keys: the ring of keys that sign access tokens, in one file of all processes that only its owner may read.

UnusableKeyFile   the file holds something else than a ring of keys
"""

import asyncio
import fcntl
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import structlog
from joserfc.jwk import ECKey

from auth.key_ring import KeyRing, new_ring, public_jwk, read_key, read_ring, rotated, write_ring
from auth.pauses import Pause, a_second
from auth.token_claims import CLOCKS_APART, LONGEST_LIFETIME

OVERLAP: Final = LONGEST_LIFETIME + 2 * CLOCKS_APART
"""How long a retired key verifies: a process may sign by it until it has noticed."""
KEYS_FILE: Final = "signing-keys.json"
"""The file in `data_dir`; it is replaced whole, so processes share its directory and not the file alone."""
EARLIER_FILE: Final = "signing-key.json"
"""Where earlier versions kept their one key; it becomes the first of a new ring."""

_MODE: Final = 0o600

_Stamp: TypeAlias = tuple[int, int, int]

log = structlog.get_logger("gridgate")


class UnusableKeyFile(ValueError):
    """The file does not hold what it should."""

    def __init__(self, path: Path, wanted: str) -> None:
        super().__init__(
            f"{path} is no {wanted} (RFC 7517): mend it, or put a copy back. A new one is made where there is none, "
            "but then everybody is signed out, and nobody is recognised who signed in through another provider"
        )


def _utc_now() -> datetime:
    return datetime.now(UTC)


def open_keys(path: Path, *, now: Callable[[], datetime] = _utc_now) -> "SigningKeys":
    """Read the ring of keys, or make one where there is no file; processes that start at once end with the same.

    Raises:
        UnusableKeyFile: the file holds something else.
        OSError: the file cannot be read or written.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            if not path.exists():
                _write(path, new_ring(now(), _earlier_key(path.with_name(EARLIER_FILE))))
    return SigningKeys(path, now=now)


class SigningKeys:
    """The ring of keys as this process knows it. Reading it costs no look at the file: `run` looks once a second."""

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        """Read the file; raises UnusableKeyFile and OSError."""
        self._path = path
        self._now = now
        self._stamp = _stamp(path)
        self._ring = _read(path)

    @property
    def signing_key(self) -> ECKey:
        """The key that signs; its `kid` is set."""
        return self._ring.signing.key

    def verifying_key(self, kid: str) -> ECKey | None:
        """Return a key of the ring by its id, while tokens by it may be in force."""
        known = self._ring.find(kid)
        return known.key if known is not None and known.verifies(self._now(), OVERLAP) else None

    def public_jwks(self) -> dict[str, Any]:
        """Return the public keys as a JWK set (RFC 7517, section 5), the next one included."""
        now = self._now()
        return {"keys": [public_jwk(each.key) for each in self._ring.keys if each.verifies(now, OVERLAP)]}

    def derived_secret(self, purpose: str) -> bytes:
        """Derive 32 secret bytes for one purpose, the same for ever: rotation does not change them."""
        return hmac.digest(self._ring.secret, f"gridgate {purpose}".encode(), "sha256")

    def rotate(self, *, leaked: bool = False) -> None:
        """Let the next key sign, and publish another; every process follows within a second.

        `leaked` throws all keys away instead: every token issued so far is refused. Raises as `open_keys`.
        """
        with _locked(self._path):
            ring, now = _read(self._path), self._now()
            changed = KeyRing(ring.secret, new_ring(now).keys) if leaked else rotated(ring, now, OVERLAP)
            _write(self._path, changed)
        self.refresh()

    def refresh(self) -> bool:
        """Read the file again where it has changed; tells whether it had. Raises as `open_keys`."""
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return False
        self._ring = _read(self._path)
        self._stamp = stamp
        return True

    async def run(self, pause: Pause = a_second) -> None:
        """Follow the file for ever. What cannot be read is logged once, and what was known stays."""
        is_readable = True
        while True:
            await pause()
            try:
                changed = await asyncio.to_thread(self.refresh)
            except (OSError, UnusableKeyFile) as error:
                if is_readable:
                    log.warning("signing_keys_unusable", error=type(error).__name__)
                is_readable = False
            else:
                is_readable = True
                if changed:
                    log.info("signing_keys_changed", signing=self._ring.signing.kid)


def _stamp(path: Path) -> _Stamp:
    """Tell one state of a file from another."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _read(path: Path) -> KeyRing:
    try:
        return read_ring(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnusableKeyFile(path, "ring of private P-256 keys") from error


def _earlier_key(path: Path) -> ECKey | None:
    """Read the one key of an earlier version, if there is one."""
    try:
        return read_key(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise UnusableKeyFile(path, "private P-256 key") from error


def _write(path: Path, ring: KeyRing) -> None:
    """Write a ring beside its place and move it there: whoever reads finds the old one or the new one, whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(write_ring(ring))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file; the lock goes with the process that holds it."""
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_WRONLY | os.O_CREAT, _MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
