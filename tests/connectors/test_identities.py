"""Identity rows: keys name customers, the first that is known wins, and none is ever taken from anybody."""

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
A, B, C = ("register", "a"), ("provider", "b"), ("other", "c")


@pytest.fixture
def rows(store: AsyncEngine) -> IdentityRows:
    return IdentityRows(store)


def newcomer(subject: str) -> Customer:
    return Customer(subject=subject, name="Olena", email=None, phone=None, registered_at=NOW)


async def meet(rows: IdentityRows, subject: str, *keys: tuple[str, str]) -> tuple[str, bool]:
    return await rows.recognise(keys, newcomer(subject), Assurance.LOW, NOW)


async def named(store: AsyncEngine) -> dict[tuple[str, str], str]:
    """Return whom each key names."""
    async with reading(store) as connection:
        found = await connection.execute(select(identities))
        return {(row.issuer, row.subject_key): row.subject for row in found}


async def test_stranger_is_registered_under_every_key(rows: IdentityRows, store: AsyncEngine) -> None:
    assert await meet(rows, "s1", A, B) == ("s1", True)
    assert await named(store) == {A: "s1", B: "s1"}
    async with reading(store) as connection:
        (row,) = (await connection.execute(select(customers))).all()
    assert (row.subject, row.password_hash, row.email, row.phone) == ("s1", "", None, None)


async def test_known_person_leaves_no_second_customer(rows: IdentityRows, store: AsyncEngine) -> None:
    await meet(rows, "s1", A)
    assert await meet(rows, "s2", A, B) == ("s1", False)
    assert await meet(rows, "s3", B, C) == ("s1", False)
    assert await named(store) == {A: "s1", B: "s1", C: "s1"}
    async with reading(store) as connection:
        assert list((await connection.execute(select(customers.c.subject))).scalars()) == ["s1"]


async def test_first_key_wins_and_the_others_stay_whose_they_are(rows: IdentityRows, store: AsyncEngine) -> None:
    await meet(rows, "s1", A)
    await meet(rows, "s2", B)
    assert await meet(rows, "s3", A, B) == ("s1", False)
    assert await meet(rows, "s3", B, A) == ("s2", False)
    assert await named(store) == {A: "s1", B: "s2"}


async def test_same_hash_at_another_issuer_is_another_person(rows: IdentityRows) -> None:
    await meet(rows, "s1", ("one", "hash"))
    assert await meet(rows, "s2", ("two", "hash")) == ("s2", True)


async def test_best_assurance_is_of_any_key_and_never_falls(rows: IdentityRows) -> None:
    assert await rows.best_assurance("s1") is None
    for key, level in ((A, Assurance.LOW), (B, Assurance.SUBSTANTIAL), (A, Assurance.HIGH), (A, Assurance.LOW)):
        await rows.recognise([A, key], newcomer("s1"), level, NOW)
    assert await rows.best_assurance("s1") is Assurance.HIGH
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
