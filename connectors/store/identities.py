"""Identities: which customer is behind what a provider vouches for, by (issuer, keyed hash of the subject there)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, case, delete, func, select, update
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
        self, key: IdentityKey, newcomer: Customer, assurance: Assurance, now: datetime
    ) -> tuple[str, bool]:
        """Return the customer whom a key names, and whether they are new; a key of nobody's registers the newcomer.

        Of two processes that meet the same person first, one registers them.
        """
        async with self._engine.begin() as connection:
            subject = await _find(connection, key)
            is_new = subject is None
            if subject is None:
                subject = await _register(connection, key, newcomer, assurance, now)
                is_new = subject == newcomer.subject
            best = case((identities.c.assurance > int(assurance), identities.c.assurance), else_=int(assurance))
            used = update(identities).where(*_is(key)).values(last_used_at=now, assurance=best)
            await connection.execute(used)
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


def _is(key: IdentityKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    issuer, subject_key = key
    return identities.c.issuer == issuer, identities.c.subject_key == subject_key


async def _find(connection: AsyncConnection, key: IdentityKey) -> str | None:
    row = (await connection.execute(select(identities.c.subject).where(*_is(key)))).first()
    return row.subject if row else None


async def _register(
    connection: AsyncConnection, key: IdentityKey, newcomer: Customer, assurance: Assurance, now: datetime
) -> str:
    """Register the newcomer under the key, or find who was registered under it a moment ago."""
    row: dict[str, Any] = {
        "subject": newcomer.subject,
        "name": newcomer.name,
        "email": newcomer.email,
        "phone": newcomer.phone,
        "registered_at": newcomer.registered_at,
        "password_hash": "",
    }
    await connection.execute(customers.insert(), row)
    issuer, subject_key = key
    named = {"issuer": issuer, "subject_key": subject_key, "subject": newcomer.subject}
    moments = {"assurance": int(assurance), "linked_at": now, "last_used_at": now}
    await connection.execute(insert_into(connection, identities).on_conflict_do_nothing(), {**named, **moments})
    winner = await _find(connection, key)
    if winner is not None and winner != newcomer.subject:
        await connection.execute(delete(customers).where(customers.c.subject == newcomer.subject))
        return winner
    return newcomer.subject
