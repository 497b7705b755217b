"""The clock that everything in the house is given."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, aware."""
    return datetime.now(UTC)
