"""Errors that leave the house, their stable codes, and nothing else.

GridgateError            carries a code; its text and extensions are safe to show
├── Unauthenticated      nobody, or a token that is no longer valid
├── Forbidden            somebody, without the scope that the field asks for
├── StepUpRequired       somebody, whose sign-in is too weak or too old for this; names the ways that would do
├── NotFound             no such thing, or not the caller's: the two are never told apart
├── InvalidArgument      an argument's value cannot be used; names the argument
├── NodeLimitExceeded    one operation asked for more objects than it may
├── TooManyRequests      the caller asks too often; says when to come back
└── UpstreamError        a legacy system did not answer as agreed; names the system
    ├── UpstreamUnavailable   refused, failed or could not be reached
    ├── UpstreamTimeout       no answer within the deadline
    ├── UpstreamMalformed     an answer that cannot be read
    └── PlannedMaintenance    announced downtime, with its end where known
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from schema.systems import System


class ErrorCode(StrEnum):
    """The codes in `errors[].extensions.code`; `docs/errors.md` explains each."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    INSUFFICIENT_USER_AUTHENTICATION = "INSUFFICIENT_USER_AUTHENTICATION"
    NOT_FOUND = "NOT_FOUND"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    OPERATION_INVALID = "OPERATION_INVALID"
    REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
    NODE_LIMIT_EXCEEDED = "NODE_LIMIT_EXCEEDED"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
    UPSTREAM_TIMEOUT = "UPSTREAM_TIMEOUT"
    UPSTREAM_MALFORMED = "UPSTREAM_MALFORMED"
    PLANNED_MAINTENANCE = "PLANNED_MAINTENANCE"
    INTERNAL = "INTERNAL"


class GridgateError(Exception):
    """An error whose text and extensions may be shown to the client."""

    code: ClassVar[ErrorCode]

    def __init__(self, message: str, **extensions: object) -> None:
        super().__init__(message)
        self.extensions: Mapping[str, object] = {"code": self.code.value, **extensions}


class Unauthenticated(GridgateError):
    """Nobody is signed in, or the token is no longer valid."""

    code = ErrorCode.UNAUTHENTICATED

    def __init__(self, message: str = "This field needs a valid access token; sign in.") -> None:
        super().__init__(message)


class Forbidden(GridgateError):
    """The caller's token lacks a scope."""

    code = ErrorCode.FORBIDDEN

    def __init__(self, scope: str) -> None:
        super().__init__(f"This field needs the scope {scope}.", requiredScopes=[scope])


class StepUpRequired(GridgateError):
    """The sign-in is too weak or too old for what was asked (RFC 9470, section 3)."""

    code = ErrorCode.INSUFFICIENT_USER_AUTHENTICATION

    def __init__(self, acr: str, max_age_s: int, methods: Sequence[str]) -> None:
        """Name the least `acr`, the greatest age in seconds, and the ways of signing in that would do."""
        super().__init__(
            "Sign in again, by one of the methods named, to do this.",
            acrValues=acr,
            maxAge=max_age_s,
            methods=list(methods),
        )


class NotFound(GridgateError):
    """The thing does not exist or is not the caller's; which of the two is never told."""

    code = ErrorCode.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("There is no such object among yours.")


class InvalidArgument(GridgateError):
    """An argument's value cannot be used."""

    code = ErrorCode.VALIDATION_FAILED

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(message, argument=argument)


class NodeLimitExceeded(GridgateError):
    """The operation asked for more objects than one operation may."""

    code = ErrorCode.NODE_LIMIT_EXCEEDED

    def __init__(self, limit: int) -> None:
        super().__init__(f"One operation may ask for {limit} objects; ask for fewer at a time.", limit=limit)


class TooManyRequests(GridgateError):
    """The caller asks too often."""

    code = ErrorCode.TOO_MANY_REQUESTS

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many requests; try again in {wait_s} seconds.", retryAfterSeconds=wait_s)


class UpstreamError(GridgateError):
    """A legacy system did not answer as agreed. The cause is logged, never shown."""

    planned: ClassVar[bool] = False
    text: ClassVar[str]

    def __init__(self, system: System, **extensions: object) -> None:
        super().__init__(self.text.format(system=system.value), system=system.value, planned=self.planned, **extensions)
        self.system = system


class UpstreamUnavailable(UpstreamError):
    """The system refused, failed or could not be reached."""

    code = ErrorCode.UPSTREAM_UNAVAILABLE
    text = "The {system} system is not available now."


class UpstreamTimeout(UpstreamError):
    """The system did not answer within the deadline."""

    code = ErrorCode.UPSTREAM_TIMEOUT
    text = "The {system} system did not answer in time."


class UpstreamMalformed(UpstreamError):
    """The system answered with something that cannot be read."""

    code = ErrorCode.UPSTREAM_MALFORMED
    text = "The {system} system gave an answer that cannot be read."


class PlannedMaintenance(UpstreamError):
    """The system is down as announced; `until` is its announced end, where known."""

    code = ErrorCode.PLANNED_MAINTENANCE
    planned = True
    text = "The {system} system is under planned maintenance."

    def __init__(self, system: System, until: datetime | None = None) -> None:
        super().__init__(system, until=until.isoformat() if until else None)
        self.until = until
