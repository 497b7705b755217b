"""Billing's payloads: one pure mapper for each, from a legacy row to a type of the schema."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import lru_cache
from typing import Final, TypeVar

from connectors.legacy.numbers import MoneyReader, read_decimal, read_whole
from connectors.legacy.rows import Row, choice_of, read_flag, read_text, unique
from connectors.legacy.times import read_date, read_local_time, read_month
from schema.billing import (
    AccountDetails,
    AccountHolder,
    AccountStatus,
    Address,
    Balance,
    Bill,
    Charge,
    ChargeLine,
    ServiceSupplier,
)
from schema.energy import Energy
from schema.identifiers import AccountNumber
from schema.notices import NoticeKind, SystemNotice
from schema.paging import Page, Slice
from schema.period import Period
from schema.systems import System

Monthly = TypeVar("Monthly", Charge, Bill)

_STATUS: Final = choice_of(AccountStatus)
_NOTICE_KIND: Final = choice_of(NoticeKind)
_SYSTEM: Final = choice_of(System)


@dataclass(frozen=True, slots=True)
class BillingPayloads:
    """Reads rows of one billing system; every method raises Unreadable."""

    zone: tzinfo
    money: MoneyReader

    def details(self, number: AccountNumber, row: Row) -> AccountDetails:
        """Read a subscriber."""
        contract = row.row("contract")
        return AccountDetails(
            number=number,
            holder=AccountHolder(
                last_name=row.text("lastName"),
                first_name=row.text("firstName"),
                middle_name=row.optional_text("middleName"),
            ),
            address=_address(row.row("address")),
            supplier=_company(row.row("supplier")),
            distribution_operator=_company(row.row("dso")),
            status=row.read("status", _STATUS),
            is_prepaid=contract.read("prepaid", read_flag),
            contract_number=contract.text("no"),
            contract_date=contract.read("date", read_date),
            tariff_code=contract.text("tariffCode"),
        )

    def balance(self, number: AccountNumber, row: Row) -> Balance:
        """Read a balance."""
        return Balance(
            account_number=number,
            amount_owed_by_customer=row.read("saldo", self.money.debt),
            as_of=row.read("calculatedAt", lambda value: read_local_time(value, self.zone)),
            source=System.BILLING,
            is_stale=False,
            average_daily_cost=row.read_optional("avgDailyCost", self.money.average),
            is_prepaid=row.read_optional("prepaid", read_flag) or False,
        )

    def charge(self, number: AccountNumber, row: Row) -> Charge:
        """Read an accrual."""
        return Charge(
            account_number=number,
            period=row.read("period", _read_period),
            energy=Energy(row.read("kwh", read_decimal)),
            amount=row.read("amount", self.money.amount),
            tariff_code=row.text("tariffCode"),
            posted_on=row.read("postedAt", read_date),
            lines=[self._line(line) for line in row.rows("lines")],
        )

    def bill(self, number: AccountNumber, row: Row) -> Bill:
        """Read a bill."""
        return Bill(
            account_number=number,
            number=row.text("billNo"),
            period=row.read("period", _read_period),
            issued_on=row.read("issued", read_date),
            due_on=row.read("due", read_date),
            opening_balance=row.read("opening", self.money.debt),
            charged=row.read("charged", self.money.amount),
            paid=row.read("paid", self.money.amount),
            closing_balance=row.read("closing", self.money.debt),
        )

    def notice(self, row: Row) -> SystemNotice:
        """Read a notice to everybody."""
        texts = row.row("text")
        return SystemNotice(
            reference=row.text("id"),
            kind=row.read("kind", _NOTICE_KIND),
            affects=row.read_optional("system", _SYSTEM),
            starts_at=row.read("from", lambda value: read_local_time(value, self.zone)),
            ends_at=row.read_optional("to", lambda value: read_local_time(value, self.zone)),
            texts={language: read_text(text) for language, text in texts.values.items()},
        )

    def _line(self, row: Row) -> ChargeLine:
        return ChargeLine(
            tier=row.read("tier", read_whole),
            zone=row.text("zone"),
            energy=Energy(row.read("kwh", read_decimal)),
            unit_price=row.read("price", read_decimal),
            amount=row.read("amount", self.money.amount),
        )


def monthly_slice(
    number: AccountNumber, row: Row, read: Callable[[AccountNumber, Row], Monthly], page: Page, before: date | None
) -> Slice[Monthly]:
    """Read a page of monthly rows, asked for with one row more than it holds so as to know whether there are more."""
    found = unique((read(number, each) for each in row.rows("rows")), lambda each: each.period.start)
    older = [each for each in found if before is None or each.period.start < before]
    older.sort(key=lambda each: each.period.start, reverse=True)
    return Slice(older[: page.first], len(older) > page.first, row.read_optional("total", read_whole))


def _read_period(value: object) -> Period:
    return _month_of(read_month(value))


@lru_cache(maxsize=256)  # accounts share their months
def _month_of(first_day: date) -> Period:
    return Period.month(first_day.year, first_day.month)


def _address(row: Row) -> Address:
    return Address(
        region_code=row.optional_text("regionCode"),
        district_code=row.optional_text("districtCode"),
        city=row.optional_text("city"),
        street=row.optional_text("street"),
        house=row.optional_text("house"),
        flat=row.optional_text("flat"),
        postal_code=row.optional_text("postIndex"),
    )


def _company(row: Row) -> ServiceSupplier:
    return ServiceSupplier(code=row.text("code"), name=row.text("name"))
