"""Audit: who signed in, was refused, was granted what, and saw which account. What is written stays.

An event holds no name, login, token or whole address: the network (/24, /48) and a device family answer "was it me?".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from auth.identity.port import Visitor
from connectors.store.audit import AuditRows
from schema.access import AuditKind

__all__ = ["Audit", "AuditEvent", "AuditKind", "device", "network"]

_NETWORK_BITS: Final = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event. `detail` is a code or a list of scopes, never text of a person; `client` is an id and a name."""

    kind: AuditKind
    subject: str | None = None
    account: str | None = None
    client: tuple[str, str] | None = None
    provider: str | None = None
    detail: str | None = None
    visitor: Visitor | None = None


class Audit:
    """Writes events."""

    def __init__(self, rows: AuditRows, now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._now = now

    async def record(self, *events: AuditEvent) -> None:
        """Append events. What must be accounted for is recorded before it is answered."""
        at = self._now()
        await self._rows.add([_row(event, at) for event in events])


def _row(event: AuditEvent, at: datetime) -> dict[str, Any]:
    client_id, client_name = event.client or (None, None)
    visitor = event.visitor
    return {
        "at": at,
        "kind": event.kind.value,
        "subject": event.subject,
        "account_number": event.account,
        "client_id": client_id,
        "client_name": client_name,
        "provider": event.provider,
        "detail": event.detail,
        "network": network(visitor.address) if visitor else None,
        "device": device(visitor.user_agent) if visitor else None,
    }


def network(address: str) -> str:
    """Return the network of an IP address, which tells roughly where somebody was and not who they are."""
    try:
        host = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(host, IPv6Address):
        host = host.ipv4_mapped or IPv6Address(int(host))  # without the zone of a link-local address
    return str(ip_network((int(host), _NETWORK_BITS[host.version]), strict=False))


_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """Return a device's family, such as "Firefox, Linux"; what names no browser we know is "other"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "other")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return f"{browser}, {system}" if system else browser
