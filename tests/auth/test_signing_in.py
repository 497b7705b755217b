"""Registering and signing in: who gets in, and that nobody is told who is registered."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.identity.port import Visitor
from auth.passwords import Cost, Passwords
from connectors.store.engine import open_store, reading
from connectors.store.tables import attempts, customers
from schema.refusals import Refusal, RefusalCode
from schema.scopes import CUSTOMER_SCOPES, Scope
from schema.sign_in import RegisterInput, SignedIn, SignInInput
from tests.auth.people import CHEAP, HERE, KHARKIV, PASSWORD, Counter, House, newcomer, open_house
from tests.race import race

WRONG = "wrong-password-77"


async def registered(house: House, **changes: object) -> SignedIn:
    answer = await house.signing_in.register(newcomer(**changes), HERE)
    assert isinstance(answer, SignedIn)
    return answer


def refusal(answer: SignedIn | Refusal) -> Refusal:
    assert isinstance(answer, Refusal)
    return answer


async def people(store: AsyncEngine) -> int:
    async with reading(store) as connection:
        return await connection.scalar(select(func.count()).select_from(customers)) or 0


async def test_newcomer_is_signed_in_with_all_of_a_customer_s_scopes(house: House) -> None:
    answer = await registered(house)
    assert (answer.customer.name, answer.customer.email) == ("Olena Koval", "olena@example.org")
    assert answer.customer.phone == "+380501234567"
    assert answer.customer.registered_at == house.clock.now()
    assert answer.scopes == [scope for scope in Scope if scope in CUSTOMER_SCOPES]
    assert answer.expires_at == house.clock.now() + timedelta(minutes=10)
    principal = house.tokens.read(answer.access_token, house.clock.now())
    assert (principal.subject, principal.scopes) == (answer.customer.subject, CUSTOMER_SCOPES)


@pytest.mark.parametrize("login", ["olena@example.org", " OLENA@Example.org", "+380501234567", "(050) 123-45-67"])
async def test_customer_signs_in_by_any_spelling_of_a_login(house: House, login: str) -> None:
    answer = await registered(house)
    again = await house.sign_in(login)
    assert isinstance(again, SignedIn)
    assert again.customer == answer.customer
    assert again.access_token != answer.access_token


async def test_fewer_scopes_may_be_asked_for_and_none_may_not(house: House, store: AsyncEngine) -> None:
    narrow = await registered(house, scopes=[Scope.BALANCE_READ])
    assert narrow.scopes == [Scope.BALANCE_READ]
    assert house.tokens.read(narrow.access_token, house.clock.now()).scopes == {Scope.BALANCE_READ}
    none = SignInInput(login="olena@example.org", password=PASSWORD, scopes=[])
    refused = refusal(await house.signing_in.sign_in(none, HERE))
    assert (refused.code, refused.field) == (RefusalCode.INVALID_INPUT, "scopes")
    other = newcomer(email="taras@example.org", phone=None, scopes=[])
    assert refusal(await house.signing_in.register(other, HERE)) == refused
    assert await people(store) == 1


async def test_wrong_password_unknown_login_and_no_login_at_all_are_one_refusal(house: House) -> None:
    await registered(house)
    answers = [
        refusal(await house.sign_in("olena@example.org", WRONG)),
        refusal(await house.sign_in("nobody@example.org")),
        refusal(await house.sign_in("+380671234567")),
        refusal(await house.sign_in("not a login")),
        refusal(await house.sign_in("")),
    ]
    assert {answer.code for answer in answers} == {RefusalCode.WRONG_CREDENTIALS}
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize(
    "taken",
    [
        {"phone": None},
        {"email": None},
        {"email": "new@example.org"},
        {"phone": "+380671234567"},
        {"email": "OLENA@example.ORG", "phone": "+380671234567"},
    ],
)
async def test_taken_login_gets_a_refusal_that_names_nothing(
    house: House, store: AsyncEngine, taken: dict[str, object]
) -> None:
    await registered(house)
    refused = refusal(await house.signing_in.register(newcomer(**taken), HERE))
    assert (refused.code, refused.field) == (RefusalCode.INVALID_INPUT, None)
    assert "cannot be completed" in refused.message
    assert await people(store) == 1


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": " "}, RefusalCode.INVALID_INPUT, "name"),
        ({"email": "olena"}, RefusalCode.INVALID_INPUT, "email"),
        ({"phone": "12"}, RefusalCode.INVALID_INPUT, "phone"),
        ({"email": None, "phone": None}, RefusalCode.INVALID_INPUT, "email"),
        ({"email": "", "phone": ""}, RefusalCode.INVALID_INPUT, "email"),
        ({"name": "Olena\ud800"}, RefusalCode.INVALID_INPUT, "name"),
        ({"email": "\ud800@example.org"}, RefusalCode.INVALID_INPUT, "email"),
        ({"phone": "+38050123456\ud800"}, RefusalCode.INVALID_INPUT, "phone"),
        ({"password": "\ud800" * 12}, RefusalCode.WEAK_PASSWORD, "password"),
        ({"password": "short"}, RefusalCode.WEAK_PASSWORD, "password"),
        ({"password": "olena.koval"}, RefusalCode.WEAK_PASSWORD, "password"),
        ({"password": "x" * 129}, RefusalCode.WEAK_PASSWORD, "password"),
    ],
)
async def test_input_at_fault_is_named_whether_or_not_the_login_is_taken(
    house: House, store: AsyncEngine, changes: dict[str, object], code: RefusalCode, field: str
) -> None:
    before = refusal(await house.signing_in.register(newcomer(**changes), HERE))
    assert (before.code, before.field) == (code, field)
    assert await people(store) == 0
    await registered(house)
    assert refusal(await house.signing_in.register(newcomer(**changes), HERE)) == before


async def test_guessing_is_slowed_down_for_known_and_unknown_alike(house: House) -> None:
    await registered(house)
    for login in ("olena@example.org", "nobody@example.org"):
        codes = [refusal(await house.sign_in(login, WRONG)).code for _ in range(7)]
        assert codes == [RefusalCode.WRONG_CREDENTIALS] * 5 + [RefusalCode.TOO_MANY_ATTEMPTS] * 2
    told = refusal(await house.sign_in("olena@example.org"))
    assert (told.code, told.retry_after_seconds) == (RefusalCode.TOO_MANY_ATTEMPTS, 2)
    house.clock.move(seconds=2)
    assert isinstance(await house.sign_in("olena@example.org"), SignedIn)
    assert refusal(await house.sign_in("olena@example.org", WRONG)).code is RefusalCode.WRONG_CREDENTIALS


async def test_spellings_of_one_login_share_its_attempts(house: House) -> None:
    for login in (
        "olena@example.org",
        "OLENA@example.org",
        " olena@EXAMPLE.org",
        "Olena@example.org",
        "olenA@example.org",
    ):
        await house.sign_in(login, WRONG)
    assert refusal(await house.sign_in("olena@example.org", WRONG)).code is RefusalCode.TOO_MANY_ATTEMPTS


async def test_one_address_guessing_many_logins_is_slowed_down_and_others_are_not(house: House) -> None:
    codes = [refusal(await house.sign_in(f"{at}@example.org", WRONG)).code for at in range(51)]
    assert codes == [RefusalCode.WRONG_CREDENTIALS] * 50 + [RefusalCode.TOO_MANY_ATTEMPTS]
    elsewhere = await house.sign_in("99@example.org", WRONG, visitor=Visitor("192.0.2.2"))
    assert refusal(elsewhere).code is RefusalCode.WRONG_CREDENTIALS


async def test_honest_customers_behind_one_address_never_wait(house: House) -> None:
    await registered(house)
    for _ in range(60):
        assert isinstance(await house.sign_in("olena@example.org"), SignedIn)


async def test_asking_which_logins_are_taken_is_slowed_down(house: House) -> None:
    await registered(house)
    codes = [refusal(await house.signing_in.register(newcomer(), HERE)).code for _ in range(21)]
    assert codes == [RefusalCode.INVALID_INPUT] * 20 + [RefusalCode.TOO_MANY_ATTEMPTS]


async def test_guesses_sent_at_once_are_counted_one_by_one(house: House) -> None:
    await registered(house)
    answers = await asyncio.gather(*(house.sign_in("olena@example.org", WRONG) for _ in range(30)))
    codes = sorted(refusal(answer).code.value for answer in answers)
    assert codes == ["TOO_MANY_ATTEMPTS"] * 25 + ["WRONG_CREDENTIALS"] * 5


async def test_flood_is_refused_without_being_counted(store: AsyncEngine, clock: Counter) -> None:
    passwords = Passwords(cost=CHEAP, workers=1, queue=0)
    async with open_house(store, clock, passwords=passwords) as house:
        await registered(house)
        logins = [f"{at}@example.org" for at in range(8)]
        answers = [refusal(answer) for answer in await asyncio.gather(*(house.sign_in(login) for login in logins))]
    busy = [answer for answer in answers if answer.code is RefusalCode.SYSTEM_NOT_AVAILABLE]
    assert all(answer.retry_after_seconds for answer in busy)
    async with reading(store) as connection:
        counted = await connection.scalar(select(func.sum(attempts.c.failures)))
    assert counted == 2 * (len(answers) - len(busy))


async def test_hash_is_renewed_when_its_cost_has_risen(store: AsyncEngine, clock: Counter) -> None:
    async with open_house(store, clock) as house:
        await registered(house)
    dearer = Passwords(cost=Cost(memory_kib=128, passes=1))
    async with open_house(store, clock, passwords=dearer) as house:
        assert isinstance(await house.sign_in("olena@example.org"), SignedIn)
        found = await house.customers.by_email("olena@example.org")
        assert found is not None
        assert "$m=128," in found.password_hash
        assert isinstance(await house.sign_in("olena@example.org"), SignedIn)


async def test_utility_without_passwords_refuses_both_verbs(store: AsyncEngine, clock: Counter) -> None:
    async with open_house(store, clock, profile=replace(KHARKIV, sign_in_methods=[])) as house:
        refused = refusal(await house.signing_in.register(newcomer(), HERE))
        assert refused.code is RefusalCode.METHOD_NOT_OFFERED
        assert refusal(await house.sign_in("olena@example.org")) == refused
    assert await people(store) == 0


async def test_no_verb_leaves_personal_data_in_the_table_of_attempts(house: House, store: AsyncEngine) -> None:
    await registered(house)
    await house.sign_in("olena@example.org", WRONG)
    async with reading(store) as connection:
        rows = [str(row) for row in await connection.execute(select(attempts))]
    assert rows
    assert not any(told in row for row in rows for told in ("olena", "example", "192.0.2", WRONG))


def register_many(start: Callable[[], None], runner: int, url: str) -> list[str]:
    async def run() -> list[str]:
        engine = open_store(url)
        codes = []
        async with open_house(engine, Counter()) as house:
            start()
            for at in range(10):
                given = RegisterInput(name="Olena", email=f"{at}@example.org", password=PASSWORD)
                answer = await house.signing_in.register(given, Visitor(f"192.0.2.{runner}"))
                codes.append(answer.code.value if isinstance(answer, Refusal) else "REGISTERED")
        await engine.dispose()
        return codes

    return asyncio.run(run())


async def test_of_two_processes_that_register_a_login_one_wins(store: AsyncEngine, store_url: str) -> None:
    one, other = race(register_many, store_url)
    assert [sorted(pair) for pair in zip(one, other, strict=True)] == [["INVALID_INPUT", "REGISTERED"]] * 10
    assert await people(store) == 10


def guess_many(start: Callable[[], None], runner: int, url: str) -> list[str]:
    async def run() -> list[str]:
        engine = open_store(url)
        async with open_house(engine, Counter()) as house:
            start()
            answers = [await house.sign_in("olena@example.org", WRONG, Visitor(f"192.0.2.{runner}")) for _ in range(10)]
        await engine.dispose()
        return [refusal(answer).code.value for answer in answers]

    return asyncio.run(run())


def test_two_processes_share_the_count_of_guesses(store_url: str) -> None:
    codes = [code for each in race(guess_many, store_url) for code in each]
    assert sorted(codes) == ["TOO_MANY_ATTEMPTS"] * 15 + ["WRONG_CREDENTIALS"] * 5
