"""Identity rows: a key names one customer for ever, and whoever it names is registered once."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import reading
from connectors.store.identities import IdentityRows, OrganisationRow
from connectors.store.sign_in_tables import identities, organisations
from connectors.store.tables import customers
from schema.authentication import Assurance
from schema.customers import Customer

NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
A, B = ("register", "a"), ("provider", "b")


@pytest.fixture
def rows(store: AsyncEngine) -> IdentityRows:
    return IdentityRows(store)


def newcomer(subject: str) -> Customer:
    return Customer(subject=subject, name="Olena", email=None, phone=None, registered_at=NOW)


async def meet(rows: IdentityRows, subject: str, key: tuple[str, str]) -> tuple[str, bool]:
    return await rows.recognise(key, newcomer(subject), Assurance.LOW, NOW)


async def named(store: AsyncEngine) -> dict[tuple[str, str], str]:
    """Return whom each key names."""
    async with reading(store) as connection:
        found = await connection.execute(select(identities))
        return {(row.issuer, row.subject_key): row.subject for row in found}


async def test_stranger_is_registered_without_a_login_or_a_password(rows: IdentityRows, store: AsyncEngine) -> None:
    assert await meet(rows, "s1", A) == ("s1", True)
    assert await named(store) == {A: "s1"}
    async with reading(store) as connection:
        (row,) = (await connection.execute(select(customers))).all()
    assert (row.subject, row.password_hash, row.email, row.phone) == ("s1", "", None, None)


async def test_known_person_leaves_no_second_customer(rows: IdentityRows, store: AsyncEngine) -> None:
    await meet(rows, "s1", A)
    assert await meet(rows, "s2", A) == ("s1", False)
    assert await meet(rows, "s3", B) == ("s3", True)
    assert await named(store) == {A: "s1", B: "s3"}
    async with reading(store) as connection:
        found = await connection.execute(select(customers.c.subject).order_by(customers.c.subject))
        assert list(found.scalars()) == ["s1", "s3"]


async def test_same_hash_at_another_issuer_is_another_person(rows: IdentityRows) -> None:
    await meet(rows, "s1", ("one", "hash"))
    assert await meet(rows, "s2", ("two", "hash")) == ("s2", True)


async def test_best_assurance_never_falls(rows: IdentityRows) -> None:
    assert await rows.best_assurance("s1") is None
    best = []
    for level in (Assurance.SUBSTANTIAL, Assurance.LOW, Assurance.HIGH, Assurance.LOW):
        await rows.recognise(A, newcomer("s1"), level, NOW)
        best.append(await rows.best_assurance("s1"))
    assert best == [Assurance.SUBSTANTIAL, Assurance.SUBSTANTIAL, Assurance.HIGH, Assurance.HIGH]
    assert await rows.best_assurance("s2") is None


async def test_organisations_are_replaced_as_a_whole(rows: IdentityRows, store: AsyncEngine) -> None:
    for subject, key in (("s1", A), ("s2", B)):
        await meet(rows, subject, key)
    one, two, three = (OrganisationRow(f"20000000{at}", f"Org {at}", is_primary=at == 2) for at in range(3))
    await rows.renew_organisations("s1", [one, two], NOW)
    await rows.renew_organisations("s2", [one], NOW)
    later = NOW + timedelta(days=1)
    await rows.renew_organisations("s1", [two, three], later)
    assert await rows.organisations("s1") == [three, two]
    assert await rows.organisations("s2") == [one]
    async with reading(store) as connection:
        found = select(organisations.c.confirmed_at).where(organisations.c.subject == "s1")
        assert set((await connection.execute(found)).scalars()) == {later}
    await rows.renew_organisations("s1", [], later)
    assert await rows.organisations("s1") == []
