"""The port of text messages: what a gateway is asked for, and what it reports afterwards.

SmsRefused(Exception)      the gateway said no; `permanent` where the same message would be refused again
SmsUnavailable(Exception)  the gateway did not answer as agreed: whether the message was sent is not known
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from connectors.transport.deadline import Deadline

_ID: Final = re.compile(r"\d{1,12}", re.ASCII)
_E164: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)

_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED: Final = frozenset("^{}\\[~]|€\f")


class SmsRefused(Exception):
    """The gateway said no; `code` is its own, without personal data."""

    def __init__(self, code: str, *, permanent: bool) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent


class SmsUnavailable(Exception):
    """The gateway did not answer as agreed; `reason` is a short code for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """A message to send. `id` is ours, 1 to 12 digits, since Eskiz takes no other; `phone` is E.164."""

    id: str
    phone: str = field(repr=False)
    text: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse with ValueError what no gateway takes."""
        if not _ID.fullmatch(self.id):
            raise ValueError("the id of a message has 1 to 12 digits")
        if not _E164.fullmatch(self.phone):
            raise ValueError("the phone of a message is E.164")

    @property
    def recipient(self) -> str:
        """The phone as gateways write it: without the plus."""
        return self.phone.removeprefix("+")


@dataclass(frozen=True, slots=True)
class SentSms:
    """A message that the gateway took; `gateway_id` is its own, where it gives one."""

    gateway_id: str | None


class Delivery(StrEnum):
    """What became of a message in the end."""

    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a message, named by our id or by the gateway's."""

    delivery: Delivery
    message_id: str | None = None
    gateway_id: str | None = None


class SmsGateway(Protocol):
    """Somebody who carries text messages."""

    async def send(self, message: SmsMessage, deadline: Deadline) -> SentSms:
        """Hand a message over; raises SmsRefused and SmsUnavailable."""
        ...

    def read_reports(self, body: bytes, content_type: str) -> Sequence[DeliveryReport]:
        """Read what the gateway posts later; states on the way are left out. Raises Unreadable."""
        ...


_DELIVERED: Final = frozenset({"DELIVRD", "DELIVERED", "READ"})
_UNDELIVERED: Final = frozenset(
    {"UNDELIV", "UNDELIVERED", "UNDELIVERABLE", "NOTDELIVERED", "EXPIRED", "REJECTD", "REJECTED"}
    | {"DELETED", "FAILED", "CANCELLED"}
)


def delivery_of(status: str) -> Delivery | None:
    """Read a status in any gateway's spelling; None for one that is not the last (WAITING, ENROUTE, UNKNOWN)."""
    word = status.strip().upper().replace(" ", "")
    if word in _DELIVERED:
        return Delivery.DELIVERED
    return Delivery.UNDELIVERED if word in _UNDELIVERED else None


def parts(text: str) -> int:
    """Count the messages that a text is carried in: of 160 GSM characters, or of 70 in UCS-2 (3GPP TS 23.038)."""
    if _GSM.union(_GSM_ESCAPED).issuperset(text):
        length, whole, joined = sum(2 if character in _GSM_ESCAPED else 1 for character in text), 160, 153
    else:
        length, whole, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= whole else -(-length // joined)
