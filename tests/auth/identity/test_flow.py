"""The flow of a sign-in: begun and finished once, in the same browser, at the same provider, in time."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from auth.identity.flow import LIFETIME, Finished, SignInFlow
from auth.identity.port import (
    Beginning,
    Form,
    ProviderUnavailable,
    Redirect,
    SignInExpired,
    SignInNotYet,
    SignInRefused,
)
from connectors.store.engine import open_store
from schema.authentication import Assurance, Authentication
from tests.auth.hall import BROWSER, FIREFOX, SOMEBODY, Hall, Scripted, count, open_hall, rows_of, soon
from tests.auth.people import Counter
from tests.race import race

REFUSED: Final = "SIGN_IN_REFUSED"


async def begun(flow: SignInFlow, return_to: str = "/security", **asked: Assurance) -> str:
    """Begin, and return the state that the browser brings back."""
    start = await flow.begin("asked", BROWSER, return_to=return_to, visitor=FIREFOX, deadline=soon(), **asked)
    return start.state


async def finish(flow: SignInFlow, state: str, *, name: str = "asked", browser: str = BROWSER) -> Finished:
    return await flow.finish(name, browser, {"state": state, "code": "c"}, FIREFOX, soon())


async def refusal(flow: SignInFlow, state: str, **changes: str) -> SignInRefused:
    with pytest.raises(SignInRefused) as raised:
        await finish(flow, state, **changes)
    return raised.value


async def opened(hall: Hall) -> int:
    return await count(hall.store, "sessions")


@pytest.mark.parametrize(
    "step", [Redirect("https://provider.example/?x=1", {"kept": "k"}), Form("f", {}, {"kept": "k"})]
)
async def test_sign_in_opens_a_session_and_leads_to_where_the_customer_was_heading(
    hall: Hall, step: Redirect | Form
) -> None:
    provider = Scripted(step=step)
    flow = hall.flow(provider)
    start = await flow.begin(
        "asked", BROWSER, return_to="/link", visitor=FIREFOX, deadline=soon(), assurance=Assurance.SUBSTANTIAL
    )
    assert start.step == step
    assert await flow.under_way("asked", BROWSER, start.state) == ("/link", Assurance.SUBSTANTIAL)
    finished = await finish(flow, start.state)
    assert (finished.return_to, finished.recognised.is_new) == ("/link", True)
    subject = finished.recognised.customer.subject
    session = await hall.sessions.find(finished.opened.secret)
    assert session is not None
    assert (session.subject, session.provider) == (subject, "asked")
    assert session.authentication == Authentication(Assurance.HIGH, ("hwk",), hall.clock.now())
    callback = "https://gateway.example/sign-in/asked/callback"
    beginning = Beginning(start.state, callback, FIREFOX, Assurance.SUBSTANTIAL)
    assert provider.asked == [({"state": start.state, "code": "c"}, {"kept": "k"}, beginning)]
    assert await hall.told() == [("REGISTERED", subject, "CARD"), ("SIGNED_IN", subject, "CARD")]
    assert await flow.under_way("asked", BROWSER, start.state) == ("/", Assurance.LOW)


async def test_each_sign_in_has_a_state_and_a_session_secret_of_its_own(hall: Hall) -> None:
    flow = hall.flow(Scripted())
    states = [await begun(flow) for _ in range(3)]
    secrets = [(await finish(flow, state)).opened.secret for state in states]
    assert len({*states, *secrets}) == 6
    assert min(len(each) for each in (*states, *secrets)) == 43  # 32 bytes in base64url
    told = await rows_of(hall.store)
    assert not [each for each in (*states, *secrets, BROWSER) if each in told]


async def test_state_works_once_sent_twice_or_found_again_by_the_back_button(hall: Hall) -> None:
    provider = Scripted()
    flow = hall.flow(provider)
    state = await begun(flow)
    both = await asyncio.gather(finish(flow, state), finish(flow, state), return_exceptions=True)
    assert sorted(isinstance(each, SignInExpired) for each in both) == [False, True]
    assert (await refusal(flow, state)).reason == "STATE_UNKNOWN"
    assert (len(provider.asked), await opened(hall)) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"browser": "another browser"}, "STATE_OF_ANOTHER"),
        ({"browser": ""}, "STATE_OF_ANOTHER"),
        ({"browser": BROWSER + " "}, "STATE_OF_ANOTHER"),
        ({"name": "other"}, "STATE_OF_ANOTHER"),
        ({"name": "no such provider"}, "STATE_OF_ANOTHER"),
    ],
)
async def test_state_of_another_opens_nothing_and_stays_good_for_its_own_browser(
    hall: Hall, changes: dict[str, str], reason: str
) -> None:
    provider, other = Scripted(), Scripted("other")
    flow = hall.flow(provider, other)
    state = await begun(flow)
    refused = await refusal(flow, state, **changes)
    assert isinstance(refused, SignInExpired)
    assert refused.reason == reason
    nowhere = await flow.under_way(changes.get("name", "asked"), changes.get("browser", BROWSER), state)
    assert nowhere == ("/", Assurance.LOW)
    assert (provider.asked, other.asked, await opened(hall)) == ([], [], 0)
    await finish(flow, state)


async def test_begun_without_a_cookie_is_finished_by_nobody(hall: Hall) -> None:
    flow = hall.flow(Scripted())
    start = await flow.begin("asked", "", return_to="/", visitor=FIREFOX, deadline=soon())
    assert (await refusal(flow, start.state, browser="")).reason == "STATE_OF_ANOTHER"


@pytest.mark.parametrize("state", ["", "unknown", "\x00", "\ud800", "a" * 100_000])
async def test_state_that_nobody_drew_opens_nothing(hall: Hall, state: str) -> None:
    flow = hall.flow(Scripted())
    await begun(flow)
    assert (await refusal(flow, state)).reason == "STATE_UNKNOWN"
    assert await hall.told() == []


async def test_state_is_good_for_ten_minutes(hall: Hall) -> None:
    flow = hall.flow(Scripted())
    early, late = await begun(flow), await begun(flow)
    hall.clock.time += LIFETIME - timedelta(microseconds=1)
    await finish(flow, early)
    hall.clock.time += timedelta(microseconds=1)
    assert (await refusal(flow, late)).reason == "STATE_UNKNOWN"
    assert await opened(hall) == 1


async def test_refusal_is_in_the_trail_once_with_whom_it_was_about_and_uses_the_state_up(hall: Hall) -> None:
    provider = Scripted(answers=deque([SignInRefused("ACCESS_DENIED"), SignInRefused("BAD_KEY", subject="s9")]))
    flow = hall.flow(provider)
    for reason in ("ACCESS_DENIED", "BAD_KEY"):
        state = await begun(flow)
        assert (await refusal(flow, state)).reason == reason
        assert (await refusal(flow, state)).reason == "STATE_UNKNOWN"
    assert await hall.told() == [(REFUSED, None, "ACCESS_DENIED"), (REFUSED, "s9", "BAD_KEY")]
    assert {(each.provider, each.network, each.device) for each in await hall.events()} == {
        ("asked", "192.0.2.0/24", "Firefox, Linux")
    }
    assert (await opened(hall), await count(hall.store, "customers")) == (0, 0)


@pytest.mark.parametrize(
    "error", [SignInRefused("TOO_MANY_ATTEMPTS", retry_after_s=2), ProviderUnavailable("UPSTREAM_TIMEOUT")]
)
async def test_what_was_not_judged_is_not_in_the_trail(hall: Hall, error: Exception) -> None:
    flow = hall.flow(Scripted(answers=deque([error])))
    with pytest.raises(type(error)):
        await finish(flow, await begun(flow))
    assert (await hall.told(), await opened(hall)) == ([], 0)


async def test_less_assurance_than_was_asked_for_is_refused_and_registers_nobody(hall: Hall) -> None:
    weak = replace(SOMEBODY, assurance=Assurance.LOW)
    flow = hall.flow(Scripted(otherwise=weak))
    refused = await refusal(flow, await begun(flow, assurance=Assurance.SUBSTANTIAL))
    assert refused.reason == "ASSURANCE_NOT_REACHED"
    assert (await opened(hall), await count(hall.store, "customers")) == (0, 0)
    assert await hall.told() == [(REFUSED, None, "ASSURANCE_NOT_REACHED")]
    await finish(flow, await begun(flow, assurance=Assurance.LOW))


async def test_customer_of_ours_who_is_gone_is_refused(hall: Hall) -> None:
    flow = hall.flow(Scripted(otherwise=replace(SOMEBODY, issuer="urn:gridgate", subject="gone")))
    assert (await refusal(flow, await begun(flow))).reason == "UNKNOWN_CUSTOMER"
    assert (await opened(hall), await count(hall.store, "customers")) == (0, 0)


def waiting(*answers: Exception) -> Scripted:
    """Return a provider whose person acts on another device."""
    return Scripted(step=Form("asked", awaits=True), answers=deque(answers))


async def test_asking_again_until_the_person_has_acted_leaves_the_state_good(hall: Hall) -> None:
    flow = hall.flow(waiting(*(SignInNotYet("NOT_YET") for _ in range(5)), ProviderUnavailable("SILENT")))
    state = await begun(flow)
    for _ in range(5):
        assert isinstance(await refusal(flow, state), SignInNotYet)
    with pytest.raises(ProviderUnavailable):
        await finish(flow, state)
    assert (await hall.told(), await opened(hall)) == ([], 0)
    await finish(flow, state)
    assert (await refusal(flow, state)).reason == "STATE_UNKNOWN"
    assert await opened(hall) == 1


async def test_refusal_ends_the_waiting(hall: Hall) -> None:
    provider = waiting(SignInNotYet("NOT_YET"), SignInRefused("CERTIFICATE_INVALID"))
    flow = hall.flow(provider)
    state = await begun(flow)
    reasons = [(await refusal(flow, state)).reason for _ in range(4)]
    assert reasons == ["NOT_YET", "CERTIFICATE_INVALID", "STATE_UNKNOWN", "STATE_UNKNOWN"]
    assert len(provider.asked) == 2
    assert await hall.told() == [(REFUSED, None, "CERTIFICATE_INVALID")]


async def test_only_providers_that_reach_the_assurance_are_offered_in_order(hall: Hall) -> None:
    levels = {"b": Assurance.HIGH, "c": Assurance.LOW, "a": Assurance.SUBSTANTIAL}
    flow = hall.flow(*(Scripted(name, level) for name, level in levels.items()))
    offered = [[each.name for each in flow.offering(level)] for level in Assurance]
    assert offered == [["b", "c", "a"], ["b", "a"], ["b"]]


def finish_many(start: Callable[[], None], _runner: int, url: str, states: list[str], step: Form) -> list[str]:
    async def run() -> list[str]:
        engine = open_store(url)
        flow = open_hall(engine, Counter()).flow(Scripted(step=step))
        start()
        ended = [await asyncio.gather(finish(flow, state), return_exceptions=True) for state in states]
        await engine.dispose()
        return ["Finished" if isinstance(each, Finished) else getattr(each, "reason", repr(each)) for (each,) in ended]

    return asyncio.run(run())


@pytest.mark.parametrize("step", [Form("asked"), Form("asked", awaits=True)], ids=["form", "waiting"])
async def test_of_two_processes_that_finish_at_once_one_opens_a_session(hall: Hall, store_url: str, step: Form) -> None:
    flow = hall.flow(Scripted(step=step))
    states = [await begun(flow) for _ in range(10)]
    one, other = race(finish_many, store_url, states, step)
    pairs = [sorted(pair) for pair in zip(one, other, strict=True)]
    assert {first for first, _ in pairs} == {"Finished"}
    assert {second for _, second in pairs} <= {"STATE_USED", "STATE_UNKNOWN"}
    assert (await opened(hall), await count(hall.store, "customers")) == (10, 1)
    assert sorted({kind for kind, *_ in await hall.told()}) == ["REGISTERED", "SIGNED_IN"]
