"""Billing's wording: how its JSON says what the world knows, manners included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from sandbox.faults import Faults
from sandbox.ledger import Accrual, AccrualLine, Balance, Bill
from sandbox.manners import account_text, decimal_text, json_list
from sandbox.notices import Notice
from sandbox.population import Subscriber


@dataclass(frozen=True, slots=True)
class Wording:
    """Write rows under the manners that are switched on."""

    faults: Faults
    zone: ZoneInfo

    def account(self, number: str) -> str:
        """Write an account number."""
        return account_text(number, self.faults)

    def money(self, minor: int) -> str:
        """Write minor units as major ones, two decimals."""
        return decimal_text(Decimal(minor).scaleb(-2), self.faults)

    def decimal(self, value: Decimal) -> str:
        """Write a decimal."""
        return decimal_text(value, self.faults)

    def listing(self, key: str, rows: Sequence[object], holder: dict[str, object] | None = None) -> dict[str, object]:
        """Put a list into an object (a new one by default)."""
        return json_list({} if holder is None else holder, key, rows, self.faults)

    def subscriber(self, who: Subscriber) -> dict[str, object]:
        """Write a subscriber."""
        return {
            "accountNo": self.account(who.account),
            "lastName": who.last_name,
            "firstName": who.first_name,
            "middleName": who.middle_name,
            "address": {
                "regionCode": who.region_code,
                "districtCode": who.district_code,
                "city": who.city,
                "street": who.street,
                "house": who.house,
                "flat": who.flat,
                "postIndex": who.post_index,
            },
            "contract": {
                "no": who.contract_no,
                "date": _day(who.contract_date),
                "tariffCode": who.tariff_code,
                "prepaid": who.prepaid,
            },
            "supplier": {"code": who.supplier_code, "name": who.supplier_name},
            "dso": {"code": who.dso_code, "name": who.dso_name},
            "status": who.status,
        }

    def balance(self, balance: Balance) -> dict[str, object]:
        """Write a balance; positive = debt."""
        return {
            "accountNo": self.account(balance.account),
            "saldo": self.money(balance.debt_minor),
            "calculatedAt": f"{balance.calculated_at.astimezone(self.zone):%d.%m.%Y %H:%M:%S}",
            "avgDailyKwh": self.decimal(balance.average_daily_kwh),
            "avgDailyCost": self.money(balance.average_daily_cost_minor),
            "prepaid": balance.prepaid,
        }

    def accrual(self, row: Accrual) -> dict[str, object]:
        """Write an accrual."""
        written: dict[str, object] = {
            "period": _month(row.month),
            "kwh": self.decimal(row.kwh),
            "amount": self.money(row.amount_minor),
            "tariffCode": row.tariff_code,
            "postedAt": _day(row.posted_on),
        }
        return self.listing("lines", [self._line(line) for line in row.lines], written)

    def bill(self, row: Bill) -> dict[str, object]:
        """Write a bill."""
        return {
            "billNo": row.number,
            "period": _month(row.month),
            "issued": _day(row.issued_on),
            "due": _day(row.due_on),
            "opening": self.money(row.opening_minor),
            "charged": self.money(row.charged_minor),
            "paid": self.money(row.paid_minor),
            "closing": self.money(row.closing_minor),
            "qr": row.qr,
        }

    def notice(self, notice: Notice) -> dict[str, object]:
        """Write a notice."""
        return {
            "id": notice.id,
            "kind": notice.kind,
            "system": notice.system,
            "from": f"{notice.starts_at.astimezone(self.zone):%d.%m.%Y %H:%M}",
            "to": f"{notice.ends_at.astimezone(self.zone):%d.%m.%Y %H:%M}",
            "text": dict(notice.texts),
        }

    def _line(self, line: AccrualLine) -> dict[str, object]:
        return {
            "tier": line.tier,
            "zone": line.zone,
            "kwh": self.decimal(line.kwh),
            "price": self.decimal(line.price),
            "amount": self.money(line.amount_minor),
        }


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _month(month: date) -> str:
    return f"{month:%m.%Y}"
