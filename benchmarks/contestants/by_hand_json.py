"""The home screen's JSON, written by hand from the connectors' answers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from schema.billing import AccountDetails, Balance, Charge
from schema.metering import Meter, Reading
from schema.money import EXPONENTS, Money
from schema.paging import Slice
from schema.payments import Payment
from schema.profile import UtilityProfile


def details(found: AccountDetails | None, profile: UtilityProfile) -> dict[str, Any]:
    """Write what billing knows of an account; nulls for one that it does not know."""
    if found is None:
        return {"status": None, "holder": None, "address": None, "tariff": None}
    tariff = profile.tariff_in_force(found.tariff_code)
    address = found.address
    return {
        "status": found.status.name,
        "holder": {"lastName": found.holder.last_name, "firstName": found.holder.first_name},
        "address": {"city": address.city, "street": address.street, "house": address.house, "flat": address.flat},
        "tariff": tariff and {"name": tariff.name},
    }


def balance(found: Balance | None, pending: Sequence[Payment]) -> dict[str, Any] | None:
    """Write a balance with the sum of the payments that it does not contain yet."""
    if found is None:
        return None
    amounts = [payment.amount for payment in pending]
    return {
        "amount": _money(abs(found.amount_owed_by_customer)),
        "standing": found.standing().name,
        "asOf": found.as_of.isoformat(),
        "isStale": found.is_stale,
        "prepaidDaysLeft": found.prepaid_days_left(),
        "pendingTotal": _money(sum(amounts[1:], amounts[0])) if amounts else None,
    }


def charge(row: Charge) -> dict[str, Any]:
    """Write an accrual."""
    return {"period": str(row.period), "energy": format(row.energy, "f"), "amount": _money(row.amount)}


def meter(found: Meter, readings: Slice[Reading]) -> dict[str, Any]:
    """Write a meter with its newest readings."""
    return {
        "serialNumber": found.serial_number,
        "registers": [{"obisCode": register.obis_code, "zone": register.zone} for register in found.registers],
        "readings": {"nodes": [_reading(row) for row in readings.rows]},
    }


def payment(row: Payment) -> dict[str, Any]:
    """Write a payment."""
    return {
        "amount": _money(row.amount),
        "state": row.state.name,
        "operator": row.operator,
        "acceptedAt": row.accepted_at.isoformat(),
        "settledOn": _day(row.settled_on),
        "postedOn": _day(row.posted_on),
    }


def _reading(row: Reading) -> dict[str, Any]:
    return {
        "readAt": row.read_at.isoformat(),
        "obisCode": row.obis_code,
        "value": format(row.value, "f"),
        "source": row.source.name,
        "quality": row.quality.name,
    }


def _money(amount: Money) -> dict[str, Any]:
    return {"minor": str(amount.minor), "currency": amount.currency, "exponent": EXPONENTS[amount.currency]}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
