"""Audit rows: appended, paged, and left alone, for the database itself lets nobody change or delete one."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.audit import AuditRow, AuditRows

NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NUMBER: Final = "012345678901"


def row(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- any column
    empty = dict.fromkeys(AuditRow.__slots__)
    del empty["id"]
    return {**empty, "at": NOW, "kind": "SIGNED_IN", "subject": "s1", **changes}


async def filled(store: AsyncEngine) -> AuditRows:
    rows = AuditRows(store)
    await rows.add([row(detail="1"), row(detail="2"), row(subject="s2", detail="other"), row(detail="3")])
    await rows.add([])
    return rows


async def all_of(rows: AuditRows) -> list[AuditRow]:
    return [*await rows.of_subject("s1", 100, None), *await rows.of_subject("s2", 100, None)]


async def test_customer_s_events_come_newest_first_in_pages(store: AsyncEngine) -> None:
    rows = await filled(store)
    first = await rows.of_subject("s1", 2, None)
    rest = await rows.of_subject("s1", 2, first[-1].id)
    assert [each.detail for each in (*first, *rest)] == ["3", "2", "1"]
    assert await rows.of_subject("s1", 2, rest[-1].id) == []
    assert await rows.of_subject("nobody", 2, None) == []


async def test_all_columns_come_back(store: AsyncEngine) -> None:
    rows = AuditRows(store)
    given = {name: f"a {name}" for name in AuditRow.__slots__ if name not in {"id", "at", "kind", "subject"}}
    await rows.add([row(**given, at=NOW + timedelta(microseconds=1))])
    (found,) = await rows.of_subject("s1", 1, None)
    assert found == AuditRow(id=found.id, **row(**given, at=NOW + timedelta(microseconds=1)))


async def test_account_s_events_are_who_saw_it_since_and_not_who_linked_it(store: AsyncEngine) -> None:
    rows = AuditRows(store)
    about: list[dict[str, Any]] = [
        {"kind": "ACCOUNT_SEEN", "at": NOW - timedelta(microseconds=1), "detail": "too early"},
        {"kind": "ACCOUNT_SEEN", "client_id": "app", "detail": "seen"},
        {"kind": "ACCOUNT_LINKED", "subject": "s2", "network": "192.0.2.0/24", "detail": "another's"},
        {"kind": "PAYEE_SEEN", "subject": None, "client_id": "bank", "detail": "payee"},
        {"kind": "ACCOUNT_SEEN", "account_number": "112345678901", "detail": "another account"},
    ]
    await rows.add([row(**{"account_number": NUMBER, **each}) for each in about])
    assert [each.detail for each in await rows.of_account(NUMBER, NOW, 10, None)] == ["payee", "seen"]
    newest, *_ = await rows.of_account(NUMBER, NOW, 1, None)
    assert [each.detail for each in await rows.of_account(NUMBER, NOW, 10, newest.id)] == ["seen"]


async def test_client_s_events_are_its_own(store: AsyncEngine) -> None:
    rows = AuditRows(store)
    await rows.add([row(client_id=client, detail=client) for client in ("app", "bank", "app")])
    assert [each.detail for each in await rows.of_client("app", 10)] == ["app", "app"]


UPSERT: Final = (
    "INSERT INTO audit_events (id, at, kind) SELECT id, at, 'FORGED' FROM audit_events WHERE true "
    "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind"
)
CHANGES: Final = [
    "UPDATE audit_events SET detail = 'forged'",
    "UPDATE audit_events SET detail = 'forged' WHERE subject = 's1'",
    "UPDATE audit_events SET id = id + 1000",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE subject = 's2'",
    UPSERT,
]
ON_POSTGRESQL: Final = ["TRUNCATE audit_events", "TRUNCATE audit_events CASCADE"]
ON_SQLITE: Final = ["REPLACE INTO audit_events (id, at, kind) SELECT id, at, 'FORGED' FROM audit_events"]


async def test_database_lets_no_event_be_changed_or_deleted(store: AsyncEngine) -> None:
    rows = await filled(store)
    before = await all_of(rows)
    is_postgresql = store.dialect.name == "postgresql"
    tried = [*CHANGES, *(ON_POSTGRESQL if is_postgresql else ON_SQLITE)]
    for change in tried:
        with pytest.raises(DBAPIError, match="the audit trail is append-only"):
            async with store.begin() as connection:
                await connection.execute(text(change))
    assert await all_of(rows) == before
    print(f"\nchanges of the audit trail tried on {store.dialect.name}: {len(tried)}, let through: 0")
    await rows.add([row(detail="later")])
    assert len(await all_of(rows)) == len(before) + 1
