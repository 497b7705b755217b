"""The mirror: what is made to happen, written into a real PostgreSQL as it happens."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal

import asyncpg

from sandbox.ledger import IncomingPayment, Payment
from sandbox.utilities import Utility
from sandbox.world import World

_RECONNECT_S = 0.5
_log = logging.getLogger("sandbox")
_PAYMENT = """
    insert into platezhi (id_plat, ls, data_opl, data_zach, data_prov, summa, val, kanal, nom_kvit, sost)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (id_plat) do update set data_zach = excluded.data_zach, data_prov = excluded.data_prov,
        sost = excluded.sost
"""
_INCOMING = """
    insert into plat_vhod (vnesh_id, ls, summa, val, kanal, data_opl, obrab, id_plat)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (vnesh_id) do update set obrab = excluded.obrab, id_plat = excluded.id_plat
"""


class Mirror:
    """Write payments and staging rows after `sandbox.supply.postgres.seed`, one after another, in order."""

    def __init__(self, world: World, url: str) -> None:
        self._utility = world.utility
        self._url = url.replace("+asyncpg", "", 1)
        self._waiting: asyncio.Queue[Payment | IncomingPayment] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None
        world.watch_payments(self._waiting.put_nowait)

    def begin(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Write what waits, then stop."""
        if self._task is None:
            return
        written = asyncio.create_task(self._waiting.join())
        await asyncio.wait({written, self._task}, return_when=asyncio.FIRST_COMPLETED)
        for task in (written, self._task):
            task.cancel()
        await asyncio.gather(written, self._task, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    async def _write(self) -> None:
        """Write one after another; what could not be written is written again once PostgreSQL is back."""
        while True:
            what = await self._waiting.get()
            while not await self._written(what):  # noqa: ASYNC110 - PostgreSQL does not tell when it is back
                await asyncio.sleep(_RECONNECT_S)
            self._waiting.task_done()

    async def _written(self, what: Payment | IncomingPayment) -> bool:
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._url)
            await self._connection.execute(*_statement(what, self._utility))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.warning("PostgreSQL does not take what is made to happen, trying again: %s", type(error).__name__)
            return False
        return True


def _statement(what: Payment | IncomingPayment, utility: Utility) -> tuple[object, ...]:
    """Give a statement with its values; times are local without a zone, as that database keeps them."""
    paid_at = what.accepted_at.astimezone(utility.zone).replace(tzinfo=None, microsecond=0)
    amount = Decimal(what.amount_minor).scaleb(-2)
    if isinstance(what, Payment):
        days = (what.settled_on, what.posted_on)
        return (_PAYMENT, what.id, what.account, paid_at, *days, amount, utility.currency, what.operator,
                what.receipt_no, what.state)  # fmt: skip
    return (_INCOMING, what.external_id, what.account, amount, utility.currency, what.operator, paid_at,
            int(what.processed), what.payment_id)  # fmt: skip
