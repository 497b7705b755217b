"""Position: a payment's place among its account's payments, as the system's own columns tell it."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from connectors.legacy.times import local_moments
from schema.errors import InvalidArgument


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A local time without a zone, and the id that tells payments of one time apart."""

    at: datetime
    id: int


def read_position(after: str | None, zone: tzinfo) -> Position | None:
    """Read what schema.payments.payment_position wrote; raises InvalidArgument."""
    if after is None:
        return None
    accepted_at, _, reference = after.rpartition("|")
    try:
        return Position(_local(datetime.fromisoformat(accepted_at), zone), int(reference))
    except (ValueError, OverflowError) as error:
        raise InvalidArgument("after", "after is a cursor from an earlier page.") from error


def _local(moment: datetime, zone: tzinfo) -> datetime:
    """Return what the zone's clocks showed; a time that they skipped stays as it was written."""
    if moment.tzinfo is None:
        raise ValueError("a position has an aware time")
    shown = moment.replace(tzinfo=None)
    return shown if moment in local_moments(shown, zone) else moment.astimezone(zone).replace(tzinfo=None)
