"""Devices: somebody types the code that a device shows, and lets it in or turns it away (RFC 8628, 3.3 and 5.1).

Codes are short because people type them, so guessing is slowed down, by customer and by address.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from authlib.oauth2.rfc6749 import AccessDeniedError  # type: ignore[import-untyped]  # Authlib ships no types

from auth.audit import AuditKind
from auth.identity.port import Visitor
from auth.refusals import invalid, too_many_attempts
from auth.server.approval import Approval, settle
from auth.server.core import Core
from auth.server.device_authorization import read_user_code
from auth.server.turn import Turn, Turns
from auth.throttle import Kind, Throttle, Tried
from connectors.store.devices import decide, find_waiting
from connectors.store.links import LinkRows
from connectors.store.tickets import key_of
from schema.authentication import Authentication
from schema.identifiers import AccountNumber
from schema.refusals import Refusal
from schema.scopes import Scope


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A device that waits, for the page that asks about it. `key` is what it is decided by."""

    client_id: str
    client_name: str
    is_first_party: bool
    scopes: frozenset[Scope]
    expires_at: datetime
    key: str = field(repr=False)


UNKNOWN: Final = invalid("user_code", "No device shows this code; it may be too old. Begin again at the device.")


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices that wait for customers."""

    turns: Turns
    throttle: Throttle
    links: LinkRows

    async def find(self, user_code: str, subject: str, visitor: Visitor) -> DeviceRequest | Refusal:
        """Find the device that shows a code; a refusal says that there is none, or how long to wait before guessing."""
        tried = (Tried(Kind.DEVICE_SUBJECT, subject), Tried.address(Kind.DEVICE_ADDRESS, visitor.address))
        wait = await self.throttle.begin(*tried)
        if wait is not None:
            return too_many_attempts(wait)
        code = read_user_code(user_code)
        found = await self.turns.look(lambda turn: _find(turn, key_of(code))) if code is not None else None
        if found is None:
            return UNKNOWN
        await self.throttle.take_back(*tried)
        return found

    async def approve(  # noqa: PLR0913 -- who decided what, and how sure we are that it was them
        self,
        device: DeviceRequest,
        subject: str,
        authentication: Authentication,
        scopes: Collection[Scope],
        accounts: Collection[AccountNumber] = (),
        *,
        visitor: Visitor | None = None,
    ) -> bool:
        """Let a device in; False where it does not wait any more.

        Scopes that were not asked for and accounts that are not the customer's do not count; no scopes turn it away.
        """
        linked = await self.links.numbers(subject)
        approval = Approval(
            subject=subject,
            authentication=authentication,
            asked=frozenset(scope.value for scope in device.scopes),
            scopes=frozenset(scope.value for scope in scopes),
            accounts=None if device.is_first_party else linked & frozenset(accounts),
        )
        return await self.turns.take(lambda turn: _approve(turn, device, approval), visitor=visitor)

    async def deny(self, device: DeviceRequest, subject: str, visitor: Visitor | None = None) -> bool:
        """Turn a device away; False where it does not wait any more."""
        return await self.turns.take(lambda turn: _deny(turn, device, subject), visitor=visitor)


def _find(turn: Turn, key: str) -> DeviceRequest | None:
    device = find_waiting(turn.transaction, key, turn.now)
    client = Core(turn).query_client(device.client_id) if device is not None else None
    if device is None or client is None:
        return None
    return DeviceRequest(
        client_id=client.client_id,
        client_name=client.row.name,
        is_first_party=client.row.is_first_party,
        scopes=frozenset(Scope(name) for name in device.scope.split()),
        expires_at=device.expires_at,
        key=key,
    )


def _approve(turn: Turn, device: DeviceRequest, approval: Approval) -> bool:
    waiting = find_waiting(turn.transaction, device.key, turn.now, is_held=True)
    client = Core(turn).query_client(device.client_id)
    if waiting is None or client is None:
        return False
    try:
        settled = settle(turn, client, approval)
    except AccessDeniedError:
        return decide(turn.transaction, device.key, approval.subject, turn.now)
    return decide(
        turn.transaction,
        device.key,
        approval.subject,
        turn.now,
        grant_id=settled.grant_id,
        scope=settled.scope,
        authentication=approval.authentication,
    )


def _deny(turn: Turn, device: DeviceRequest, subject: str) -> bool:
    client = Core(turn).query_client(device.client_id)
    is_denied = decide(turn.transaction, device.key, subject, turn.now)
    if is_denied and client is not None:
        turn.record(AuditKind.ACCESS_REFUSED, client, subject, "BY_CUSTOMER")
    return is_denied
