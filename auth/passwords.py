"""Passwords: argon2id in a bounded pool of threads, with the same work for known and unknown customers.

Each hash takes memory and a processor for tens of milliseconds on purpose, so both the threads and the queue before
them are bounded: a flood of sign-ins is turned away instead of taking the machine's memory (NIST SP 800-63B-4, OWASP).
"""

import asyncio
import unicodedata
from base64 import b64encode
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from secrets import token_bytes
from threading import BoundedSemaphore
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

T = TypeVar("T")

MAX_LENGTH: Final = 128
"""Characters. Longer ones are refused, never cut."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one argon2id hash costs; the defaults are the least that OWASP's password storage cheat sheet allows."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password matched, and its hash at today's cost where the stored one was made at another."""

    matches: bool
    renewed_hash: str | None = None


class TooManyAtOnce(Exception):
    """More passwords wait to be hashed than the queue holds; nothing was done."""


class Passwords:
    """Hashes and verifies passwords; `close` it at the end."""

    def __init__(self, *, cost: Cost = Cost(), workers: int = 2, queue: int = 64) -> None:
        """Hash `workers` passwords at a time, with up to `queue` more waiting."""
        self._hasher = PasswordHash((Argon2Hasher(cost.passes, cost.memory_kib, cost.lanes),))
        self._nobodys_hash = _made_up_hash(cost)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="password")
        self._room = BoundedSemaphore(workers + queue)

    async def hash(self, password: str) -> str:
        """Hash a new password; raises TooManyAtOnce."""
        return await self._run(partial(self._hasher.hash, normalised(password)))

    async def verify(self, password: str, password_hash: str | None) -> Verdict:
        """Compare a password with a customer's hash, or do the same work where there is no such customer.

        Raises:
            TooManyAtOnce: the queue is full; nothing was compared.
        """
        given = normalised(password[:MAX_LENGTH])
        against = password_hash or self._nobodys_hash
        matches, renewed = await self._run(partial(self._hasher.verify_and_update, given, against))
        counts = password_hash is not None and len(password) <= MAX_LENGTH
        return Verdict(matches, renewed) if counts else Verdict(matches=False)

    def close(self) -> None:
        """Finish what is being hashed and drop what waits."""
        self._pool.shutdown(cancel_futures=True)

    def _run(self, work: Callable[[], T]) -> Awaitable[T]:
        if not self._room.acquire(blocking=False):
            raise TooManyAtOnce
        future = self._pool.submit(work)
        future.add_done_callback(self._make_room)  # also when the caller has gone: the thread is busy all the same
        return asyncio.wrap_future(future)

    def _make_room(self, _done: Future[T]) -> None:
        self._room.release()


def normalised(password: str) -> str:
    """Return the one spelling of a password that keyboards write differently (NFKC, NIST SP 800-63B-4)."""
    return unicodedata.normalize("NFKC", password)


def _made_up_hash(cost: Cost) -> str:
    """Write a hash that no password has, of the same cost as a real one."""
    salt, digest = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${salt}${digest}"
