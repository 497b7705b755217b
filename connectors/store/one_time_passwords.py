"""One-time passwords: at most one of a customer's is good, for a short while, for one thing: setting their own."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import reading
from connectors.store.insert import insert_into
from connectors.store.sign_in_tables import one_time_passwords
from connectors.store.tables import customers


class OneTimePasswordRows:
    """The one-time passwords, as hashes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def put(
        self, subject: str, password_hash: str, asked_at: datetime, now: datetime, expires_at: datetime
    ) -> bool:
        """Replace a customer's one-time password.

        False, and nothing changed, where one has been used since this one was asked for: then there is no need of it.
        """
        row = {
            "subject": subject,
            "password_hash": password_hash,
            "issued_at": now,
            "expires_at": expires_at,
            "used_at": None,
        }
        is_needed = or_(one_time_passwords.c.used_at.is_(None), one_time_passwords.c.used_at < asked_at)
        async with self._engine.begin() as connection:
            insert = insert_into(connection, one_time_passwords).values(row)
            replace = insert.on_conflict_do_update(
                index_elements=[one_time_passwords.c.subject],
                set_={name: insert.excluded[name] for name in row},
                where=is_needed,
            )
            return (await connection.execute(replace.returning(one_time_passwords.c.subject))).first() is not None

    async def current(self, subject: str, now: datetime) -> str | None:
        """Return the hash of a customer's one-time password while it is good."""
        query = select(one_time_passwords.c.password_hash).where(*_is_good(subject, now))
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).first()
        return row.password_hash if row else None

    async def exchange(
        self, subject: str, one_time_hash: str, own_hash: str, now: datetime, *, name: str | None = None
    ) -> bool:
        """Use a one-time password up and set the customer's own (and a name); False where it is no longer good."""
        good = (*_is_good(subject, now), one_time_passwords.c.password_hash == one_time_hash)
        use = update(one_time_passwords).where(*good).values(used_at=now).returning(one_time_passwords.c.subject)
        own = {"password_hash": own_hash} | ({} if name is None else {"name": name})
        async with self._engine.begin() as connection:
            if (await connection.execute(use)).first() is None:
                return False
            await connection.execute(update(customers).where(customers.c.subject == subject).values(own))
        return True

    async def forget(self, before: datetime) -> int:
        """Drop those that ended before then; returns how many."""
        async with self._engine.begin() as connection:
            old = delete(one_time_passwords).where(one_time_passwords.c.expires_at < before)
            return (await connection.execute(old)).rowcount


def _is_good(subject: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        one_time_passwords.c.subject == subject,
        one_time_passwords.c.used_at.is_(None),
        one_time_passwords.c.expires_at > now,
    )
