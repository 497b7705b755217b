"""Passkeys: the public keys that customers prove themselves with. Rows are closed, never deleted."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import reading
from connectors.store.insert import insert_into
from connectors.store.sign_in_tables import passkeys

_SHOWN: Final = [column for column in passkeys.c if column.name != "removed_at"]
_IS_OPEN: Final = passkeys.c.removed_at.is_(None)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A customer's passkey; `credential_id` is base64url."""

    credential_id: str
    subject: str
    public_key: bytes = field(repr=False)
    sign_count: int
    is_backed_up: bool
    name: str
    added_at: datetime
    last_used_at: datetime | None = None


class PasskeyRows:
    """The passkeys."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, passkey: Passkey) -> bool:
        """Keep a passkey; False where its credential id is known already."""
        row = {column.name: getattr(passkey, column.name) for column in _SHOWN}
        async with self._engine.begin() as connection:
            insert = insert_into(connection, passkeys).on_conflict_do_nothing().returning(passkeys.c.credential_id)
            return (await connection.execute(insert, row)).first() is not None

    async def find(self, credential_id: str) -> Passkey | None:
        """Find a passkey that is in use."""
        query = select(*_SHOWN).where(passkeys.c.credential_id == credential_id, _IS_OPEN)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).mappings().first()
        return Passkey(**row) if row else None

    async def of_subject(self, subject: str) -> list[Passkey]:
        """Return a customer's passkeys, the oldest first."""
        query = select(*_SHOWN).where(passkeys.c.subject == subject, _IS_OPEN).order_by(passkeys.c.added_at)
        async with reading(self._engine) as connection:
            return [Passkey(**row) for row in (await connection.execute(query)).mappings()]

    async def use(self, credential_id: str, seen_count: int, new_count: int, now: datetime) -> bool:
        """Note a use; False where another use was noted since the count was seen, or the passkey is gone."""
        seen = (passkeys.c.credential_id == credential_id, passkeys.c.sign_count == seen_count, _IS_OPEN)
        used = update(passkeys).where(*seen).values(sign_count=new_count, last_used_at=now)
        async with self._engine.begin() as connection:
            return (await connection.execute(used)).rowcount > 0

    async def remove(self, subject: str, credential_id: str, now: datetime) -> bool:
        """Close a customer's passkey; False where it is not there."""
        matching = (passkeys.c.subject == subject, passkeys.c.credential_id == credential_id, _IS_OPEN)
        async with self._engine.begin() as connection:
            closed = await connection.execute(update(passkeys).where(*matching).values(removed_at=now))
            return closed.rowcount > 0
