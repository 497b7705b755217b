"""Customers: who has registered, by which logins, with which password hash."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, select, update
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
    """A customer with the hash that their password must match: an empty one, which nothing matches, for no password."""

    customer: Customer
    password_hash: str

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

    async def _registered(self, condition: ColumnElement[bool]) -> Registered | None:
        async with reading(self._engine) as connection:
            found = await connection.execute(select(*_SHOWN, customers.c.password_hash).where(condition))
            row = found.mappings().first()
        return Registered(_customer(row), row["password_hash"]) if row else None


def _customer(row: RowMapping) -> Customer:
    return Customer(**{column.name: row[column] for column in _SHOWN})
