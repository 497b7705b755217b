"""Signing in as in Uzbekistan, each way from the choice of ways to the home screen and out again."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.demo_process import DemoProcess
from tests.journeys.sign_in_pages import PASSWORD, Phone, Visitor, account_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(uzbekistan: DemoProcess) -> Iterator[DemoProcess]:
    uzbekistan.calm()
    yield uzbekistan
    uzbekistan.calm()


@pytest.fixture
def visitor(browser: "Browser", demo: DemoProcess) -> Iterator[Visitor]:
    with visiting(browser, demo) as opened:
        yield opened


def links_and_leaves(visitor: Visitor, account: dict[str, Any]) -> None:
    """Link the account of a newcomer, see it on the home screen, and sign out."""
    visitor.links_by_district(account)
    visitor.follows("/security")
    visitor.is_at("/security")
    visitor.sees_home(account)
    visitor.signs_out()
    visitor.sees_nothing()


@pytest.mark.parametrize(
    ("person", "method"), [(5, "LOGINPASSMETHOD"), (6, "MOBILEMETHOD"), (7, "PKCSMETHOD"), (8, "QR")]
)
def test_by_oneid(visitor: Visitor, demo: DemoProcess, person: int, method: str) -> None:
    visitor.heads_for()
    visitor.chooses("oneid")
    visitor.is_vouched_for(f"person{person}", method)
    visitor.is_at("/link")
    assert visitor.events() == [("SIGNED_IN", "oneid", method), ("REGISTERED", "oneid", method)]
    links_and_leaves(visitor, account_of(demo, person))
    visitor.assert_clean()


def test_for_a_legal_person_by_oneid(visitor: Visitor, demo: DemoProcess) -> None:
    visitor.heads_for()
    visitor.chooses("oneid")
    visitor.is_vouched_for("person9", "LEPKCSMETHOD")
    visitor.is_at("/link")
    security = visitor.asks("{ security { organisations { name isPrimary } } }")["data"]["security"]
    assert security == {"organisations": [{"name": "Enterprise 9", "isPrimary": True}]}
    links_and_leaves(visitor, account_of(demo, 9))
    visitor.assert_clean()


def test_by_a_key_file_of_e_imzo(visitor: Visitor, demo: DemoProcess) -> None:
    account = account_of(demo, 10)
    visitor.heads_for()
    visitor.chooses("e-imzo")
    visitor.page.locator("#e-imzo button", has_text=account["last_name"].upper()).click()
    visitor.is_at("/link")
    links_and_leaves(visitor, account)
    visitor.assert_clean()


def test_by_an_id_card_of_e_imzo_on_the_computer(visitor: Visitor, demo: DemoProcess) -> None:
    demo.pretend("capiws", has_files=False, card="person11")
    visitor.heads_for()
    visitor.chooses("e-imzo")
    visitor.page.locator("#e-imzo button").first.click()
    visitor.is_at("/link")
    links_and_leaves(visitor, account_of(demo, 11))
    visitor.assert_clean()


def test_by_an_id_card_of_e_imzo_on_the_phone(visitor: Visitor, demo: DemoProcess) -> None:
    visitor.heads_for()
    visitor.chooses("e-imzo-mobile")
    phone = visitor.context.new_page()
    phone.goto(visitor.page.locator("main a[href*='qc=']").get_attribute("href") or "")
    phone.locator("button[value=person2]").click()
    visitor.is_at("/link")
    links_and_leaves(visitor, account_of(demo, 2))
    visitor.assert_clean()


def test_a_person_is_one_customer_by_whichever_way_the_state_vouches(visitor: Visitor, demo: DemoProcess) -> None:
    account = account_of(demo, 12)
    visitor.heads_for()
    visitor.chooses("oneid")
    visitor.is_vouched_for("person12", "PKCSMETHOD")
    links_and_leaves(visitor, account)
    visitor.heads_for()
    visitor.chooses("e-imzo")
    visitor.page.locator("#e-imzo button", has_text=account["last_name"].upper()).first.click()
    visitor.is_at("/security")
    visitor.sees_home(account)
    visitor.assert_clean()


@pytest.mark.parametrize(("person", "text"), [(3, "P"), (4, " п ")])
def test_by_a_text_message_to_the_short_number(visitor: Visitor, demo: DemoProcess, person: int, text: str) -> None:
    phone = Phone(visitor, person)
    phone.sends(text)
    one_time = phone.one_time_password()
    visitor.signs_in_by_password(phone.number, one_time)
    assert "one-time password" in visitor.told()
    visitor.chooses("sms")
    visitor.fills(login=phone.number, one_time_password=one_time, new_password=PASSWORD, name="Subscriber")
    visitor.sends()
    links_and_leaves(visitor, account_of(demo, 20 + person))
    visitor.signs_in_by_password(phone.number)
    visitor.is_at("/security")
    assert visitor.sees_home(account_of(demo, 20 + person)) == "Subscriber"
    visitor.assert_clean(refusals=[403])


def test_with_a_forgotten_password(visitor: Visitor, demo: DemoProcess) -> None:
    phone = Phone(visitor, 12)
    visitor.registers(phone=phone.number)
    links_and_leaves(visitor, account_of(demo, 30))
    visitor.heads_for()
    visitor.chooses("password")
    visitor.follows("/sign-in/sms/forgotten")
    visitor.fills(login=phone.number)
    visitor.sends()
    visitor.is_at("/sign-in/sms")
    own = "another quiet evening"
    visitor.fills(login=phone.number, one_time_password=phone.one_time_password(), new_password=own)
    visitor.sends()
    visitor.is_at("/security")
    visitor.sees_home(account_of(demo, 30))
    visitor.signs_out()
    visitor.signs_in_by_password(phone.number)
    assert "wrong" in visitor.told()
    visitor.fills(password=own)
    visitor.sends()
    visitor.is_at("/security")
    visitor.sees_home(account_of(demo, 30))
    visitor.assert_clean(refusals=[403])


def test_by_password(visitor: Visitor, demo: DemoProcess) -> None:
    user = demo.user(1)
    visitor.signs_in_by_password(user["login"], user["password"])
    visitor.is_at("/security")
    assert visitor.sees_home(account_of(demo, 2)) == "Demo one"
    visitor.signs_out()
    visitor.sees_nothing()
    visitor.assert_clean()


def test_the_pages_are_read_in_every_language_and_stay_in_it(visitor: Visitor) -> None:
    titles = {"uz": "Kirish", "uz-Cyrl": "Кириш", "ru": "Войти", "en": "Sign in"}
    visitor.heads_for()
    for language, title in titles.items():
        visitor.reads(language)
        visitor.sees("h1", title)
        visitor.chooses("password")
        visitor.sees("h1", title)
        assert visitor.page.locator("html").get_attribute("lang") == language
        assert visitor.page.locator("[name=return_to]").input_value() == "/security"
        visitor.heads_for()
    visitor.assert_clean()


def test_when_a_provider_is_down_the_page_names_the_other_ways(visitor: Visitor, demo: DemoProcess) -> None:
    visitor.heads_for()
    visitor.chooses("oneid")
    demo.pretend("oneid", outage=True)
    visitor.is_vouched_for("person1", "PKCSMETHOD")
    assert "does not answer" in visitor.told()
    assert visitor.ways() == ["e-imzo", "e-imzo-mobile", "sms", "password"]
    demo.pretend("e_imzo", http_status=503)
    visitor.chooses("e-imzo")
    assert "does not answer" in visitor.told()
    assert visitor.ways() == ["oneid", "e-imzo-mobile", "sms", "password"]
    demo.calm()
    visitor.chooses("oneid")
    visitor.is_vouched_for("person1", "PKCSMETHOD")
    visitor.page.wait_for_url(f"{visitor.front}/**")
    visitor.opens("/security")
    visitor.is_at("/security")
    visitor.assert_clean(refusals=[503, 503])


def test_who_refuses_at_the_provider_may_choose_again(visitor: Visitor) -> None:
    visitor.heads_for()
    visitor.chooses("oneid")
    visitor.page.get_by_role("button", name="Refuse").click()
    assert "You stopped signing in" in visitor.told()
    assert visitor.ways() == ["oneid", "e-imzo", "e-imzo-mobile", "sms", "password"]
    visitor.sees_nothing()
    visitor.assert_clean(refusals=[403])
