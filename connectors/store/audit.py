"""Audit rows: written once, read by those they are about, never changed (the database itself refuses)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.authorization_tables import audit_events
from connectors.store.engine import reading
from schema.access import AuditKind

_SEEN: Final = (AuditKind.ACCOUNT_SEEN, AuditKind.PAYEE_SEEN)
"""What says that an account was seen; other events of an account are about whoever else linked it."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event as it stands in the store."""

    id: int
    at: datetime
    kind: str
    subject: str | None
    account_number: str | None
    client_id: str | None
    client_name: str | None
    provider: str | None
    detail: str | None
    network: str | None
    device: str | None


class AuditRows:
    """The audit trail."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append events."""
        if not rows:
            return
        async with self._engine.begin() as connection:
            await connection.execute(audit_events.insert(), list(rows))

    async def of_subject(self, subject: str, limit: int, before: int | None) -> list[AuditRow]:
        """Return what happened to a customer, newest first; `before` is the id of the last event seen."""
        return await self._newest(audit_events.c.subject == subject, limit=limit, before=before)

    async def of_account(self, number: str, since: datetime, limit: int, before: int | None) -> list[AuditRow]:
        """Return what was seen of an account since then, newest first."""
        about = (
            audit_events.c.account_number == number,
            audit_events.c.at >= since,
            audit_events.c.kind.in_([kind.value for kind in _SEEN]),
        )
        return await self._newest(*about, limit=limit, before=before)

    async def of_client(self, client_id: str, limit: int, before: int | None = None) -> list[AuditRow]:
        """Return what a client did, newest first."""
        return await self._newest(audit_events.c.client_id == client_id, limit=limit, before=before)

    async def _newest(self, *about: ColumnElement[bool], limit: int, before: int | None) -> list[AuditRow]:
        query = select(audit_events).where(*about).order_by(audit_events.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit_events.c.id < before)
        async with reading(self._engine) as connection:
            return [AuditRow(**row) for row in (await connection.execute(query)).mappings()]
