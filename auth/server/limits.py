"""Limits: how often a client may ask in a minute, counted for all processes together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from auth.server.client import NONE
from connectors.store.authorization import AuthorizationRows, Transaction
from connectors.store.clients import ClientRow, count_request, find_client

_MINUTE: Final = timedelta(minutes=1)


def count(transaction: Transaction, client: ClientRow, now: datetime) -> timedelta | None:
    """Count a request of a client that has a limit; returns how long it must wait where the limit is reached.

    A client that anybody may pretend to be has no limit: anybody could use it up.
    """
    limit, minute = client.requests_per_minute, now.replace(second=0, microsecond=0)
    if limit is None or client.authentication_method == NONE:
        return None
    is_beyond = count_request(transaction, client.client_id, minute) > limit
    return minute + _MINUTE - now if is_beyond else None


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """The same limits where clients use their tokens."""

    rows: AuthorizationRows
    now: Callable[[], datetime]

    async def begin(self, client_id: str) -> int | None:
        """Count a request and return None, or return the seconds to wait; who is not registered has no limit."""
        client, now = await self.rows.look(lambda transaction: find_client(transaction, client_id)), self.now()
        if client is None or client.requests_per_minute is None:
            return None
        wait = await self.rows.transact(lambda transaction: count(transaction, client, now))
        return None if wait is None else max(1, ceil(wait.total_seconds()))
