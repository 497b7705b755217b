"""People: one customer for one person, by whichever way they come, and by nothing that somebody else could share."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from auth.identity.people import OWN_ISSUER, People
from auth.identity.port import Identity, Organisation, StateNumber
from connectors.store.engine import open_store, reading
from connectors.store.identities import IdentityRows, OrganisationRow
from connectors.store.sign_in_tables import identities
from connectors.store.tables import customers
from schema.authentication import Assurance
from tests.auth.hall import Hall, open_hall, rows_of
from tests.auth.people import Counter
from tests.race import race

NUMBER: Final = "30000000000007"
PINFL: Final = StateNumber("uz-pinfl", NUMBER)
BY_ONEID: Final = Identity(
    "https://sso.egov.uz", NUMBER, "MOBILEMETHOD", Assurance.SUBSTANTIAL, ("mca",), "Somebody Of Tests", PINFL
)
BY_E_IMZO: Final = Identity("urn:e-imzo", NUMBER, "pkcs7", Assurance.HIGH, ("swk",), "SOMEBODY OF TESTS", PINFL)
ELSEWHERE: Final = Identity("https://id.example", "sub-1", "oidc", Assurance.LOW, ("fed",), "Somebody Else")


async def subject_of(people: People, identity: Identity) -> tuple[str, bool]:
    recognised = await people.recognise(identity)
    assert recognised is not None
    return recognised.customer.subject, recognised.is_new


async def customers_of(hall: Hall) -> int:
    async with reading(hall.store) as connection:
        return await connection.scalar(select(func.count()).select_from(customers)) or 0


@pytest.mark.parametrize("ways", [(BY_ONEID, BY_E_IMZO), (BY_E_IMZO, BY_ONEID)])
async def test_person_whom_two_providers_know_by_the_state_s_number_is_one_customer(
    hall: Hall, ways: tuple[Identity, Identity]
) -> None:
    first, second = ways
    subject, is_new = await subject_of(hall.people, first)
    assert is_new
    for identity in (first, second, first, second):
        assert await subject_of(hall.people, identity) == (subject, False)
    assert await customers_of(hall) == 1
    assert await IdentityRows(hall.store).best_assurance(subject) is Assurance.HIGH


async def test_newcomer_has_a_name_and_neither_login_nor_password(hall: Hall) -> None:
    recognised = await hall.people.recognise(BY_ONEID)
    assert recognised is not None
    newcomer = recognised.customer
    assert (newcomer.name, newcomer.email, newcomer.phone) == ("Somebody Of Tests", None, None)
    assert newcomer.registered_at == hall.clock.now()
    assert await hall.customers.get(newcomer.subject) == newcomer
    assert len(newcomer.subject) == 22


@pytest.mark.parametrize("name", [None, "", " ", "a" * 101, "a\x00b", "\u202ename"])
async def test_name_that_nobody_could_read_is_left_out(hall: Hall, name: str | None) -> None:
    recognised = await hall.people.recognise(replace(ELSEWHERE, full_name=name))
    assert recognised is not None
    assert recognised.customer.name == "—"


async def test_key_is_the_issuer_with_the_subject_there_and_neither_alone(hall: Hall) -> None:
    same_subject = replace(ELSEWHERE, issuer="https://other.example")
    same_issuer = replace(ELSEWHERE, subject="sub-2")
    moved_border = replace(ELSEWHERE, issuer=ELSEWHERE.issuer + "\x1fsub", subject="-1")
    found = [await subject_of(hall.people, each) for each in (ELSEWHERE, same_subject, same_issuer, moved_border)]
    assert len({subject for subject, _ in found}) == 4
    assert all(is_new for _, is_new in found)


async def test_neither_phone_nor_e_mail_nor_name_links_anybody(hall: Hall) -> None:
    logins = {"email": "somebody@example.org", "phone": "+998901234567"}
    await hall.register("s1", name="Somebody Else", **logins)
    by_login = [replace(ELSEWHERE, subject=each) for each in (*logins.values(), "s1", "Somebody Else")]
    found = [await subject_of(hall.people, each) for each in by_login]
    assert all(is_new for _, is_new in found)
    assert "s1" not in {subject for subject, _ in found}
    assert await customers_of(hall) == 5


async def test_customer_of_ours_is_recognised_by_subject_and_gains_no_identity(hall: Hall) -> None:
    known = await hall.register("s1")
    ours = replace(ELSEWHERE, issuer=OWN_ISSUER, subject="s1")
    recognised = await hall.people.recognise(ours)
    assert recognised is not None
    assert (recognised.customer, recognised.is_new) == (known, False)
    assert await hall.people.recognise(replace(ours, subject="s2")) is None
    assert await IdentityRows(hall.store).best_assurance("s1") is None
    assert await customers_of(hall) == 1


async def test_account_opened_in_somebody_s_number_without_proof_never_leads_to_their_customer(hall: Hall) -> None:
    unproven = replace(BY_ONEID, assurance=Assurance.LOW, state_number=None)
    stranger, _ = await subject_of(hall.people, unproven)
    owner, is_new = await subject_of(hall.people, BY_ONEID)
    assert is_new
    assert owner != stranger
    assert await subject_of(hall.people, BY_E_IMZO) == (owner, False)
    assert await subject_of(hall.people, unproven) == (stranger, False)


async def test_nor_does_one_that_is_opened_afterwards(hall: Hall) -> None:
    owner, _ = await subject_of(hall.people, BY_ONEID)
    stranger, is_new = await subject_of(hall.people, replace(BY_ONEID, assurance=Assurance.LOW, state_number=None))
    assert is_new
    assert stranger != owner


async def test_best_assurance_stays_and_the_last_use_is_noted(hall: Hall) -> None:
    subject, _ = await subject_of(hall.people, ELSEWHERE)
    rows = IdentityRows(hall.store)
    best = []
    for level in (Assurance.SUBSTANTIAL, Assurance.LOW, Assurance.HIGH, Assurance.LOW):
        hall.clock.move(days=1)
        await subject_of(hall.people, replace(ELSEWHERE, assurance=level))
        best.append(await rows.best_assurance(subject))
    assert best == [Assurance.SUBSTANTIAL, Assurance.SUBSTANTIAL, Assurance.HIGH, Assurance.HIGH]
    async with reading(hall.store) as connection:
        row = (await connection.execute(select(identities))).one()
    assert row.last_used_at - row.linked_at == timedelta(days=4)


async def test_organisations_are_replaced_by_what_was_said_last(hall: Hall) -> None:
    rows = IdentityRows(hall.store)
    two = (Organisation("200000001", "One", is_primary=True), Organisation("200000002", "Two"))
    subject, _ = await subject_of(hall.people, replace(BY_ONEID, organisations=two))
    other, _ = await subject_of(hall.people, replace(ELSEWHERE, organisations=two[:1]))
    assert await rows.organisations(subject) == [
        OrganisationRow("200000001", "One", is_primary=True),
        OrganisationRow("200000002", "Two", is_primary=False),
    ]
    twice = (Organisation("200000003", "Earlier"), Organisation("200000003", "Later", is_primary=True))
    await subject_of(hall.people, replace(BY_E_IMZO, organisations=twice))
    assert await rows.organisations(subject) == [OrganisationRow("200000003", "Later", is_primary=True)]
    await subject_of(hall.people, BY_ONEID)
    assert await rows.organisations(subject) == []
    assert len(await rows.organisations(other)) == 1


async def test_no_table_and_no_byte_of_the_file_tells_a_number(hall: Hall, store_url: str) -> None:
    for identity in (BY_ONEID, BY_E_IMZO, replace(ELSEWHERE, subject="subject-elsewhere")):
        await subject_of(hall.people, identity)
    told = await rows_of(hall.store)
    assert "Somebody Of Tests" in told
    private = (NUMBER, "subject-elsewhere")
    assert not [each for each in private if each in told]
    if store_url.startswith("sqlite"):
        file = Path(store_url.removeprefix("sqlite+aiosqlite:///"))
        held = b"".join(each.read_bytes() for each in file.parent.glob(file.name + "*"))
        assert b"Somebody Of Tests" in held
        assert not [each for each in private if each.encode() in held]


async def test_keys_of_another_secret_name_nobody(hall: Hall) -> None:
    subject, _ = await subject_of(hall.people, BY_ONEID)
    other = replace(hall.people, secret=b"another secret")
    assert await subject_of(other, BY_ONEID) != (subject, False)
    assert "a secret of tests" not in repr(hall.people)


ORGANISATIONS: Final = tuple(Organisation(f"20000000{digit}", "One") for digit in range(3))


def meet(start: Callable[[], None], runner: int, url: str) -> list[str]:
    """Meet ten people for the first time: the one process by one provider, the other by another."""
    way = replace((BY_ONEID, BY_E_IMZO)[runner], organisations=ORGANISATIONS)

    async def run() -> list[str]:
        engine = open_store(url)
        people = open_hall(engine, Counter()).people
        start()
        subjects = []
        for digit in range(10):
            number = f"3000000000000{digit}"
            who = replace(way, subject=number, state_number=StateNumber("uz-pinfl", number))
            subjects.append((await subject_of(people, who))[0])
            await subject_of(people, who)
        await engine.dispose()
        return subjects

    return asyncio.run(run())


async def test_of_two_processes_that_meet_a_person_first_one_registers_them(hall: Hall, store_url: str) -> None:
    one, other = race(meet, store_url)
    assert one == other
    assert len(set(one)) == await customers_of(hall) == 10
    rows = IdentityRows(hall.store)
    assert [len(await rows.organisations(subject)) for subject in one] == [3] * 10
