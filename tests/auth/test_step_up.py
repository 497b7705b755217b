"""Step-up: as strong as the customer can sign in, and lately; whoever is refused is told which ways would do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from auth.sessions import principal_of
from auth.step_up import StepUp
from connectors.store.identities import IdentityRows
from connectors.store.passkeys import Passkey
from schema.authentication import RECENT, Amr, Assurance, Authentication
from schema.errors import Forbidden, StepUpRequired, Unauthenticated
from schema.scopes import CUSTOMER_SCOPES, NOBODY, PARTNER_SCOPES, Principal, Scope
from tests.auth.hall import FIREFOX, SOMEBODY, Hall, Scripted

PROVIDERS: Final = {
    "password": Assurance.LOW,
    "oneid": Assurance.HIGH,
    "bank": Assurance.SUBSTANTIAL,
    "passkey": Assurance.HIGH,
}


def step_up(hall: Hall, *without: str) -> StepUp:
    offered = [Scripted(name, level) for name, level in PROVIDERS.items() if name not in without]
    return StepUp(hall.flow(*offered).offering, hall.passkeys, IdentityRows(hall.store), hall.clock.now)


def caller(
    hall: Hall,
    assurance: Assurance = Assurance.LOW,
    age: timedelta = timedelta(0),
    **changes: Any,  # noqa: ANN401 -- any field
) -> Principal:
    authentication = Authentication(assurance, (Amr.PASSWORD,), hall.clock.now() - age)
    return Principal(**{"subject": "s1", "scopes": CUSTOMER_SCOPES, "authentication": authentication, **changes})


async def refusal(gate: StepUp, principal: Principal) -> dict[str, object]:
    with pytest.raises(StepUpRequired) as raised:
        await gate.require(principal)
    extensions = dict(raised.value.extensions)
    assert (extensions.pop("code"), extensions.pop("maxAge")) == ("INSUFFICIENT_USER_AUTHENTICATION", 300)
    return extensions


async def known_at_a_provider(hall: Hall, assurance: Assurance) -> str:
    """Register somebody by what a provider says of them; returns their subject."""
    recognised = await hall.people.recognise(replace(SOMEBODY, assurance=assurance))
    assert recognised is not None
    return recognised.customer.subject


async def add_passkey(hall: Hall, subject: str = "s1") -> None:
    passkey = Passkey("k", subject, b"k", 0, is_backed_up=False, name="k", added_at=hall.clock.now())
    assert await hall.passkeys.add(passkey)


@pytest.fixture(autouse=True)
async def _customer(hall: Hall) -> None:
    await hall.register("s1")


async def test_customer_with_a_password_alone_gives_it_once_more(hall: Hall) -> None:
    gate = step_up(hall)
    assert await gate.needed("s1") is Assurance.LOW
    assert await gate.require(caller(hall)) == "s1"
    refused = await refusal(gate, caller(hall, age=RECENT + timedelta(microseconds=1)))
    assert refused == {"acrValues": "low", "methods": ["password"]}


async def test_sign_in_is_recent_for_five_minutes(hall: Hall) -> None:
    gate, signed_in = step_up(hall), caller(hall)
    hall.clock.time += RECENT
    assert await gate.require(signed_in) == "s1"
    hall.clock.time += timedelta(microseconds=1)
    await refusal(gate, signed_in)


async def test_customer_with_a_passkey_uses_it_whatever_else_they_know(hall: Hall) -> None:
    await add_passkey(hall)
    gate = step_up(hall)
    assert await gate.needed("s1") is Assurance.HIGH
    for level in (Assurance.LOW, Assurance.SUBSTANTIAL):
        assert await refusal(gate, caller(hall, level)) == {"acrValues": "high", "methods": ["passkey"]}
    assert await gate.require(caller(hall, Assurance.HIGH)) == "s1"
    await refusal(gate, caller(hall, Assurance.HIGH, RECENT + timedelta(seconds=1)))


async def test_removed_passkey_is_asked_of_nobody(hall: Hall) -> None:
    await add_passkey(hall)
    assert await hall.passkeys.remove("s1", "k", hall.clock.now())
    assert await step_up(hall).needed("s1") is Assurance.LOW


@pytest.mark.parametrize(
    ("reached", "methods"),
    [
        (Assurance.LOW, ["password", "oneid", "bank"]),
        (Assurance.SUBSTANTIAL, ["oneid", "bank"]),
        (Assurance.HIGH, ["oneid"]),
    ],
)
async def test_what_was_reached_at_a_provider_before_must_be_reached_again(
    hall: Hall, reached: Assurance, methods: list[str]
) -> None:
    subject, gate = await known_at_a_provider(hall, reached), step_up(hall)
    assert await gate.needed(subject) is reached
    refused = await refusal(gate, caller(hall, reached, RECENT * 2, subject=subject))
    assert refused == {"acrValues": reached.acr, "methods": methods}
    assert await gate.require(caller(hall, reached, subject=subject)) == subject
    for less in (level for level in Assurance if level < reached):
        await refusal(gate, caller(hall, less, subject=subject))


async def test_ways_are_those_that_know_the_customer(hall: Hall) -> None:
    gate, elsewhere = step_up(hall), await known_at_a_provider(hall, Assurance.LOW)
    await add_passkey(hall)
    found = [[await gate.ways(subject, level) for level in Assurance] for subject in ("s1", elsewhere)]
    assert found == [
        [("password", "passkey"), ("passkey",), ("passkey",)],
        [("password", "oneid", "bank"), ("oneid", "bank"), ("oneid",)],
    ]


async def test_passkey_beside_a_provider_leaves_both_ways(hall: Hall) -> None:
    subject = await known_at_a_provider(hall, Assurance.LOW)
    await add_passkey(hall, subject)
    refused = await refusal(step_up(hall), caller(hall, subject=subject))
    assert refused == {"acrValues": "high", "methods": ["oneid", "passkey"]}


async def test_ways_of_a_customer_are_those_that_may_know_them(hall: Hall) -> None:
    gate, subject = step_up(hall), await known_at_a_provider(hall, Assurance.LOW)
    await add_passkey(hall)
    assert await gate.ways("s1", Assurance.HIGH) == ("passkey",)
    assert await gate.ways(subject, Assurance.HIGH) == ("oneid",)
    assert await gate.ways(subject, Assurance.LOW) == ("password", "oneid", "bank")


async def test_nobody_is_asked_for_what_is_offered_no_more(hall: Hall) -> None:
    await add_passkey(hall)
    gate = step_up(hall, "passkey")
    assert await gate.needed("s1") is Assurance.LOW
    assert await refusal(gate, caller(hall, age=RECENT * 2)) == {"acrValues": "low", "methods": ["password"]}


async def test_old_sign_in_of_a_session_is_refused_and_a_new_one_is_not(hall: Hall) -> None:
    gate = step_up(hall)
    opened = await hall.sessions.open("s1", "password", hall.signed_in(), FIREFOX)
    hall.clock.time += RECENT * 2
    session = await hall.sessions.find(opened.secret)
    assert session is not None
    await refusal(gate, principal_of(session))
    again = await hall.sessions.open("s1", "password", hall.signed_in(), FIREFOX)
    assert await gate.require(principal_of(again.session)) == "s1"


async def test_whoever_may_not_change_a_profile_is_refused_as_such(hall: Hall) -> None:
    gate = step_up(hall)
    narrow = CUSTOMER_SCOPES - {Scope.PROFILE_WRITE}
    with pytest.raises(Unauthenticated):
        await gate.require(NOBODY)
    with pytest.raises(Forbidden):
        await gate.require(caller(hall, Assurance.HIGH, scopes=narrow))
    with pytest.raises(Forbidden):
        await gate.require(Principal(client="bank", scopes=PARTNER_SCOPES))
    await refusal(gate, caller(hall, authentication=None))
