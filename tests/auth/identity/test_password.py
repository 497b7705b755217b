"""Passwords behind the port: the customer, or a refusal that the trail holds once and by the subject it was about."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

import pytest

from auth.identity.flow import Finished, SignInFlow
from auth.identity.password import PasswordProvider
from auth.identity.port import Form, ProviderUnavailable, SignInRefused
from auth.password_sign_in import PasswordSignIn
from auth.passwords import Passwords
from auth.throttle import Throttle
from connectors.store.attempts import AttemptRows
from schema.authentication import Amr, Assurance, Authentication
from schema.profile import UtilityProfile
from tests.auth.hall import BROWSER, FIREFOX, Hall, count, soon
from tests.auth.people import CHEAP, KHARKIV, PASSWORD, passwords_without_room

LOGIN: Final = "olena@example.org"
WRONG: Final = "wrong-password-77"


@dataclass(frozen=True, slots=True)
class Door:
    hall: Hall
    flow: SignInFlow

    async def enter(self, login: str = LOGIN, password: str = PASSWORD) -> Finished:
        begun = await self.flow.begin("password", BROWSER, return_to="/", visitor=FIREFOX, deadline=soon())
        assert begun.step == Form("password")
        answer = {"state": begun.state, "login": login, "password": password}
        return await self.flow.finish("password", BROWSER, answer, FIREFOX, soon())

    async def refused(self, login: str = LOGIN, password: str = WRONG) -> SignInRefused:
        with pytest.raises(SignInRefused) as raised:
            await self.enter(login, password)
        assert await count(self.hall.store, "sessions") == 0
        return raised.value


def door(hall: Hall, passwords: Passwords, profile: UtilityProfile = KHARKIV) -> Door:
    throttle = Throttle(AttemptRows(hall.store), secret=b"a secret of tests", now=hall.clock.now)
    by_password = PasswordSignIn(hall.customers, passwords, throttle, profile, hall.audit, hall.clock.now)
    return Door(hall, hall.flow(PasswordProvider(by_password)))


@pytest.fixture
async def opened(hall: Hall) -> AsyncIterator[Door]:
    passwords = Passwords(cost=CHEAP)
    await hall.register("s1", await passwords.hash(PASSWORD), email=LOGIN)
    await hall.register("s2", None, phone="+380501234567")
    yield door(hall, passwords)
    passwords.close()


async def test_customer_signs_in_by_password_with_the_lowest_assurance(opened: Door) -> None:
    finished = await opened.enter()
    assert (finished.recognised.customer.subject, finished.recognised.is_new) == ("s1", False)
    session = finished.opened.session
    assert session.authentication == Authentication(Assurance.LOW, (Amr.PASSWORD,), opened.hall.clock.now())
    assert await opened.hall.told() == [("SIGNED_IN", "s1", "PASSWORD")]


@pytest.mark.parametrize(
    ("login", "subject"), [(LOGIN, "s1"), ("+380501234567", "s2"), ("nobody@example.org", None), ("", None)]
)
async def test_wrong_one_is_in_the_trail_once_and_the_refusal_does_not_tell_whose_it_was(
    opened: Door, login: str, subject: str | None
) -> None:
    refused = await opened.refused(login)
    assert (refused.reason, refused.retry_after_s, str(refused)) == ("WRONG_CREDENTIALS", None, "WRONG_CREDENTIALS")
    assert await opened.hall.told() == [("SIGN_IN_REFUSED", subject, "WRONG_CREDENTIALS")]


async def test_nothing_given_is_refused(opened: Door) -> None:
    begun = await opened.flow.begin("password", BROWSER, return_to="/", visitor=FIREFOX, deadline=soon())
    with pytest.raises(SignInRefused, match="WRONG_CREDENTIALS"):
        await opened.flow.finish("password", BROWSER, {"state": begun.state}, FIREFOX, soon())


@pytest.mark.parametrize("junk", ["\x00", "\ud800", "a" * 100_000, "ї" * 200, "@", "\u202e"])
async def test_junk_is_refused_like_any_wrong_one(opened: Door, junk: str) -> None:
    for login, password in ((junk, PASSWORD), (LOGIN, junk), (junk, junk)):
        assert (await opened.refused(login, password)).reason == "WRONG_CREDENTIALS"


async def test_guessing_waits_and_what_waits_is_not_in_the_trail(opened: Door) -> None:
    refused = [await opened.refused() for _ in range(8)]
    assert [each.reason for each in refused] == ["WRONG_CREDENTIALS"] * 5 + ["TOO_MANY_ATTEMPTS"] * 3
    assert {each.retry_after_s for each in refused[5:]} == {2}
    assert len(await opened.hall.told()) == 5
    opened.hall.clock.move(seconds=2)
    await opened.enter()


async def test_flood_is_turned_away_as_an_outage_and_is_not_in_the_trail(opened: Door) -> None:
    flooded = door(opened.hall, passwords_without_room())
    for _ in range(8):
        with pytest.raises(ProviderUnavailable, match="BUSY"):
            await flooded.enter()
    assert await opened.hall.told() == []
    await opened.enter()


async def test_utility_without_passwords_refuses(opened: Door) -> None:
    closed = door(opened.hall, passwords_without_room(), replace(KHARKIV, sign_in_methods=[]))
    assert (await closed.refused()).reason == "METHOD_NOT_OFFERED"


async def test_signing_out_sends_the_browser_nowhere(opened: Door) -> None:
    provider = opened.flow.providers["password"]
    assert await provider.sign_out("", "https://gateway.example/", soon()) is None
