"""Doctor: look at every part of a gateway's surroundings and say, in a line each, what is wrong and how to mend it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from connectors.store.health import answers
from connectors.store.migrate import is_up_to_date
from connectors.transport.deadline import Deadline
from gateway.doors import Connectors, StartError, open_connectors
from gateway.settings import Settings
from schema.errors import UpstreamError
from schema.identifiers import AccountNumber
from schema.paging import Page

T = TypeVar("T")

SAMPLE: Final = Page(3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    subject: str
    healthy: bool
    detail: str
    remedy: str = ""

    def line(self) -> str:
        """Write the finding: what was looked at, what was found, and how to mend what is wrong."""
        verdict = "ok  " if self.healthy else "FAIL"
        return f"{verdict}  {self.subject}: {self.detail}" + (f" -- {self.remedy}" if not self.healthy else "")


class Complaint(Exception):
    """A system answers, but not as its contract says."""


async def examine(settings: Settings, account: str | None = None) -> list[Finding]:
    """Look at the settings, the store and each legacy system; with an account's number, at its data too."""
    profile = settings.load_profile()
    findings = [Finding("settings", healthy=True, detail=f"profile {profile.name}, {profile.title}")]
    try:
        async with open_connectors(settings) as connectors:
            return findings + await _examine(settings, connectors, account)
    except StartError as error:
        return [*findings, Finding("start", healthy=False, detail=str(error), remedy="nothing else could be looked at")]


async def _examine(settings: Settings, connectors: Connectors, account: str | None) -> list[Finding]:
    if account is not None and not settings.load_profile().account_number.matches(account):
        example = settings.load_profile().account_number.example
        return [Finding("account", healthy=False, detail="is no account number", remedy=f"write it like {example}")]
    number = None if account is None else AccountNumber(account)
    deadline = Deadline.within(settings.deadline_s)
    store = [await _store(settings, connectors)]
    systems = await asyncio.gather(
        _look("billing", "check billing.base_url and billing.api_key", _billing(connectors, number, deadline)),
        _look(
            "distribution",
            "check distribution.endpoint, distribution.user and distribution.password",
            _distribution(connectors, number, deadline),
        ),
        _look("supply", "check supply.url and its tables", _supply(connectors, number, deadline)),
    )
    return store + list(systems)


async def _store(settings: Settings, connectors: Connectors) -> Finding:
    if not await answers(connectors.store):
        return Finding("store", healthy=False, detail="does not answer", remedy="check store_url and data_dir")
    if not await is_up_to_date(settings.store_location()):
        return Finding("store", healthy=False, detail="is at an older revision", remedy="run gridgate migrate")
    return Finding("store", healthy=True, detail="answers and is at the newest revision")


async def _look(subject: str, remedy: str, check: Callable[[], Awaitable[str]]) -> Finding:
    began = time.perf_counter()
    try:
        detail = await check()
    except UpstreamError as error:
        cause = type(error.__cause__).__name__ if error.__cause__ else "refused"
        return Finding(subject, healthy=False, detail=f"{error} ({error.extensions['code']}, {cause})", remedy=remedy)
    except Complaint as complaint:
        return Finding(subject, healthy=False, detail=str(complaint), remedy="check its field mapping and settings")
    return Finding(subject, healthy=True, detail=f"{detail}, in {(time.perf_counter() - began) * 1000:.0f} ms")


def _billing(connectors: Connectors, number: AccountNumber | None, deadline: Deadline) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        await connectors.billing.ping(deadline)
        if number is None:
            return "answers"
        details, balances, charges = await asyncio.gather(
            connectors.billing.details([number], deadline),
            connectors.billing.balances([number], deadline),
            connectors.billing.charges([number], SAMPLE, deadline),
        )
        if _one(details, "account") is None or _one(balances, "balance") is None:
            raise Complaint("does not know the account")
        return f"knows the account, its balance and {len(_one(charges, 'charges').rows)} charges"

    return check


def _distribution(
    connectors: Connectors, number: AccountNumber | None, deadline: Deadline
) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        await connectors.distribution.ping(deadline)
        if number is None:
            return "answers"
        points = _one(await connectors.distribution.usage_points([number], deadline), "usage points")
        meters = [meter.serial_number for point in points for meter in point.meters]
        if not meters:
            raise Complaint("knows no meter of the account")
        readings = await connectors.distribution.readings(meters, SAMPLE, deadline)
        return f"knows {len(meters)} meters, the first with {len(_one(readings[:1], 'readings').rows)} readings"

    return check


def _supply(connectors: Connectors, number: AccountNumber | None, deadline: Deadline) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        await connectors.supply.ping(deadline)
        if number is None:
            return "answers"
        payments = _one(await connectors.supply.payments([number], SAMPLE, deadline), "payments")
        pending = _one(await connectors.supply.pending([number], deadline), "pending payments")
        return f"knows {payments.total} payments, {len(pending)} pending"

    return check


def _one(answers: Sequence[T | UpstreamError], what: str) -> T:
    """Return the only answer; raises what it is where it is an error."""
    if len(answers) != 1:
        raise Complaint(f"gave {len(answers)} answers for the {what} of one account")
    if isinstance(answers[0], UpstreamError):
        raise answers[0]
    return answers[0]
