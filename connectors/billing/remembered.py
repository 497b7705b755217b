"""Billing with a memory: when it does not answer, the last balance known is served, marked stale, for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors.billing.port import Billing
from connectors.store.balances import BalanceRows
from connectors.transport.deadline import Deadline
from schema.billing import AccountDetails, Balance, Bill, Charge
from schema.errors import UpstreamError
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.notices import SystemNotice
from schema.paging import Page, Slice

REMEMBERED_HERE: Final = 50_000
"""How many accounts' last amounts one process keeps in mind, so that an unchanged balance is not written again."""

log = structlog.get_logger("gridgate")


@dataclass(frozen=True, slots=True)
class Noted:
    """What was last written of an account's balance."""

    amount: Money
    written_at: datetime


class RememberedBilling:
    """The billing port; writes balances to the store behind the caller's back and falls back on them."""

    def __init__(
        self,
        billing: Billing,
        rows: BalanceRows,
        *,
        keep: timedelta,
        now: Callable[[], datetime],
        changed: Callable[[Iterable[AccountNumber]], None],
    ) -> None:
        """Wrap a billing door; `keep` is how long a balance may be served stale, `changed` hears of new amounts."""
        self._billing = billing
        self._rows = rows
        self._keep = keep
        self._now = now
        self._changed = changed
        self._noted: OrderedDict[AccountNumber, Noted] = OrderedDict()
        self._unwritten: dict[AccountNumber, Balance] = {}
        self._wake = asyncio.Event()

    async def balances(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[Balance | UpstreamError | None]:
        """Ask billing; for what it fails to answer, recall the last balance known unless that is too old."""
        found = await self._billing.balances(numbers, deadline)
        self._note([balance for balance in found if isinstance(balance, Balance)])
        failed = [number for number, each in zip(numbers, found, strict=True) if isinstance(each, UpstreamError)]
        if not failed:
            return found
        since = self._now() - self._keep
        known = {each.account_number: each for each in await self._recall(failed) if each.as_of >= since}
        return [
            known.get(number, each) if isinstance(each, UpstreamError) else each
            for number, each in zip(numbers, found, strict=True)
        ]

    async def details(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[AccountDetails | UpstreamError | None]:
        """Ask billing."""
        return await self._billing.details(numbers, deadline)

    async def charges(
        self, numbers: Sequence[AccountNumber], page: Page, deadline: Deadline
    ) -> list[Slice[Charge] | UpstreamError]:
        """Ask billing."""
        return await self._billing.charges(numbers, page, deadline)

    async def bills(
        self, numbers: Sequence[AccountNumber], page: Page, deadline: Deadline
    ) -> list[Slice[Bill] | UpstreamError]:
        """Ask billing."""
        return await self._billing.bills(numbers, page, deadline)

    async def notices(self, deadline: Deadline) -> list[SystemNotice]:
        """Ask billing."""
        return await self._billing.notices(deadline)

    async def ping(self, deadline: Deadline) -> None:
        """Ask billing."""
        await self._billing.ping(deadline)

    async def run(self) -> None:
        """Write what was noted, a batch at a time, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.write()
            except SQLAlchemyError as error:
                log.warning("balances_not_remembered", error=type(error).__name__)

    async def write(self) -> None:
        """Write what was noted since the last time."""
        batch, self._unwritten = self._unwritten, {}
        if not batch:
            return
        try:
            await self._rows.remember(list(batch.values()), self._now())
        except SQLAlchemyError:
            self._unwritten = {**batch, **self._unwritten}
            raise

    async def _recall(self, numbers: Sequence[AccountNumber]) -> list[Balance]:
        try:
            await self.write()
            return [balance for balance in await self._rows.recall(numbers) if balance is not None]
        except SQLAlchemyError as error:
            log.warning("balances_not_recalled", error=type(error).__name__)
            return []

    def _note(self, balances: Iterable[Balance]) -> None:
        now = self._now()
        new_amounts: list[AccountNumber] = []
        for balance in balances:
            noted = self._noted.get(balance.account_number)
            same = noted is not None and noted.amount == balance.amount_owed_by_customer
            if noted is not None and same and now - noted.written_at < self._keep / 4:
                continue
            if noted is not None and not same:
                new_amounts.append(balance.account_number)
            self._noted[balance.account_number] = Noted(balance.amount_owed_by_customer, now)
            self._noted.move_to_end(balance.account_number)
            self._unwritten[balance.account_number] = balance
            self._wake.set()
        while len(self._noted) > REMEMBERED_HERE:
            self._noted.popitem(last=False)
        if new_amounts:
            self._changed(new_amounts)
