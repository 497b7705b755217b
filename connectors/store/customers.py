"""Customers: who has registered, by which logins, with which password hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import reading
from connectors.store.insert import insert_into
from connectors.store.tables import customers
from schema.customers import Customer

_SHOWN: Final = (
    customers.c.subject,
    customers.c.name,
    customers.c.email,
    customers.c.phone,
    customers.c.registered_at,
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A customer with the hash that their password must match: an empty one, which nothing matches, for no password.

    `is_phone_confirmed` says whether they showed that the phone is theirs.
    """

    customer: Customer
    password_hash: str
    is_phone_confirmed: bool = False

    def __repr__(self) -> str:
        return f"Registered(subject={self.customer.subject!r})"


class CustomerRows:
    """The customers. Logins arrive normalised: e-mail in one spelling, phone as E.164."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, customer: Customer, password_hash: str | None) -> bool:
        """Register a customer, with a password or without; False, and nothing changed, where a login is taken."""
        row = {name: getattr(customer, name) for name in ("subject", "name", "email", "phone", "registered_at")}
        async with self._engine.begin() as connection:
            insert = insert_into(connection, customers).on_conflict_do_nothing().returning(customers.c.subject)
            added = await connection.execute(insert, {**row, "password_hash": password_hash or ""})
            return added.first() is not None

    async def get(self, subject: str) -> Customer | None:
        """Find a customer by subject."""
        async with reading(self._engine) as connection:
            found = await connection.execute(select(*_SHOWN).where(customers.c.subject == subject))
            row = found.mappings().first()
        return _customer(row) if row else None

    async def by_email(self, email: str) -> Registered | None:
        """Find a customer by e-mail."""
        return await self._registered(customers.c.email == email)

    async def by_phone(self, phone: str) -> Registered | None:
        """Find a customer by phone."""
        return await self._registered(customers.c.phone == phone)

    async def renew_hash(self, subject: str, old: str, new: str) -> None:
        """Replace a hash made with weaker parameters; a password changed in the meantime stays as it is."""
        matching = (customers.c.subject == subject, customers.c.password_hash == old)
        async with self._engine.begin() as connection:
            await connection.execute(update(customers).where(*matching).values(password_hash=new))

    async def set_password(self, subject: str, password_hash: str) -> None:
        """Set a customer's password."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(customers).where(customers.c.subject == subject).values(password_hash=password_hash)
            )

    async def set_phone(self, subject: str, phone: str, now: datetime) -> bool:
        """Set a phone that the customer has shown to be theirs; False, and nothing changed, where it is taken."""
        confirmed = {"phone": phone, "phone_confirmed_at": now}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(update(customers).where(customers.c.subject == subject).values(confirmed))
        except IntegrityError:
            return False
        return True

    async def confirm_phone(self, subject: str, now: datetime) -> None:
        """Note that the customer has shown that the phone is theirs."""
        unconfirmed = (customers.c.subject == subject, customers.c.phone_confirmed_at.is_(None))
        async with self._engine.begin() as connection:
            await connection.execute(update(customers).where(*unconfirmed).values(phone_confirmed_at=now))

    async def release_phone(self, subject: str) -> None:
        """Take a phone away from a customer who never showed that it is theirs."""
        unconfirmed = (customers.c.subject == subject, customers.c.phone_confirmed_at.is_(None))
        async with self._engine.begin() as connection:
            await connection.execute(update(customers).where(*unconfirmed).values(phone=None))

    async def _registered(self, condition: ColumnElement[bool]) -> Registered | None:
        async with reading(self._engine) as connection:
            query = select(*_SHOWN, customers.c.password_hash, customers.c.phone_confirmed_at).where(condition)
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        return Registered(_customer(row), row["password_hash"], row["phone_confirmed_at"] is not None)


def _customer(row: RowMapping) -> Customer:
    return Customer(**{column.name: row[column] for column in _SHOWN})
