"""Billing over REST: one call for a batch of accounts, in the wire contract of the sandbox's OpenAPI document."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeVar

from connectors.batches import in_batches
from connectors.billing.answers import read_payload
from connectors.billing.payloads import BillingPayloads
from connectors.billing.queries import Query, monthly_query
from connectors.billing.settings import BillingSettings
from connectors.legacy.errors import Unreadable
from connectors.legacy.numbers import read_account_number
from connectors.legacy.rows import Row
from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange, Transport
from connectors.transport.reading import read_answer
from schema.billing import AccountDetails, Balance, Bill, Charge
from schema.errors import UpstreamError, UpstreamMalformed
from schema.identifiers import AccountNumber
from schema.notices import SystemNotice
from schema.paging import Page, Slice
from schema.systems import System

T = TypeVar("T")


class RestBilling:
    """The port of billing over REST with an API key in a header."""

    def __init__(self, settings: BillingSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._payloads = BillingPayloads(settings.zone, settings.money)

    async def details(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[AccountDetails | UpstreamError | None]:
        """Return who holds each account; see `Billing.details`."""
        read = self._payloads.details
        query: Query[AccountDetails | None] = Query("details", self._settings.paths.details, read, None)
        return await self._answer_each(numbers, query, deadline)

    async def balances(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[Balance | UpstreamError | None]:
        """Return what each account owes; see `Billing.balances`."""
        read = self._payloads.balance
        query: Query[Balance | None] = Query("balances", self._settings.paths.balances, read, None)
        return await self._answer_each(numbers, query, deadline)

    async def charges(
        self, numbers: Sequence[AccountNumber], page: Page, deadline: Deadline
    ) -> list[Slice[Charge] | UpstreamError]:
        """Return a page of each account's charges; see `Billing.charges`."""
        query = monthly_query("charges", self._settings.paths.charges, page, self._payloads.charge)
        return await self._answer_each(numbers, query, deadline)

    async def bills(
        self, numbers: Sequence[AccountNumber], page: Page, deadline: Deadline
    ) -> list[Slice[Bill] | UpstreamError]:
        """Return a page of each account's bills; see `Billing.bills`."""
        query = monthly_query("bills", self._settings.paths.bills, page, self._payloads.bill)
        return await self._answer_each(numbers, query, deadline)

    async def notices(self, deadline: Deadline) -> list[SystemNotice]:
        """Return what billing announces; see `Billing.notices`."""
        payload = await self._get("notices", self._settings.paths.notices, deadline)
        try:
            return [self._payloads.notice(row) for row in payload.rows("items")]
        except Unreadable as error:
            raise UpstreamMalformed(System.BILLING) from error

    async def ping(self, deadline: Deadline) -> None:
        """Return when billing answers and accepts the key; see `Billing.ping`."""
        await self._get("ping", self._settings.paths.ping, deadline)

    async def _answer_each(
        self, numbers: Sequence[AccountNumber], query: Query[T], deadline: Deadline
    ) -> list[T | UpstreamError]:
        limited = deadline.sooner(self._settings.timeout_s)
        return await in_batches(
            numbers, self._settings.batch_size, lambda batch: self._answer_batch(batch, query, limited)
        )

    async def _answer_batch(
        self, batch: Sequence[AccountNumber], query: Query[T], deadline: Deadline
    ) -> Mapping[AccountNumber, T | UpstreamError]:
        fields = self._settings.fields
        arguments = {fields.get(name, name): value for name, value in query.arguments.items()}
        body = json.dumps({fields.get("accounts", "accounts"): batch, **arguments}).encode()
        answer = await self._transport.send(self._exchange(query.operation, "POST", query.path, body), deadline)
        return await read_answer(answer, lambda answer: self._read_batch(answer, batch, query))

    def _read_batch(
        self, answer: Answer, batch: Sequence[AccountNumber], query: Query[T]
    ) -> Mapping[AccountNumber, T | UpstreamError]:
        """Give each account its row. Where some row says not whose it is, no account is known to be absent."""
        found: dict[AccountNumber, T | UpstreamError] = {}
        rest: T | UpstreamError = query.absent
        try:
            rows = read_payload(answer, self._settings).rows("items")
        except Unreadable as error:
            raise UpstreamMalformed(System.BILLING) from error
        for row in rows:
            try:
                number = row.read("accountNo", self._read_number)
            except Unreadable as error:
                rest = _malformed(error)
                continue
            found.setdefault(number, _read_row(number, row, query))
        return {number: found.get(number, rest) for number in batch}

    def _read_number(self, value: object) -> AccountNumber:
        return read_account_number(value, self._settings.account_digits)

    async def _get(self, operation: str, path: str, deadline: Deadline) -> Row:
        exchange = self._exchange(operation, "GET", path)
        answer = await self._transport.send(exchange, deadline.sooner(self._settings.timeout_s))
        return read_payload(answer, self._settings)

    def _exchange(self, operation: str, method: str, path: str, body: bytes = b"") -> Exchange:
        settings = self._settings
        headers = {settings.api_key_header: settings.api_key, "Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        return Exchange(operation, method, settings.base_url.rstrip("/") + path, headers, body, may_repeat=True)


def _read_row(number: AccountNumber, row: Row, query: Query[T]) -> T | UpstreamError:
    try:
        return query.read(number, row)
    except Unreadable as error:
        return _malformed(error)


def _malformed(cause: Unreadable) -> UpstreamMalformed:
    error = UpstreamMalformed(System.BILLING)
    error.__cause__ = cause
    return error
