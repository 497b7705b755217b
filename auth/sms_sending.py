"""The sender of messages: takes them from the outbox, draws one-time passwords, and hands them to the gateway.

A password is drawn at the moment of sending and stands nowhere but in the message. Whoever is killed in between leaves
a lease that ends; whoever takes over draws another, and the one before is good for nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from opentelemetry import metrics

from auth.audit import Audit, AuditEvent, AuditKind
from auth.one_time_passwords import OneTimePasswords
from auth.passwords import TooManyAtOnce
from auth.phone_change import PhoneCodes
from auth.sms_texts import SmsTexts
from connectors.messaging.sms import DeliveryReport, SmsGateway, SmsMessage, SmsRefused, SmsUnavailable
from connectors.store.sms import MOST_ATTEMPTS, STORE_FAILURES, ClaimedSms, SmsKind, SmsRows, SmsState
from connectors.transport.deadline import Deadline

_DAY_S: Final = 86_400
_SENT: Final = metrics.get_meter("gridgate.auth").create_counter(
    "gridgate.sms.sent", description="Attempts to send a message, by what came of them."
)

log = structlog.get_logger("gridgate")


@dataclass(frozen=True, slots=True)
class SendingPace:
    """How messages are sent. The lease is longer than an attempt may take, so that none is sent by two at once."""

    rest_s: float = 1.0
    at_once: int = 20
    attempt_s: float = 20.0
    lease: timedelta = timedelta(minutes=1)
    fresh: timedelta = timedelta(minutes=10)
    first_wait: timedelta = timedelta(seconds=5)
    kept: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SmsSender:
    """Sends what is queued, and notes what became of it."""

    messages: SmsRows
    one_time: OneTimePasswords
    phone_codes: PhoneCodes
    gateway: SmsGateway
    texts: SmsTexts
    audit: Audit
    now: Callable[[], datetime]
    pace: SendingPace = SendingPace()

    async def run(self) -> None:
        """Send what comes due, for ever."""
        while True:
            claimed = 0
            try:
                claimed = await self.send_due()
            except STORE_FAILURES as error:
                log.warning("sms_not_claimed", error=type(error).__name__)
            if claimed < self.pace.at_once:
                await asyncio.sleep(self.pace.rest_s)

    async def forget_daily(self) -> None:
        """Drop old messages and one-time passwords, once a day, for ever."""
        while True:
            try:
                await self.messages.forget(self.now() - self.pace.kept)
                await self.one_time.rows.forget(self.now() - self.pace.kept)
            except STORE_FAILURES as error:
                log.warning("sms_not_forgotten", error=type(error).__name__)
            await asyncio.sleep(_DAY_S)

    async def send_due(self) -> int:
        """Try to send what is due now, many at once; returns how many were tried."""
        deadline = Deadline.within(self.pace.attempt_s)
        pace = self.pace
        claimed = await self.messages.claim(self.now(), pace.lease, pace.fresh, pace.at_once)
        await asyncio.gather(*(self._attempt(each, deadline) for each in claimed))
        return len(claimed)

    async def note(self, reports: Sequence[DeliveryReport]) -> int:
        """Note what became of messages; returns how many of them were known and still open."""
        return sum([await self.messages.report(report, self.now()) for report in reports])

    async def _attempt(self, claimed: ClaimedSms, deadline: Deadline) -> None:
        """Send one message; where the store fails, the lease ends and somebody tries again."""
        try:
            outcome = await self._send(claimed, deadline)
        except SmsRefused as refused:
            outcome = refused.code
            await self._not_sent(claimed, is_final=refused.permanent)
        except SmsUnavailable as error:
            outcome = error.reason
            await self._not_sent(claimed)
        except TooManyAtOnce:
            outcome = "BUSY"
            await self._not_sent(claimed)
        except STORE_FAILURES as error:
            outcome = type(error).__name__
        _SENT.add(1, {"outcome": outcome})
        if outcome != SmsState.SENT:
            log.warning("sms_not_sent", id=claimed.wire_id, reason=outcome)

    async def _send(self, claimed: ClaimedSms, deadline: Deadline) -> str:
        order = claimed.order
        password = await self._draw(claimed)
        if password is None:
            await self.messages.give_up(claimed, SmsState.DROPPED, self.now())
            return SmsState.DROPPED
        minutes = int(self.one_time.lifetime.total_seconds()) // 60
        text = self.texts.write(order.kind, order.language, login=order.phone, password=password, minutes=minutes)
        sent = await self.gateway.send(SmsMessage(claimed.wire_id, order.phone, text), deadline)
        await self.messages.sent(claimed, sent.gateway_id, self.now())
        await self.audit.record(
            AuditEvent(AuditKind.CREDENTIAL_SENT, subject=order.subject, provider="sms", detail=order.kind)
        )
        return SmsState.SENT

    async def _draw(self, claimed: ClaimedSms) -> str | None:
        """Draw what the message is about; None where it is not wanted any more."""
        order = claimed.order
        if order.kind == SmsKind.PHONE:
            return await self.phone_codes.issue(order.subject, order.phone)
        return await self.one_time.issue(order.subject, claimed.queued_at)

    async def _not_sent(self, claimed: ClaimedSms, *, is_final: bool = False) -> None:
        """Give a message up, or put it back for a while that doubles with each attempt."""
        now = self.now()
        try:
            if is_final or claimed.attempt >= MOST_ATTEMPTS:
                await self.messages.give_up(claimed, SmsState.FAILED, now)
            else:
                wait = self.pace.first_wait * float(2 ** (claimed.attempt - 1))
                await self.messages.postpone(claimed, now + wait, now)
        except STORE_FAILURES as error:
            log.warning("sms_not_put_back", error=type(error).__name__)
