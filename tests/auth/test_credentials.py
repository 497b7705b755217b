"""Credentials: a new password ends everything else, and a passkey is removed by its customer alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from auth.credentials import Credentials
from auth.passwords import Passwords
from auth.sessions import principal_of
from auth.tokens import FIRST_PARTY, Bearer
from connectors.store.passkeys import Passkey
from schema.errors import NotFound
from schema.refusals import Refusal, RefusalCode
from schema.scopes import NOBODY, Scope
from tests.auth.hall import FIREFOX, Hall, rows_of
from tests.auth.people import CHEAP, PASSWORD, passwords_without_room

NEW = "osinnii-doshch-na-vokzali"


@dataclass(frozen=True, slots=True)
class Room:
    hall: Hall
    passwords: Passwords
    credentials: Credentials

    async def matches(self, password: str) -> bool:
        found = await self.hall.customers.by_email("olena@example.org")
        assert found is not None
        return (await self.passwords.verify(password, found.password_hash)).matches


@pytest.fixture
async def room(hall: Hall) -> AsyncIterator[Room]:
    passwords = Passwords(cost=CHEAP)
    hash_ = await passwords.hash(PASSWORD)
    await hall.register("s1", hash_, name="Olena Koval", email="olena@example.org", phone="+380501234567")
    await hall.register("s2")
    yield Room(
        hall,
        passwords,
        Credentials(hall.customers, passwords, hall.passkeys, hall.sign_out, hall.audit, hall.clock.now, 12),
    )
    passwords.close()


async def test_new_password_works_and_the_old_one_does_not(room: Room) -> None:
    assert await room.credentials.change_password("s1", NEW, FIREFOX) == 0
    assert [await room.matches(each) for each in (NEW, PASSWORD)] == [True, False]
    assert await room.hall.told() == [("CREDENTIAL_CHANGED", "s1", "PASSWORD_CHANGED")]
    assert NEW not in await rows_of(room.hall.store)


async def test_everything_but_the_session_that_asks_is_ended(room: Room) -> None:
    hall, now = room.hall, room.hall.clock.now
    opened = [await hall.sessions.open("s1", "password", hall.signed_in(), FIREFOX) for _ in range(3)]
    foreign = await hall.sessions.open("s2", "password", hall.signed_in(), FIREFOX)
    tokens = [
        hall.tokens.issue(Bearer(subject, FIRST_PARTY, [Scope.BALANCE_READ], hall.signed_in()), now())
        for subject in ("s1", "s2")
    ]
    assert await room.credentials.change_password("s1", NEW, FIREFOX, keep=opened[0].session.id) == 2
    found = [await hall.sessions.find(each.secret) is not None for each in (*opened, foreign)]
    assert found == [True, False, False, True]
    callers = [hall.callers.still(hall.tokens.read(each.token, now())) for each in tokens]
    assert [each is NOBODY for each in callers] == [True, False]
    assert hall.callers.still(principal_of(opened[0].session)) is not NOBODY


@pytest.mark.parametrize(
    "weak", ["", "short", "elevenchars", "password1234", "olena.koval.olena", "380501234567", "a" * 129, "\ud800" * 20]
)
async def test_weak_password_is_refused_and_nothing_moves(room: Room, weak: str) -> None:
    opened = await room.hall.sessions.open("s1", "password", room.hall.signed_in(), FIREFOX)
    refused = await room.credentials.change_password("s1", weak, FIREFOX)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.field) == (RefusalCode.WEAK_PASSWORD, "newPassword")
    assert await room.matches(PASSWORD)
    assert await room.hall.sessions.find(opened.secret) is not None
    assert await room.hall.told() == []


async def test_flood_is_turned_away_and_nothing_moves(room: Room) -> None:
    flooded = replace(room.credentials, passwords=passwords_without_room())
    opened = await room.hall.sessions.open("s1", "password", room.hall.signed_in(), FIREFOX)
    refused = await flooded.change_password("s1", NEW, FIREFOX)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.retry_after_seconds) == (RefusalCode.SYSTEM_NOT_AVAILABLE, 2)
    assert await room.matches(PASSWORD)
    assert await room.hall.sessions.find(opened.secret) is not None
    assert await room.hall.told() == []


async def test_stranger_has_no_password_to_change(room: Room) -> None:
    with pytest.raises(NotFound):
        await room.credentials.change_password("nobody", NEW, FIREFOX)
    assert await room.hall.told() == []


async def test_customer_who_signs_in_elsewhere_may_set_a_password(room: Room) -> None:
    await room.hall.register("s3", None, name="Somebody")
    assert await room.credentials.change_password("s3", NEW, FIREFOX) == 0
    assert await room.hall.told() == [("CREDENTIAL_CHANGED", "s3", "PASSWORD_CHANGED")]


async def test_passkey_is_removed_by_its_customer_alone_and_once(room: Room) -> None:
    now = room.hall.clock.now()
    assert await room.hall.passkeys.add(Passkey("key-1", "s1", b"k", 0, is_backed_up=False, name="k", added_at=now))
    for subject, credential_id in (("s2", "key-1"), ("s1", "key-2"), ("s1", ""), ("s1", "\x00"), ("s1", "\ud800")):
        await room.credentials.remove_passkey(subject, credential_id, FIREFOX)
    assert (len(await room.hall.passkeys.of_subject("s1")), await room.hall.told()) == (1, [])
    for _ in range(2):
        await room.credentials.remove_passkey("s1", "key-1", FIREFOX)
    assert await room.hall.passkeys.of_subject("s1") == []
    assert await room.hall.told() == [("CREDENTIAL_CHANGED", "s1", "PASSKEY_REMOVED")]
