"""Devices: kiosks and other machines without a browser that wait until somebody lets them in (RFC 8628)."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from connectors.store.authorization_tables import device_codes
from connectors.store.families import authentication_values, take_authentication
from schema.authentication import Authentication


@dataclass(frozen=True, slots=True)
class Device:
    """A device that waits, by the SHA-256 of its two codes. `state`: `pending`, `approved`, `denied` or `consumed`."""

    device_code_hash: str = field(repr=False)
    user_code_hash: str = field(repr=False)
    client_id: str
    scope: str
    state: str
    interval_s: int
    issued_at: datetime
    expires_at: datetime
    subject: str | None = field(default=None, repr=False)
    grant_id: str | None = None
    authentication: Authentication | None = None
    last_polled_at: datetime | None = None


def add_device(connection: Connection, device: Device) -> None:
    """Keep a device that begins to wait; raises IntegrityError where its user code is in use, which chance forbids."""
    values = {name: getattr(device, name) for name in Device.__slots__ if name != "authentication"}
    connection.execute(device_codes.insert().values(values))


def lock_device(connection: Connection, device_code_hash: str) -> Device | None:
    """Find a device by the code that it polls with, and hold its row until the transaction ends."""
    return _find(connection, device_codes.c.device_code_hash == device_code_hash, is_held=True)


def find_waiting(connection: Connection, user_code_hash: str, now: datetime, *, is_held: bool = False) -> Device | None:
    """Find a device that nobody has decided about, by the code that it shows; hold its row where it is to be."""
    device = _find(connection, device_codes.c.user_code_hash == user_code_hash, is_held=is_held)
    return device if device is not None and device.state == "pending" and device.expires_at > now else None


def decide(  # noqa: PLR0913 -- a decision's own facts
    connection: Connection,
    user_code_hash: str,
    subject: str,
    now: datetime,
    *,
    grant_id: str | None = None,
    scope: str | None = None,
    authentication: Authentication | None = None,
) -> bool:
    """Let a waiting device in with a sign-in, or turn it away without one; False where it does not wait any more."""
    decided: dict[str, object] = {"state": "denied", "subject": subject}
    if authentication is not None:
        decided |= {"state": "approved", "grant_id": grant_id, "scope": scope, **authentication_values(authentication)}
    waiting = (
        device_codes.c.user_code_hash == user_code_hash,
        device_codes.c.state == "pending",
        device_codes.c.expires_at > now,
    )
    return connection.execute(update(device_codes).where(*waiting).values(decided)).rowcount == 1


def consume(connection: Connection, device_code_hash: str) -> bool:
    """Use up a device that was let in; False for all but the first who does so."""
    approved = (device_codes.c.device_code_hash == device_code_hash, device_codes.c.state == "approved")
    return connection.execute(update(device_codes).where(*approved).values(state="consumed")).rowcount == 1


def note_poll(connection: Connection, device_code_hash: str, now: datetime, interval_s: int) -> None:
    """Note that a device asked, and how many seconds it must leave until it asks again."""
    polled = {"last_polled_at": now, "interval_s": interval_s}
    connection.execute(update(device_codes).where(device_codes.c.device_code_hash == device_code_hash).values(polled))


def _find(connection: Connection, which: ColumnElement[bool], *, is_held: bool) -> Device | None:
    query = select(device_codes).where(which)
    row = connection.execute(query.with_for_update() if is_held else query).mappings().first()
    if row is None:
        return None
    given = dict(row)
    if given["assurance"] is None:
        given = {name: value for name, value in given.items() if name not in {"assurance", "amr", "authenticated_at"}}
        return Device(**given)
    return Device(authentication=take_authentication(given), **given)
