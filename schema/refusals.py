"""Refusals: expected answers to a mutation that did nothing, with a stable code."""

from enum import Enum

import strawberry


@strawberry.enum(description="Why a mutation did nothing; docs/errors.md explains each.")
class RefusalCode(Enum):
    """Why a mutation did nothing."""

    INVALID_INPUT = "INVALID_INPUT"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    WEAK_PASSWORD = "WEAK_PASSWORD"  # noqa: S105 -- a code
    PASSWORD_MUST_CHANGE = "PASSWORD_MUST_CHANGE"  # noqa: S105 -- a code
    SIGN_IN_REFUSED = "SIGN_IN_REFUSED"
    ACCOUNT_NOT_CONFIRMED = "ACCOUNT_NOT_CONFIRMED"
    METHOD_NOT_OFFERED = "METHOD_NOT_OFFERED"
    SYSTEM_NOT_AVAILABLE = "SYSTEM_NOT_AVAILABLE"


@strawberry.type(description="The mutation did nothing, and why.")
class Refusal:
    """An expected refusal; nothing was changed."""

    code: RefusalCode
    message: str
    field: str | None = strawberry.field(default=None, description="The input field at fault, where it is one.")
    retry_after_seconds: int | None = strawberry.field(default=None, description="When to try again, where it helps.")
