"""Balances: the last one known of each account, for the hours in which billing does not answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.store.engine import reading
from connectors.store.insert import Insert, insert_into
from connectors.store.tables import last_balances
from schema.billing import Balance
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.systems import System

_CHUNK: Final = 1000
"""Rows per statement: both databases refuse more than 32,766 parameters."""


class BalanceRows:
    """The last balances known. Each is newer than, or as new as, the one that it replaced."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def remember(self, balances: Iterable[Balance], now: datetime) -> None:
        """Keep balances as billing gave them now; one older than what is kept is left out."""
        newest = {each.account_number: each for each in sorted(balances, key=_as_of) if not each.is_stale}
        rows = [_row(newest[number], now) for number in sorted(newest)]  # one order of locks for every process
        if not rows:
            return
        async with self._engine.begin() as connection:
            for start in range(0, len(rows), _CHUNK):
                await connection.execute(_keep_newer(connection, rows[start : start + _CHUNK]))

    async def recall(self, numbers: Sequence[AccountNumber]) -> list[Balance | None]:
        """Return the last balances known in the order asked, marked stale; None where none was ever seen."""
        found: dict[AccountNumber, Balance] = {}
        async with reading(self._engine) as connection:
            for start in range(0, len(numbers), _CHUNK):
                some = last_balances.c.account_number.in_(numbers[start : start + _CHUNK])
                rows = (await connection.execute(select(last_balances).where(some))).mappings()
                found |= {row["account_number"]: _balance(row) for row in rows}
        return [found.get(number) for number in numbers]


def _as_of(balance: Balance) -> datetime:
    return balance.as_of


def _keep_newer(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> Insert:
    insert = insert_into(connection, last_balances).values(rows)
    return insert.on_conflict_do_update(
        index_elements=[last_balances.c.account_number],
        set_={column.name: insert.excluded[column.name] for column in last_balances.c},
        where=last_balances.c.as_of <= insert.excluded.as_of,
    )


def _row(balance: Balance, now: datetime) -> dict[str, object]:
    average = balance.average_daily_cost
    return {
        "account_number": balance.account_number,
        "minor": balance.amount_owed_by_customer.minor,
        "currency": balance.amount_owed_by_customer.currency,
        "as_of": balance.as_of,
        "seen_at": now,
        "average_daily_minor": average.minor if average else None,
        "is_prepaid": balance.is_prepaid,
    }


def _balance(row: RowMapping) -> Balance:
    average = row["average_daily_minor"]
    return Balance(
        account_number=AccountNumber(row["account_number"]),
        amount_owed_by_customer=Money(row["minor"], row["currency"]),
        as_of=row["as_of"],
        source=System.BILLING,
        is_stale=True,
        average_daily_cost=None if average is None else Money(average, row["currency"]),
        is_prepaid=row["is_prepaid"],
    )
