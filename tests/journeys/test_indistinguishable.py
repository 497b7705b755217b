"""Whoever is registered and whoever is not get the same answers after the same time (OWASP ASVS 5, 6.3.8)."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import httpx2
import pytest

from auth.password_sign_in import NOT_COMPLETED
from auth.throttle import PACES, Kind
from tests.demo_process import DemoProcess, operation
from tests.demo_store import DemoStore
from tests.gateway.reader import PASSWORD, Answer
from tests.journeys.guests import Guest, guest_of, phone_of, sends_keyword
from tests.journeys.hostile.clients import DEVICE_GRANT, Clients
from tests.journeys.hostile.webhooks import GOOD
from tests.journeys.timings import SAMPLES, WARM_UP, Compared, compare, is_a_coin

WRONG: Final = "a wrong evening in spring"
FREE: Final = PACES[Kind.LOGIN].free
LOGINS: Final = (SAMPLES + WARM_UP) // FREE + 1
"""So many that each is tried no more often than is free."""
REGISTER: Final = operation("register")
_DRAWN: Final = re.compile(r'(name="state" value=)"[^"]*"')
_OWN: Final = {"date", "set-cookie"}


@pytest.fixture(scope="module")
def by_sms(registered: DemoProcess) -> str:
    """The phone of a customer who has no password but one for one time."""
    phone = phone_of(registered, 5)
    sends_keyword(registered, phone)
    return phone


def known(number: int) -> str:
    return f"customer{number:02}@example.org"


def unknown(number: int) -> str:
    return f"stranger{number:02}@example.org"


@pytest.fixture(scope="module")
def registered(kharkiv_apart: DemoProcess) -> DemoProcess:
    """A demo with customers whose logins are as long as those of nobody."""
    for number in range(LOGINS):
        assert guest_of(kharkiv_apart).register(known(number)).status == 303
    return kharkiv_apart


def shown(answer: Answer, login: str) -> tuple[int, dict[str, str], str]:
    """Return everything of an answer but what is drawn for each: the state and the login that is shown again."""
    headers = {name: value for name, value in answer.headers.items() if name not in _OWN}
    return answer.status, headers, _DRAWN.sub(r"\1", answer.text).replace(login, "LOGIN")


def signs_in(guest: Guest, login: str, password: str = WRONG) -> Answer:
    return guest.asks(operation("sign-in"), {"input": {"login": login, "password": password}})


def fills_in(guest: Guest, login: str, way: str = "password", **more: str) -> Answer:
    page = guest.get(f"/sign-in/{way}")
    return guest.post(f"/sign-in/{way}/callback", {**page.form, "login": login, **more})


def test_wrong_password_is_answered_the_same_for_everybody(registered: DemoProcess, by_sms: str) -> None:
    nobody = by_sms[:-4] + "0000"
    for asked in (signs_in, lambda guest, login: fills_in(guest, login, password=WRONG)):
        answers = [shown(asked(guest_of(registered), login), login) for login in (known(0), unknown(0))]
        assert answers[0] == answers[1]
        assert any(word in answers[0][2] for word in ("WRONG_CREDENTIALS", "The login or the password is wrong"))
        phones = [shown(asked(guest_of(registered), login), login) for login in (by_sms, nobody)]
        assert phones[0] == phones[1]
    given = {"one_time_password": "CCCC-CCCC", "new_password": PASSWORD, "name": "Olena"}
    answers = [shown(fills_in(guest_of(registered), each, "sms", **given), each) for each in (by_sms, nobody)]
    assert answers[0] == answers[1]


def test_guesses_wait_the_same_for_everybody(registered: DemoProcess) -> None:
    told: list[list[Any]] = []
    for login in (known(LOGINS - 1), unknown(LOGINS - 1)):
        answers = [signs_in(guest_of(registered), login).json["data"]["signIn"] for _ in range(FREE + 3)]
        told.append([(each["code"], each["message"], each["retryAfterSeconds"]) for each in answers])
    assert told[0] == told[1]
    assert [code for code, *_ in told[0]] == ["WRONG_CREDENTIALS"] * FREE + ["TOO_MANY_ATTEMPTS"] * 3


def test_taken_login_is_refused_without_saying_which(registered: DemoProcess, by_sms: str) -> None:
    for given in ({"email": known(0)}, {"phone": by_sms}, {"email": known(0), "phone": by_sms}):
        told = guest_of(registered).asks(REGISTER, {"input": {"name": "Olena", "password": PASSWORD, **given}})
        refused = told.json["data"]["register"]
        assert (refused["code"], refused["field"]) == ("INVALID_INPUT", None)
        assert refused["message"] == NOT_COMPLETED.message
        page = guest_of(registered).post("/register", {"name": "Olena", "password": PASSWORD, **given})
        assert (page.status, page.cookies) == (422, {})
    wrong = [{"email": "x"}, {"email": known(0), "password": "short"}, {"email": unknown(0), "password": "short"}]
    codes = []
    for given in wrong:
        told = guest_of(registered).asks(REGISTER, {"input": {"name": "Olena", "password": PASSWORD, **given}})
        codes.append((told.json["data"]["register"]["code"], told.json["data"]["register"]["field"]))
    assert codes == [("INVALID_INPUT", "email"), ("WEAK_PASSWORD", "password"), ("WEAK_PASSWORD", "password")]


def test_forgotten_password_is_answered_the_same_for_everybody(registered: DemoProcess, by_sms: str) -> None:
    logins = [by_sms, known(0), unknown(0), "+380500000000", "nobody", "", "'"]
    answers = [
        shown(guest_of(registered).post("/sign-in/sms/forgotten", {"login": login}), login or "-") for login in logins
    ]
    assert {answer[0] for answer in answers} == {303}
    assert all(answer == answers[0] for answer in answers)


def test_short_number_and_device_are_answered_the_same_for_everybody(
    uzbekistan_apart: DemoProcess, clients: Clients
) -> None:
    address = uzbekistan_apart.client.put(f"{uzbekistan_apart.facts['phones_url']}/webhooks", json={}).json()["inbound"]
    known_phone, answers = phone_of(uzbekistan_apart, 5), []
    sends_keyword(uzbekistan_apart, known_phone)
    for sender in (known_phone, "+998905550001", "+15005550006"):
        body = GOOD.format(sender).replace("998901112233", sender[1:])
        answers.append(httpx2.post(address, content=body, headers={"content-type": "text/xml"}, trust_env=False))
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3
    device = clients.post("/oauth/device_authorization", {"client_id": clients.device.client.client_id}).json
    asked = {"grant_type": DEVICE_GRANT, "client_id": clients.app.client.client_id}
    polls = [clients.post("/oauth/token", {**asked, "device_code": code}) for code in (device["device_code"], "ggd_x")]
    assert shown(polls[0], "-") == shown(polls[1], "-")


def measured(demo: DemoProcess, prepare: Callable[[str], Callable[[], object]]) -> Compared:
    """Compare customers with strangers, each asked no more often than is free, after a quiet day."""
    DemoStore.of(demo).change("DELETE FROM attempts")
    return compare(lambda number: prepare(known(number // FREE)), lambda number: prepare(unknown(number // FREE)))


def test_wrong_password_takes_as_long_for_everybody(registered: DemoProcess, tell: Callable[[str], None]) -> None:
    def prepare(login: str) -> Callable[[], object]:
        return partial(signs_in, guest_of(registered), login)

    assert is_a_coin(lambda: measured(registered, prepare), "wrong password, signIn", tell)


@pytest.mark.parametrize("way", ["password", "sms"])
def test_wrong_form_takes_as_long_for_everybody(registered: DemoProcess, way: str, tell: Callable[[str], None]) -> None:
    given = {"password": WRONG, "one_time_password": "CCCC-CCCC", "new_password": PASSWORD}

    def prepare(login: str) -> Callable[[], object]:
        guest = guest_of(registered)
        form = {**guest.get(f"/sign-in/{way}").form, "login": login, **given}
        return partial(guest.post, f"/sign-in/{way}/callback", form)

    assert is_a_coin(lambda: measured(registered, prepare), f"wrong form, {way}", tell)


def test_forgotten_password_takes_as_long_for_everybody(
    registered: DemoProcess, by_sms: str, tell: Callable[[str], None]
) -> None:
    nobody = f"{by_sms[:-4]}0000"

    def ask(login: str) -> float:
        began = time.perf_counter()
        guest_of(registered).post("/sign-in/sms/forgotten", {"login": login})
        return time.perf_counter() - began

    def measure() -> Compared:
        logins = [by_sms, nobody, nobody, by_sms] * SAMPLES  # twice as many as one by one: together they disturb
        with ThreadPoolExecutor(6) as together:
            taken = list(zip(logins, together.map(ask, logins), strict=True))[2 * WARM_UP :]
        return Compared(
            [seconds for login, seconds in taken if login == by_sms],
            [seconds for login, seconds in taken if login == nobody],
        )

    assert is_a_coin(measure, "forgotten password", tell)
