"""Throttle: how long whoever guesses must wait. Waits grow and end by themselves; nobody is locked out for good.

What is throttled stands in the store as a keyed hash (HMAC-SHA-256), so the table tells neither logins nor addresses,
not even to somebody who tries all phone numbers. An attempt counts as failed from its beginning until it succeeds.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Final

from connectors.store.attempts import AttemptRows

_SITE_PREFIX_BITS: Final = 64
"""An IPv6 customer has a whole /64, so the address that counts is the network's."""


class Kind(StrEnum):
    """What an attempt is counted under."""

    LOGIN = "login"
    SIGN_IN_ADDRESS = "sign-in address"
    SIGN_IN_BEGUN = "sign-in begun"
    REGISTRATION_ADDRESS = "registration address"
    LINKING_SUBJECT = "linking subject"
    LINKING_ACCOUNT = "linking account"
    LINKING_ADDRESS = "linking address"
    DEVICE_SUBJECT = "device subject"
    DEVICE_ADDRESS = "device address"
    ONE_TIME_PASSWORD = "one-time password"  # noqa: S105 -- what is counted
    SMS_ADDRESS = "sms address"
    PHONE_CODE = "phone code"
    PAYEE_CLIENT = "payee client"


@dataclass(frozen=True, slots=True)
class Pace:
    """`free` failures without a wait, then a wait that doubles with each further one up to the longest.

    One failure is forgotten each time that `fades` has passed: who is busy and mistypes now and then is not kept out.
    """

    free: int
    first_wait: timedelta = timedelta(seconds=2)
    longest_wait: timedelta = timedelta(minutes=15)
    fades: timedelta = timedelta(hours=1)

    def wait(self, failures: int) -> timedelta:
        """Return the wait after so many failures."""
        if failures < self.free:
            return timedelta(0)
        doublings = min(failures - self.free, 30)
        return min(self.first_wait * float(2**doublings), self.longest_wait)


PACES: Final[Mapping[Kind, Pace]] = {
    Kind.LOGIN: Pace(free=5),
    Kind.SIGN_IN_ADDRESS: Pace(free=50, fades=timedelta(minutes=1)),
    Kind.SIGN_IN_BEGUN: Pace(free=200, longest_wait=timedelta(seconds=10), fades=timedelta(seconds=10)),
    Kind.REGISTRATION_ADDRESS: Pace(free=20, fades=timedelta(minutes=5)),
    Kind.LINKING_SUBJECT: Pace(free=5),
    Kind.LINKING_ACCOUNT: Pace(free=10),
    Kind.LINKING_ADDRESS: Pace(free=30, fades=timedelta(minutes=1)),
    Kind.DEVICE_SUBJECT: Pace(free=5),
    Kind.DEVICE_ADDRESS: Pace(free=30, fades=timedelta(minutes=1)),
    Kind.ONE_TIME_PASSWORD: Pace(free=5, first_wait=timedelta(minutes=1), longest_wait=timedelta(minutes=10)),
    Kind.SMS_ADDRESS: Pace(free=30, longest_wait=timedelta(minutes=1), fades=timedelta(seconds=30)),
    Kind.PHONE_CODE: Pace(free=5),
    Kind.PAYEE_CLIENT: Pace(free=50, fades=timedelta(seconds=20)),
}
"""An address may be a whole mobile operator's: it gets more tries than a login.

A one-time password lives ten minutes, in which these waits leave room for eight wrong tries.
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """What an attempt was made against or from: a login, an account, a client's address."""

    kind: Kind
    value: str

    @classmethod
    def address(cls, kind: Kind, address: str) -> "Tried":
        """Name the client by its IP address; IPv6 by its /64. What is no address at all stands for itself."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return cls(kind, address)
        if isinstance(parsed, IPv6Address):
            if parsed.ipv4_mapped is not None:
                return cls(kind, str(parsed.ipv4_mapped))
            return cls(kind, f"{int(parsed) >> _SITE_PREFIX_BITS:x}::/64")
        return cls(kind, str(parsed))


class Throttle:
    """Counts attempts in the store, so that every process knows of every other's."""

    def __init__(
        self,
        rows: AttemptRows,
        *,
        secret: bytes,
        now: Callable[[], datetime],
        paces: Mapping[Kind, Pace] = PACES,
        quiet_time: timedelta = timedelta(hours=24),
    ) -> None:
        """Count under keys hashed with `secret`; failures are forgotten after `quiet_time` without another."""
        self._rows = rows
        self._secret = secret
        self._now = now
        self._paces = paces
        self._quiet_time = quiet_time

    async def begin(self, *tried: Tried) -> int | None:
        """Count an attempt and return None, or return the seconds to wait and count nothing."""
        now = self._now()
        waits = {self._key(each): partial(_blocked_until, now, self._paces[each.kind]) for each in tried}
        fades = {self._key(each): self._paces[each.kind].fades for each in tried}
        blocked_until = await self._rows.begin(waits, now, now - self._quiet_time, fades)
        return None if blocked_until is None else max(1, ceil((blocked_until - now).total_seconds()))

    async def take_back(self, *tried: Tried) -> None:
        """Uncount an attempt that was no guess: it succeeded, or could not be judged."""
        await self._rows.take_back([self._key(each) for each in tried])

    async def clear(self, *tried: Tried) -> None:
        """Forget all failures: the right answer was given."""
        await self._rows.clear([self._key(each) for each in tried])

    async def run(self) -> None:
        """Forget the quiet once a day, for ever."""
        await self._rows.forget_daily(lambda: self._now() - self._quiet_time)

    def _key(self, tried: Tried) -> str:
        return hmac.new(self._secret, f"{tried.kind}\x1f{tried.value}".encode(), hashlib.sha256).hexdigest()


def _blocked_until(now: datetime, pace: Pace, failures: int) -> datetime:
    return now + pace.wait(failures)
