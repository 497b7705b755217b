"""Billing's request bodies: which accounts, which months, how many rows.

QueryRefused(ValueError)    answered as 422 with its text
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date

MOST_ACCOUNTS = 200
MOST_ROWS = 120
USUAL_ROWS = 12
_MONTH = re.compile(r"(0[1-9]|1[0-2])\.(\d{4})")


class QueryRefused(ValueError):
    """Say what is wrong with a request body."""


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Hold a query for accruals or bills.

    Attributes:
        limit: rows per account.
        before: the page begins below this month (`None` = with the newest).
        since: first month ("from"); `None` = no bound.
        until: the month after the last ("to", exclusive); `None` = no bound.
    """

    accounts: tuple[str, ...]
    limit: int
    before: date | None
    since: date | None
    until: date | None

    def matches(self, month: date) -> bool:
        """Tell whether a month lies in from..to."""
        return (self.since is None or month >= self.since) and (self.until is None or month < self.until)

    def is_before(self, month: date) -> bool:
        """Tell whether a month lies below `before`."""
        return self.before is None or month < self.before


def accounts_of(body: bytes) -> tuple[str, ...]:
    """Read {"accounts": [...]}; each account once."""
    return _accounts(_document(body))


def ledger_query(body: bytes) -> LedgerQuery:
    """Read a query for accruals or bills."""
    document = _document(body)
    limit = document.get("limit", USUAL_ROWS)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_ROWS:
        raise QueryRefused(f"limit is a whole number from 1 to {MOST_ROWS}, not {limit!r}")
    return LedgerQuery(
        accounts=_accounts(document),
        limit=limit,
        before=_month(document, "before"),
        since=_month(document, "from"),
        until=_month(document, "to"),
    )


def _document(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise QueryRefused("the body is not JSON") from error
    if not isinstance(document, dict):
        raise QueryRefused("the body is not a JSON object")
    return document


def _accounts(document: dict[str, object]) -> tuple[str, ...]:
    accounts = document.get("accounts")
    if not isinstance(accounts, list) or not all(isinstance(each, str) for each in accounts):
        raise QueryRefused("accounts is a list of account numbers as strings")
    if len(accounts) > MOST_ACCOUNTS:
        raise QueryRefused(f"at most {MOST_ACCOUNTS} accounts in one request, not {len(accounts)}")
    return tuple(dict.fromkeys(accounts))


def _month(document: dict[str, object], key: str) -> date | None:
    value = document.get(key)
    if value is None:
        return None
    match = _MONTH.fullmatch(str(value))
    if match is None or match[2] == "0000":
        raise QueryRefused(f"{key} is a month as MM.YYYY or null, not {value!r}")
    return date(int(match[2]), int(match[1]), 1)
