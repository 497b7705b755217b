"""Refusals that more than one verb of this room gives."""

from typing import Final

from schema.refusals import Refusal, RefusalCode

BUSY: Final = Refusal(
    code=RefusalCode.SYSTEM_NOT_AVAILABLE,
    message="Too many people are signing in at this moment; try again in a few seconds.",
    retry_after_seconds=2,
)


def invalid(field: str, message: str) -> Refusal:
    """Refuse an input field."""
    return Refusal(code=RefusalCode.INVALID_INPUT, message=message, field=field)


def too_many_attempts(wait_s: int) -> Refusal:
    """Refuse for a while, and say for how long."""
    return Refusal(
        code=RefusalCode.TOO_MANY_ATTEMPTS,
        message=f"Too many attempts; try again in {wait_s} seconds.",
        retry_after_seconds=wait_s,
    )
