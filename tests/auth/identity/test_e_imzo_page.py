"""The page's script in headless Chromium, against the stand-ins of the application and of E-IMZO-SERVER."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.auth.identity.e_imzo_site import WORDS, Site, running_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

DECADE_S = 10 * 366 * 86_400


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture
def site(running: Site) -> Site:
    running.computer.has_files, running.computer.password_is_wrong = True, False
    running.computer.card, running.computer.token = "person1", None
    return running


class Visit:
    """One browser tab on the page."""

    def __init__(self, page: "Page", site: Site) -> None:
        self.page = page
        self.site = site
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.blockedURI))")
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)

    def open(self, **instead: str) -> None:
        self.page.goto(f"{self.site.url}/?{urlencode(instead)}")

    def sees(self, text: str) -> None:
        from playwright.sync_api import expect  # noqa: PLC0415 -- absent where the browser tests are skipped

        expect(self.page.get_by_role("status")).to_have_text(text)

    def keys(self) -> list[str]:
        return [" / ".join(each.locator("span").all_inner_texts()) for each in self.page.get_by_role("button").all()]

    def choose(self, name: str, number: int = 0) -> None:
        self.page.get_by_role("button").filter(has_text=name).nth(number).click()

    def arrives(self) -> str:
        self.page.wait_for_url("**/callback")
        return self.page.inner_text("body")


@pytest.fixture
def visit(browser: "Browser", site: Site) -> Iterator[Visit]:
    with browser.new_context() as context:
        yield Visit(context.new_page(), site)


def test_keys_are_listed_with_their_owner_organisation_and_end(visit: Visit, site: Site) -> None:
    visit.open()
    visit.sees(WORDS["choose"])
    year = site.clock.now().year + 1
    expected = []
    for person in site.people:
        expected.append(f"{person.full_name.upper()} / valid until {year}.12.31")
        if person.organisation:
            expected.append(f"{person.full_name.upper()} / {person.organisation.name} / valid until {year}.12.31")
    assert visit.keys() == [*expected, "ID-card", "BAIK token"]
    assert not any(person.pinfl in visit.page.content() for person in site.people)
    assert visit.complaints == []


def test_key_file_signs_its_owner_in(visit: Visit, site: Site) -> None:
    visit.open()
    visit.choose(site.people[1].full_name.upper())
    assert visit.arrives().split() == [site.people[1].pinfl, "swk"]
    assert visit.complaints == []


def test_organisation_s_key_signs_in_for_the_organisation(visit: Visit, site: Site) -> None:
    person = next(each for each in site.people if each.organisation)
    assert person.organisation is not None
    visit.open()
    visit.choose(person.organisation.name)
    assert visit.arrives().split() == [person.pinfl, "swk", person.organisation.tin]


def test_id_card_signs_its_owner_in_where_there_are_no_files(visit: Visit, site: Site) -> None:
    site.computer.has_files = False
    visit.open()
    visit.sees(WORDS["no-keys"])
    assert visit.keys() == ["ID-card", "BAIK token"]
    visit.choose("ID-card")
    assert visit.arrives().split() == [site.people[0].pinfl, "hwk"]


def test_token_that_is_not_there_is_told_and_another_key_can_be_tried(visit: Visit, site: Site) -> None:
    visit.open()
    visit.choose("BAIK token")
    visit.sees("E-IMZO says Ключ не найден")
    site.computer.token = "person3"
    visit.choose("BAIK token")
    assert visit.arrives().split() == [site.people[2].pinfl, "hwk"]


def test_wrong_password_is_told_in_the_reader_s_words(visit: Visit, site: Site) -> None:
    site.computer.password_is_wrong = True
    visit.open()
    visit.choose(site.people[0].full_name.upper())
    visit.sees(WORDS["wrong-password"])
    assert visit.complaints == []


def test_application_that_is_not_running_is_told(visit: Visit) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        visit.open(capiws_url=f"ws://127.0.0.1:{nobody.getsockname()[1]}/service/cryptapi")
        visit.sees(WORDS["no-plugin"])
    assert visit.keys() == []


def test_application_that_does_not_know_the_site_is_told(browser: "Browser", site: Site) -> None:
    with browser.new_context() as context:
        visit = Visit(context.new_page(), replace(site, url=site.url.replace("127.0.0.1", "localhost")))
        visit.open()
        visit.sees(f"{WORDS['no-domain']} localhost")


def test_challenge_that_has_become_too_old_offers_no_key(visit: Visit) -> None:
    visit.page.clock.install()
    visit.open()
    visit.sees(WORDS["choose"])
    visit.page.clock.fast_forward(119_000)
    visit.sees(WORDS["choose"])
    visit.page.clock.fast_forward(1_000)
    visit.sees(WORDS["expired"])
    assert (visit.keys(), visit.complaints) == ([], [])


def test_key_that_is_too_old_cannot_be_chosen(visit: Visit, site: Site) -> None:
    visit.page.clock.install(time=site.clock.now().timestamp() + DECADE_S)
    visit.open()
    visit.sees(WORDS["choose"])
    assert visit.keys()[0] == f"{site.people[0].full_name.upper()} / too old"
    buttons = visit.page.get_by_role("button").all()
    assert [each.is_disabled() for each in buttons] == [True] * (len(buttons) - 2) + [False] * 2


def test_signature_of_another_challenge_is_refused(visit: Visit, site: Site) -> None:
    visit.open(challenge="9b573e40-cefd-42cc-a534-f6e78b27c2ae")
    visit.choose(site.people[0].full_name.upper())
    assert visit.arrives() == "EIMZO_CHALLENGE_OF_ANOTHER"
