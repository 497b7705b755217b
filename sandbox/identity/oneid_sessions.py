"""What OneID's stand-in remembers: logins begun, codes and access tokens, and how often it was asked."""

from __future__ import annotations

import base64
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sandbox.identity.people import Person

T = TypeVar("T")

MOST_REQUESTS = 300
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Hold a login that waits for the person: where to return to, and by which methods it may be done."""

    redirect_uri: str
    state: str | None
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Login:
    """Hold who came, by which method, and where the browser was sent to."""

    person: Person
    method: str
    redirect_uri: str


class Remembered(Generic[T]):
    """Remember values under keys that are drawn, each for `lifetime`."""

    def __init__(self, lifetime: timedelta, now: Callable[[], datetime]) -> None:
        self._lifetime = lifetime
        self._now = now
        self._values: dict[str, tuple[datetime, T]] = {}

    def put(self, key: str, value: T) -> str:
        """Remember a value and give its key back; what is over is forgotten."""
        now = self._now()
        self._values = {each: kept for each, kept in self._values.items() if now < kept[0]}
        self._values[key] = (now + self._lifetime, value)
        return key

    def find(self, key: str) -> T | None:
        """Give the value, while it lasts."""
        ends_at, value = self._values.get(key, (None, None))
        return value if ends_at is not None and self._now() < ends_at else None

    def take(self, key: str) -> T | None:
        """Give the value, once."""
        found = self.find(key)
        self._values.pop(key, None)
        return found


class Minute:
    """Count the requests of the last minute."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._asked: deque[datetime] = deque(maxlen=MOST_REQUESTS)

    def admits(self) -> bool:
        """Tell whether one more request is allowed, and count it if so."""
        now = self._now()
        while self._asked and now - self._asked[0] >= _MINUTE:
            self._asked.popleft()
        admitted = len(self._asked) < MOST_REQUESTS
        if admitted:
            self._asked.append(now)
        return admitted


def new_key() -> str:
    """Draw a UUID, as codes and tokens are now."""
    return str(uuid.uuid4())


def new_base64_code() -> str:
    """Draw a code as they were: base64 with `/`, `+` and `=` in it."""
    return base64.b64encode(b"\xff\xef\xfe" + uuid.uuid4().bytes).decode("ascii")
