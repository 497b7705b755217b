"""Text messages: the outbox, its limits, and what became of each message.

A message is claimed under a lease, and each claim is another attempt: (`id`, `attempt`) names it, so whoever was too
slow changes nothing any more. Only the newest message to a customer is worth sending, and only while it is fresh.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Update, delete, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.messaging.sms import DeliveryReport
from connectors.store.engine import reading
from connectors.store.sign_in_tables import sms_messages
from connectors.store.tables import customers

STORE_FAILURES: Final = (SQLAlchemyError, OSError)
"""What the store raises when it does not answer."""

MOST_ATTEMPTS: Final = 9
"""One digit of the id that a gateway sees."""


class SmsKind(StrEnum):
    """What a message is for."""

    CREDENTIAL = "credential"
    RESET = "reset"
    PHONE = "phone"


class SmsState(StrEnum):
    """How far a message has come; DELIVERED and what follows is never left again."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"
    FAILED = "FAILED"
    DROPPED = "DROPPED"


_OPEN: Final = (SmsState.QUEUED, SmsState.SENDING, SmsState.SENT)


@dataclass(frozen=True, slots=True)
class SmsLimits:
    """How many messages are queued at most: to one number in a minute and in a day, and to all in a minute."""

    number_per_minute: int = 1
    number_per_day: int = 5
    all_per_minute: int = 120


@dataclass(frozen=True, slots=True)
class SmsOrder:
    """A message to queue; `phone` is E.164, `language` one that there is a text in."""

    subject: str
    phone: str = field(repr=False)
    kind: SmsKind
    language: str


@dataclass(frozen=True, slots=True)
class ClaimedSms:
    """A message that is ours to send until the lease ends."""

    id: int
    attempt: int
    queued_at: datetime
    order: SmsOrder

    @property
    def wire_id(self) -> str:
        """The id that the gateway sees: another for each attempt, so that no gateway takes it for a repetition."""
        return f"{self.id}{self.attempt}"


class SmsRows:
    """The outbox of text messages."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def queue(self, order: SmsOrder, limits: SmsLimits, now: datetime) -> bool:
        """Queue a message; False, and nothing changed, where a limit is reached. One customer's are queued in turn."""
        lock = select(customers.c.subject).where(customers.c.subject == order.subject).with_for_update()
        row = {
            "subject": order.subject,
            "phone": order.phone,
            "kind": order.kind.value,
            "language": order.language,
            "queued_at": now,
            "next_attempt_at": now,
            "attempts": 0,
            "state": SmsState.QUEUED.value,
            "state_at": now,
        }
        async with self._engine.begin() as connection:
            await connection.execute(lock)
            if not await _is_within(connection, order.phone, limits, now):
                return False
            await connection.execute(sms_messages.insert(), row)
        return True

    async def claim(self, now: datetime, lease: timedelta, fresh: timedelta, limit: int) -> list[ClaimedSms]:
        """Claim messages that are due, those whose sender's lease ended included, and drop what is not worth sending.

        Args:
            now: the moment.
            lease: for how long nobody else may claim them.
            fresh: how long after it was queued a message is still sent.
            limit: how many at most.
        """
        due = select(sms_messages.c.id).where(sms_messages.c.next_attempt_at <= now)
        async with reading(self._engine) as connection:  # nearly always nothing is due, and reading locks nobody out
            if (await connection.execute(due.limit(1))).first() is None:
                return []
        free = due.order_by(sms_messages.c.next_attempt_at, sms_messages.c.id).with_for_update(skip_locked=True)
        spent = sms_messages.c.id.in_(free.where(_is_spent(now - fresh)))
        claimed = {
            "state": SmsState.SENDING.value,
            "state_at": now,
            "attempts": sms_messages.c.attempts + 1,
            "next_attempt_at": now + lease,
        }
        claim = update(sms_messages).where(sms_messages.c.id.in_(free.limit(limit))).values(claimed)
        async with self._engine.begin() as connection:
            await connection.execute(_end(SmsState.DROPPED, now).where(spent))
            rows = (await connection.execute(claim.returning(sms_messages))).mappings().all()
        return [_claimed(row) for row in rows]

    async def sent(self, claimed: ClaimedSms, gateway_id: str | None, now: datetime) -> None:
        """Note that the gateway took a message; where its report came first, that stands."""
        values = {"gateway_id": gateway_id, "state": SmsState.SENT.value, "state_at": now, "next_attempt_at": None}
        await self._change(update(sms_messages).values(values).where(*_is_ours(claimed)))

    async def postpone(self, claimed: ClaimedSms, until: datetime, now: datetime) -> None:
        """Give a message back, to be sent then."""
        values = {"state": SmsState.QUEUED.value, "state_at": now, "next_attempt_at": until}
        await self._change(update(sms_messages).values(values).where(*_is_ours(claimed)))

    async def give_up(self, claimed: ClaimedSms, state: SmsState, now: datetime) -> None:
        """End a message as FAILED or DROPPED."""
        await self._change(_end(state, now).where(*_is_ours(claimed)))

    async def report(self, report: DeliveryReport, now: datetime) -> bool:
        """Note what became of a message; False where it is unknown, is another attempt's, or came to its end before."""
        about = _about(report)
        if about is None:
            return False
        is_open = sms_messages.c.state.in_([state.value for state in _OPEN])
        return await self._change(_end(SmsState(report.delivery.value), now).where(*about, is_open)) > 0

    async def forget(self, before: datetime) -> int:
        """Drop the messages queued before then, and with them the phones; returns how many."""
        async with self._engine.begin() as connection:
            old = delete(sms_messages).where(sms_messages.c.queued_at < before)
            return (await connection.execute(old)).rowcount

    async def _change(self, change: Update) -> int:
        async with self._engine.begin() as connection:
            return (await connection.execute(change)).rowcount


async def _is_within(connection: AsyncConnection, phone: str, limits: SmsLimits, now: datetime) -> bool:
    """Tell whether one more message keeps to the limits."""
    minute, day = now - timedelta(minutes=1), now - timedelta(days=1)
    to_number = sms_messages.c.phone == phone
    for condition, most in (
        ((to_number, sms_messages.c.queued_at > minute), limits.number_per_minute),
        ((to_number, sms_messages.c.queued_at > day), limits.number_per_day),
        ((sms_messages.c.queued_at > minute,), limits.all_per_minute),
    ):
        count = select(func.count()).select_from(sms_messages).where(*condition)
        if ((await connection.execute(count)).scalar() or 0) >= most:
            return False
    return True


def _is_spent(stale_before: datetime) -> ColumnElement[bool]:
    """Match what is not worth sending: what a newer message replaces, what is stale, what was tried too often."""
    newer = sms_messages.alias("newer")
    of_the_same = newer.c.subject == sms_messages.c.subject
    is_replaced = select(newer.c.id).where(of_the_same, newer.c.id > sms_messages.c.id).exists()
    is_tired = sms_messages.c.attempts >= MOST_ATTEMPTS
    return or_(is_replaced, sms_messages.c.queued_at <= stale_before, is_tired)


def _end(state: SmsState, now: datetime) -> Update:
    return update(sms_messages).values(state=state.value, state_at=now, next_attempt_at=None)


def _is_ours(claimed: ClaimedSms) -> tuple[ColumnElement[bool], ...]:
    """Match the message while nobody has claimed it after us and no report has ended it."""
    attempt = (sms_messages.c.id == claimed.id, sms_messages.c.attempts == claimed.attempt)
    return (*attempt, sms_messages.c.state == SmsState.SENDING.value)


def _about(report: DeliveryReport) -> tuple[ColumnElement[bool], ...] | None:
    """Match the message of a report, by our id if it is one, else by the gateway's."""
    named = report.message_id or ""
    if named.isascii() and named.isdigit() and 1 < len(named) <= 12:  # noqa: PLR2004 -- the most that gateways take
        return sms_messages.c.id == int(named[:-1]), sms_messages.c.attempts == int(named[-1])
    return (sms_messages.c.gateway_id == report.gateway_id,) if report.gateway_id else None


def _claimed(row: Any) -> ClaimedSms:  # noqa: ANN401 -- a row
    order = SmsOrder(row["subject"], row["phone"], SmsKind(row["kind"]), row["language"])
    return ClaimedSms(row["id"], row["attempts"], row["queued_at"], order)
