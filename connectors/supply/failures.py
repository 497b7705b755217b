"""Failures of the supply database, told as the errors that leave the house."""

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Final

from asyncpg import InterfaceError, InternalClientError, PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.legacy.times import local_moments
from schema.errors import PlannedMaintenance, UpstreamError, UpstreamMalformed, UpstreamTimeout, UpstreamUnavailable
from schema.systems import System

FAILURES: Final = (
    SQLAlchemyError,
    PostgresError,  # asyncpg's own three while it connects, where SQLAlchemy does not wrap them
    InterfaceError,
    InternalClientError,
    OSError,  # the network's
    UnicodeDecodeError,  # text in another encoding than the one declared
)

_CANNOT_CONNECT_NOW: Final = "57P03"
_CANCELLED: Final = "57014"
_MAINTENANCE: Final = re.compile(r"MAINTENANCE until (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})", re.ASCII)


def as_upstream_error(error: Exception, zone: tzinfo) -> UpstreamError:
    """Say what a failure means: planned maintenance, a timeout, an unreadable answer, or not available."""
    for cause in _causes(error):
        state = getattr(cause, "sqlstate", None)
        found = _MAINTENANCE.search(str(cause))
        if state == _CANNOT_CONNECT_NOW and found:
            local = datetime.fromisoformat(found[1])
            return PlannedMaintenance(System.SUPPLY, local_moments(local, zone)[0])
        if state == _CANCELLED or isinstance(cause, PoolTimeout):
            return UpstreamTimeout(System.SUPPLY)
        if isinstance(cause, (UnicodeDecodeError, InternalClientError)):
            return UpstreamMalformed(System.SUPPLY)
    return UpstreamUnavailable(System.SUPPLY)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
