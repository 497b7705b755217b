"""Rows of the legacy tables made of the world's payments, in stored form (see `sandbox.supply.values`)."""

from __future__ import annotations

from datetime import datetime

from sandbox.ledger import IncomingPayment, Payment
from sandbox.supply.values import Stored
from sandbox.utilities import Utility

__all__ = ["incoming_row", "local", "payment_row"]

Row = tuple[Stored, ...]


def local(moment: datetime, utility: Utility) -> str:
    """Write a moment as the utility's local time without a zone, whole seconds, as its database keeps it."""
    return moment.astimezone(utility.zone).replace(tzinfo=None, microsecond=0).isoformat(" ")


def payment_row(payment: Payment, utility: Utility) -> Row:
    """Make a row of `platezhi`."""
    return (
        payment.id,
        payment.account,
        local(payment.accepted_at, utility),
        payment.settled_on.isoformat() if payment.settled_on else None,
        payment.posted_on.isoformat() if payment.posted_on else None,
        payment.amount_minor,
        utility.currency,
        payment.operator,
        payment.receipt_no,
        payment.state,
    )


def incoming_row(incoming: IncomingPayment, number: int, utility: Utility) -> Row:
    """Make a row of `plat_vhod` with this id."""
    return (
        number,
        incoming.external_id,
        incoming.account,
        incoming.amount_minor,
        utility.currency,
        incoming.operator,
        local(incoming.accepted_at, utility),
        int(incoming.processed),
        incoming.payment_id,
    )
