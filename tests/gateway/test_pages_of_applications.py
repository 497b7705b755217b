"""The pages by which customers let applications and devices in, over plain HTTP."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from auth.server.partners import Partners
from auth.server.registration import Registration
from schema.identifiers import AccountNumber
from schema.scopes import Scope
from tests.gateway.front import Front, newcomer, running_front, subject_of
from tests.gateway.reader import Answer, Visitor, ask
from tests.sandbox_process import Sandbox

REDIRECT: Final = "http://127.0.0.1:9/back"
CHALLENGE: Final = urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def front(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(sandbox, tmp_path_factory.mktemp("front")) as running:
        yield running


@pytest.fixture(scope="module")
def partners(front: Front) -> Partners:
    revocations = front.entrance.server.turns.means.revocations
    return Partners(front.house.clients, revocations, front.house.audit, front.house.now)


@pytest.fixture(scope="module")
def application(front: Front, partners: Partners) -> str:
    asked = Registration("Budget <b>", "app", redirect_uris=(REDIRECT,))
    return front.run(partners.register(asked)).client.client_id


@pytest.fixture(scope="module")
def kiosk(front: Front, partners: Partners) -> str:
    return front.run(partners.register(Registration("Kiosk 7", "device"))).client.client_id


def linked_customer(front: Front, sandbox: Sandbox) -> tuple[Visitor, str, list[str]]:
    """Return a customer with two accounts: their browser, their subject, and the accounts' numbers."""
    visitor, login = newcomer(front)
    subject, numbers = subject_of(front, login), sorted(sandbox.holder(10).numbers[:2])
    for number in numbers:
        front.run(front.house.links.link(subject, AccountNumber(number), front.house.now()))
    return visitor, subject, numbers


def authorize(client_id: str, *scopes: Scope) -> str:
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "state": "opaque",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "scope": " ".join(scope.value for scope in scopes or (Scope.BALANCE_READ, Scope.PROFILE_READ)),
    }
    return f"/oauth/authorize?{urlencode(asked)}"


def way_on(page: Answer) -> dict[str, list[str]]:
    """Return the parameters that a page takes to the application."""
    (link,) = [link for link in page.links if link.startswith(REDIRECT)]
    return parse_qs(urlsplit(link).query)


def boxes(page: Answer) -> list[str]:
    return [line.split('value="')[1].split('"')[0] for line in page.text.split("<label") if "checkbox" in line]


def checked(page: Answer) -> int:
    return page.text.count(" checked>")


def test_application_is_let_in_to_the_accounts_that_were_chosen(
    front: Front, sandbox: Sandbox, application: str
) -> None:
    visitor, subject, numbers = linked_customer(front, sandbox)
    page = visitor.get(authorize(application))
    page.assert_guarded(front.host)
    assert "Budget <b> asks for access" in page.words
    assert "It would be able to: See your name and contact details See balances Of which accounts?" in page.words
    assert (boxes(page), checked(page)) == (numbers, 0)
    form = [*page.form.items(), ("accounts", numbers[1]), ("accounts", "999999999999"), ("decision", "allow")]
    onward = visitor.post("/oauth/authorize", form)
    assert onward.status == 200
    assert way_on(onward).keys() == {"code", "state", "iss"}
    (grant,) = front.run(front.house.grants.of_subject(subject))
    assert grant.accounts == {numbers[1]}
    assert grant.scopes == {"balance:read", "profile:read"}
    shown = visitor.get("/security")
    assert f"Budget <b> See your name and contact details See balances Accounts: {numbers[1]}" in shown.words
    again = visitor.get(authorize(application, Scope.BALANCE_READ, Scope.CHARGES_READ))
    assert checked(again) == 1
    revoked = visitor.post("/security/grants", {"grant": grant.id})
    assert (revoked.status, revoked.location) == (303, "/security")
    assert "You have let no application in." in visitor.get("/security").words


def test_grant_of_another_customer_is_left_alone(front: Front, sandbox: Sandbox, application: str) -> None:
    visitor, subject, _ = linked_customer(front, sandbox)
    page = visitor.get(authorize(application))
    visitor.post("/oauth/authorize", {**page.form, "decision": "allow"})
    (grant,) = front.run(front.house.grants.of_subject(subject))
    assert newcomer(front)[0].post("/security/grants", {"grant": grant.id}).status == 303
    assert len(front.run(front.house.grants.of_subject(subject))) == 1


def test_application_is_turned_away(front: Front, sandbox: Sandbox, application: str) -> None:
    visitor, subject, _ = linked_customer(front, sandbox)
    page = visitor.get(authorize(application))
    denied = visitor.post("/oauth/authorize", {**page.form, "decision": "deny"})
    assert way_on(denied)["error"] == ["access_denied"]
    assert front.run(front.house.grants.of_subject(subject)) == []


def test_application_of_the_utilitys_own_is_not_asked_about_accounts(
    front: Front, sandbox: Sandbox, partners: Partners
) -> None:
    visitor, _, _ = linked_customer(front, sandbox)
    asked = Registration("Our app", "app", redirect_uris=(REDIRECT,), is_first_party=True)
    page = visitor.get(authorize(front.run(partners.register(asked)).client.client_id))
    assert (boxes(page), "Of which accounts?" in page.words, "no linked account" in page.words) == ([], False, False)
    assert "code" in way_on(visitor.post("/oauth/authorize", {**page.form, "decision": "allow"}))


def test_decision_of_another_sites_page_does_not_count(front: Front, sandbox: Sandbox, application: str) -> None:
    visitor, subject, _ = linked_customer(front, sandbox)
    form = {**visitor.get(authorize(application)).form, "decision": "allow"}
    assert visitor.post("/oauth/authorize", form, origin="https://evil.example").status == 403
    assert front.run(front.house.grants.of_subject(subject)) == []
    assert visitor.post("/oauth/authorize", form).status == 200


def test_page_of_an_application_speaks_the_language_chosen(front: Front, sandbox: Sandbox, application: str) -> None:
    visitor, _, _ = linked_customer(front, sandbox)
    page = visitor.get(authorize(application))
    (russian,) = [link for link in page.links if link.endswith("lang=ru")]
    assert '<html lang="ru">' in visitor.get(russian).text
    assert '<html lang="ru">' in visitor.get("/security").text


def test_stranger_signs_in_on_the_way_to_an_application(front: Front, application: str) -> None:
    _, login = newcomer(front)
    visitor = Visitor(front.host)
    asked = visitor.get(authorize(application))
    (return_to,) = parse_qs(urlsplit(asked.location).query)["return_to"]
    onward = visitor.sign_in(login, at=f"/sign-in/password?{urlencode({'return_to': return_to})}")
    assert onward.links.count(return_to) == 1
    page = visitor.get(return_to)
    assert "You have no linked account yet." in page.words
    assert f"/link?{urlencode({'return_to': return_to})}" in page.links


@pytest.mark.parametrize("path", ["/oauth/authorize?client_id=%3Cb%3E", "/oauth/authorize?pending=%3Cb%3E"])
def test_request_that_cannot_be_served_is_told_without_repeating_it(front: Front, path: str) -> None:
    answer = Visitor(front.host).get(path)
    assert answer.status == 400
    answer.assert_guarded(front.host)
    assert "%3Cb%3E" not in answer.text
    assert "&lt;b&gt;" not in answer.text


def begun(front: Front, kiosk: str) -> dict[str, Any]:
    """Let a device begin to wait."""
    form = urlencode({"client_id": kiosk, "scope": "balance:read"})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = ask(front.host, "/oauth/device_authorization", "POST", headers, form)
    assert answer.status == 200
    return answer.json


def test_device_is_let_in_by_the_code_that_it_shows(front: Front, sandbox: Sandbox, kiosk: str) -> None:
    visitor, subject, numbers = linked_customer(front, sandbox)
    code = begun(front, kiosk)["user_code"]
    typed = visitor.get(f"/device?user_code={code}").form
    assert typed == {"user_code": code}
    page = visitor.post("/device", {"user_code": f" {code.lower()} "})
    assert "Kiosk 7 asks for access" in page.words
    assert (boxes(page), checked(page)) == (numbers, 0)
    done = visitor.post("/device", [*page.form.items(), ("accounts", numbers[0]), ("decision", "allow")])
    assert "The device is connected." in done.words
    (grant,) = front.run(front.house.grants.of_subject(subject))
    assert grant.accounts == {numbers[0]}
    assert visitor.post("/device", {"user_code": code}).status == 422


def test_device_is_turned_away(front: Front, sandbox: Sandbox, kiosk: str) -> None:
    visitor, subject, _ = linked_customer(front, sandbox)
    code = begun(front, kiosk)["user_code"]
    assert "The device was turned away." in visitor.post("/device", {"user_code": code, "decision": "deny"}).words
    assert front.run(front.house.grants.of_subject(subject)) == []


def test_code_that_no_device_shows_is_told(front: Front) -> None:
    visitor, _ = newcomer(front)
    answer = visitor.post("/device", {"user_code": '"><b>' * 20})
    assert answer.status == 422
    assert "No device shows this code." in answer.words
    assert "<b>" not in answer.text
