"""Identities: which customer is behind what a provider vouches for, by (issuer, keyed hash of the subject there)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import case, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.store.engine import reading
from connectors.store.insert import insert_into
from connectors.store.sign_in_tables import identities, organisations
from connectors.store.tables import customers
from schema.authentication import Assurance
from schema.customers import Customer

IdentityKey: TypeAlias = tuple[str, str]
"""An issuer, and the keyed hash of a person's subject there."""


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """A legal person that a customer may act for."""

    tin: str
    name: str
    is_primary: bool


class IdentityRows:
    """The identities of customers."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def recognise(
        self, keys: Sequence[IdentityKey], newcomer: Customer, assurance: Assurance, now: datetime
    ) -> tuple[str, bool]:
        """Return the customer whom one of the keys names, the first that does, and whether they are new.

        Where none does, the newcomer is registered. All keys name that customer from then on, except those that name
        another one already. Of two processes that meet the same person first, one registers them.
        """
        async with self._engine.begin() as connection:
            subject = await _find(connection, keys)
            is_new = subject is None
            if subject is None:
                subject = await _register(connection, keys, newcomer, assurance, now)
                is_new = subject == newcomer.subject
            await _name(connection, keys, subject, assurance, now)
        return subject, is_new

    async def best_assurance(self, subject: str) -> Assurance | None:
        """Return the best assurance that a customer has reached at any provider, None where none knows them."""
        query = select(func.max(identities.c.assurance)).where(identities.c.subject == subject)
        async with reading(self._engine) as connection:
            best = await connection.scalar(query)
        return None if best is None else Assurance(best)

    async def renew_organisations(self, subject: str, rows: Sequence[OrganisationRow], now: datetime) -> None:
        """Replace the organisations that a customer may act for by what a provider has just said; one row for a TIN."""
        async with self._engine.begin() as connection:
            held = select(customers.c.subject).where(customers.c.subject == subject).with_for_update()
            await connection.execute(held)  # two sign-ins at once would both delete, and both insert
            await connection.execute(delete(organisations).where(organisations.c.subject == subject))
            if rows:
                values = [
                    {
                        "subject": subject,
                        "tin": row.tin,
                        "name": row.name,
                        "is_primary": row.is_primary,
                        "confirmed_at": now,
                    }
                    for row in rows
                ]
                await connection.execute(organisations.insert(), values)

    async def organisations(self, subject: str) -> list[OrganisationRow]:
        """Return the organisations that a customer may act for, the primary one first."""
        query = (
            select(organisations.c.tin, organisations.c.name, organisations.c.is_primary)
            .where(organisations.c.subject == subject)
            .order_by(organisations.c.is_primary.desc(), organisations.c.tin)
        )
        async with reading(self._engine) as connection:
            return [OrganisationRow(**row) for row in (await connection.execute(query)).mappings()]


async def _find(connection: AsyncConnection, keys: Sequence[IdentityKey]) -> str | None:
    query = select(identities).where(tuple_(identities.c.issuer, identities.c.subject_key).in_(keys))
    known = {(row.issuer, row.subject_key): row.subject for row in await connection.execute(query)}
    return next((known[key] for key in keys if key in known), None)


async def _register(
    connection: AsyncConnection, keys: Sequence[IdentityKey], newcomer: Customer, assurance: Assurance, now: datetime
) -> str:
    """Register the newcomer under the first key, or find who was registered under it a moment ago."""
    row: dict[str, Any] = {
        "subject": newcomer.subject,
        "name": newcomer.name,
        "email": newcomer.email,
        "phone": newcomer.phone,
        "registered_at": newcomer.registered_at,
        "password_hash": "",
    }
    await connection.execute(customers.insert(), row)
    await _name(connection, keys[:1], newcomer.subject, assurance, now)
    winner = await _find(connection, keys[:1])
    if winner is not None and winner != newcomer.subject:
        await connection.execute(delete(customers).where(customers.c.subject == newcomer.subject))
        return winner
    return newcomer.subject


async def _name(
    connection: AsyncConnection, keys: Sequence[IdentityKey], subject: str, assurance: Assurance, now: datetime
) -> None:
    """Let keys that name nobody name the customer, and note that they were used."""
    insert = insert_into(connection, identities).on_conflict_do_nothing()
    row = {"subject": subject, "assurance": int(assurance), "linked_at": now, "last_used_at": now}
    await connection.execute(insert, [{"issuer": issuer, "subject_key": key, **row} for issuer, key in keys])
    used = (tuple_(identities.c.issuer, identities.c.subject_key).in_(keys), identities.c.subject == subject)
    best = case((identities.c.assurance > int(assurance), identities.c.assurance), else_=int(assurance))
    await connection.execute(update(identities).where(*used).values(last_used_at=now, assurance=best))
