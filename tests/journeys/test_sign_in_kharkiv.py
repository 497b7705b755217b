"""Signing in as in Kharkiv, each way from the choice of ways to the home screen and out again."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.demo_process import DemoProcess
from tests.journeys.sign_in_pages import Phone, Visitor, account_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(kharkiv: DemoProcess) -> Iterator[DemoProcess]:
    kharkiv.calm()
    yield kharkiv
    kharkiv.calm()


@pytest.fixture
def visitor(browser: "Browser", demo: DemoProcess) -> Iterator[Visitor]:
    with visiting(browser, demo) as opened:
        yield opened


def new_email() -> str:
    return f"{uuid.uuid4().hex}@newcomer.example"


@pytest.mark.parametrize(("person", "method"), [(5, "dig_sign"), (6, "bank_id"), (7, "mobile_id"), (8, "diia_id")])
def test_by_id_gov_ua(visitor: Visitor, demo: DemoProcess, person: int, method: str) -> None:
    account = account_of(demo, person)
    visitor.heads_for()
    visitor.chooses("id-gov-ua")
    visitor.is_vouched_for(f"person{person}", method)
    visitor.links_by_surname(account)
    visitor.follows("/security")
    visitor.is_at("/security")
    visitor.sees_home(account)
    assert visitor.events()[1:] == [("SIGNED_IN", "id-gov-ua", method), ("REGISTERED", "id-gov-ua", method)]
    visitor.signs_out()
    visitor.sees_nothing()
    visitor.assert_clean()


def test_a_newcomer_registers_and_signs_in_by_password(visitor: Visitor, demo: DemoProcess) -> None:
    email, account = new_email(), account_of(demo, 40)
    visitor.registers(email=email, phone="+380 67 000 00 40")
    visitor.links_by_surname(account)
    visitor.follows("/security")
    visitor.is_at("/security")
    visitor.signs_out()
    visitor.sees_nothing()
    for login in (email.upper(), "067 000 00 40"):
        visitor.signs_in_by_password(login)
        visitor.is_at("/security")
        assert visitor.sees_home(account) == "Newcomer"
        visitor.signs_out()
    visitor.sees_nothing()
    visitor.assert_clean()


def test_a_forgotten_password_is_reset_by_a_text_message(visitor: Visitor, demo: DemoProcess) -> None:
    email, account, phone = new_email(), account_of(demo, 41), Phone(visitor, 10)
    visitor.registers(email=email, phone=phone.number)
    visitor.links_by_surname(account)
    visitor.signs_out()
    visitor.chooses("password")
    visitor.follows("/sign-in/sms/forgotten")
    visitor.fills(login=email)
    visitor.sends()
    visitor.is_at("/sign-in/sms")
    visitor.fills(login=email, one_time_password=phone.one_time_password(), new_password="another quiet evening")
    visitor.sends()
    visitor.page.wait_for_url(f"{visitor.front}/graphiql")
    visitor.sees_home(account)
    visitor.opens("/security")
    visitor.signs_out()
    visitor.signs_in_by_password(email)
    assert "wrong" in visitor.told()
    visitor.signs_in_by_password(email, "another quiet evening")
    visitor.is_at("/security")
    visitor.sees_home(account)
    visitor.assert_clean(refusals=[403])


def test_the_pages_are_read_in_every_language(visitor: Visitor) -> None:
    titles = {"uk": ("Харків", "Увійти"), "ru": ("Харьков", "Войти"), "en": ("Kharkiv", "Sign in")}
    visitor.heads_for()
    for language, (utility, title) in titles.items():
        visitor.reads(language)
        visitor.sees(".utility", utility)
        visitor.sees("h1", title)
        assert visitor.ways() == ["password", "id-gov-ua", "sms"]
        visitor.chooses("sms")
        assert visitor.page.locator("html").get_attribute("lang") == language
        visitor.heads_for()
    visitor.assert_clean()


def test_other_browsers_are_listed_and_ended_at_once(browser: "Browser", visitor: Visitor, demo: DemoProcess) -> None:
    email, account = new_email(), account_of(demo, 42)
    visitor.registers(email=email)
    visitor.links_by_surname(account)
    with visiting(browser, demo) as elsewhere:
        elsewhere.signs_in_by_password(email)
        elsewhere.is_at("/security")
        elsewhere.sees_home(account)
        visitor.opens("/security")
        sessions = visitor.page.locator("section:has(#sessions) li")
        assert (sessions.count(), sessions.locator(".badge").count()) == (2, 1)
        visitor.page.locator("form:has([value=others]) button").click()
        visitor.page.wait_for_load_state()
        assert sessions.count() == 1
        visitor.sees_home(account)
        elsewhere.sees_nothing()
        elsewhere.opens("/security")
        elsewhere.is_at("/sign-in")
        elsewhere.assert_clean()
    visitor.assert_clean()


def test_who_goes_back_and_signs_in_there_again_is_told_so_and_stays_in(visitor: Visitor, demo: DemoProcess) -> None:
    account = account_of(demo, 9)
    visitor.heads_for()
    visitor.chooses("id-gov-ua")
    visitor.is_vouched_for("person9", "bank_id")
    visitor.is_at("/link")
    visitor.page.go_back()
    visitor.is_vouched_for("person10", "bank_id")
    assert "took too long or was sent twice" in visitor.told()
    visitor.opens("/link")
    visitor.links_by_surname(account)
    visitor.sees_home(account)
    visitor.assert_clean(refusals=[410])
