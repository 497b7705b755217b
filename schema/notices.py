"""Notices that a system gives to everybody: planned maintenance and information."""

from datetime import datetime
from enum import Enum

import strawberry

from schema.systems import System


@strawberry.enum(description="What a notice is about.")
class NoticeKind(Enum):
    """What a notice is about."""

    MAINTENANCE = "MAINTENANCE"
    INFORMATION = "INFORMATION"


@strawberry.type(description="A notice to everybody, such as planned maintenance of a system.")
class SystemNotice:
    """A notice in the language that fits the caller best."""

    reference: str
    kind: NoticeKind
    affects: System | None = strawberry.field(description="The system concerned; null for all.")
    starts_at: datetime
    ends_at: datetime | None
    texts: strawberry.Private[dict[str, str]]

    @strawberry.field(
        description="The text in one of the utility's languages (BCP 47); the first it has where that one is missing."
    )
    def text(self, language: str = "en") -> str:
        """Choose the text."""
        return self.texts.get(language) or next(iter(self.texts.values()), "")
