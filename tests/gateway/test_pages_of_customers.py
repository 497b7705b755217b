"""The pages of customers over plain HTTP: linking accounts, and security."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from auth.audit import AuditEvent, AuditKind
from connectors.store.passkeys import Passkey
from gateway.browsers import SESSION_COOKIE
from tests.gateway.front import Front, newcomer, running_front, subject_of
from tests.gateway.reader import Visitor
from tests.sandbox_process import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def front(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(sandbox, tmp_path_factory.mktemp("front")) as running:
        yield running


@pytest.mark.parametrize("path", ["/link", "/security", "/device?user_code=ABCD-EFGH", "/security/passkeys/new"])
def test_strangers_are_asked_to_sign_in_first(front: Front, path: str) -> None:
    visitor = Visitor(front.host)
    asked = visitor.get(path)
    assert (asked.status, asked.location) == (303, f"/sign-in?return_to={quote(path, safe='')}")


@pytest.mark.parametrize("path", ["/link", "/device", "/security/sessions", "/security/grants", "/security/passkeys"])
def test_forms_of_strangers_lead_to_signing_in_and_then_to_a_page(front: Front, path: str) -> None:
    visitor = Visitor(front.host)
    asked = visitor.post(path, {"session": "others"})
    assert (asked.status, asked.location) == (303, f"/sign-in?return_to={quote(path, safe='')}")
    signed_in, _ = newcomer(front)
    assert signed_in.get(path).status == 200


def test_account_is_linked_by_number_and_surname(front: Front, sandbox: Sandbox) -> None:
    visitor, _ = newcomer(front)
    account = sandbox.holder(10).accounts[0]
    proof = {"method": "number-and-surname", "number": f" {account['number'][:4]} {account['number'][4:]} "}
    page = visitor.post(
        "/link?return_to=/graphiql", {**proof, "surname": account["last_name"], "return_to": "/graphiql"}
    )
    assert (page.status, page.location) == (303, "/link?return_to=%2Fgraphiql")
    shown = visitor.get(page.location)
    assert f"Your accounts {account['number']} Continue" in shown.words
    assert "/graphiql" in shown.links


@pytest.mark.parametrize(
    ("proof", "status", "said"),
    [
        ({"method": "number-and-surname", "number": "1", "surname": "x"}, 422, "This is not an account number."),
        ({"method": "number-and-surname", "number": "9" * 12, "surname": "x"}, 422, "No account could be confirmed"),
        ({"method": "bill-qr", "bill_qr": '"><b>'}, 422, "This is not the text of a QR code"),
        ({"method": "district-and-bill", "number": "9" * 12, "bill_number": "1"}, 422, "This is not offered here."),
        ({"method": "magic"}, 422, "This cannot be completed"),
        ({}, 422, "This cannot be completed"),
    ],
)
def test_proof_that_proves_nothing_links_nothing(front: Front, proof: dict[str, str], status: int, said: str) -> None:
    visitor, login = newcomer(front)
    answer = visitor.post("/link", proof)
    assert answer.status == status
    assert said in answer.words
    assert "<b>" not in answer.text
    assert front.run(front.house.links.numbers(subject_of(front, login))) == frozenset()


def test_district_alone_tells_the_region(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        running_sandbox(profile="uz-het", accounts=61) as sandbox,
        running_front(sandbox, tmp_path_factory.mktemp("uz"), profile="uz-het") as front,
    ):
        visitor, _ = newcomer(front)
        assert visitor.get("/link").text.count("<optgroup") == 14
        account = sandbox.holder(10).accounts[0]
        proof = {
            "district": account["district_code"],
            "number": account["number"],
            "bill_number": account["bill_number"],
        }
        wrong = visitor.post("/link", {**proof, "method": "district-and-bill", "district": "none"})
        assert (wrong.status, "Choose a region and a district" in wrong.words) == (422, True)
        assert visitor.post("/link", {**proof, "method": "district-and-bill"}).status == 303
        assert account["number"] in visitor.get("/link").words


def test_sessions_are_listed_and_ended_one_by_one(front: Front) -> None:
    visitor, login = newcomer(front)
    other, third = Visitor(front.host), Visitor(front.host)
    for browser in (other, third):
        browser.sign_in(login)
    page = visitor.get("/security")
    assert page.words.count("127.0.0.0/24 · Password") == 3
    assert page.words.count("this browser") == 1
    ids = [form["session"] for form in page.forms if "session" in form]
    assert len(ids) == 4
    assert ids[-1] == "others"
    theirs = {form["session"] for form in other.get("/security").forms if "session" in form}
    assert theirs == set(ids)
    own = _own_session(front, visitor)
    gone = next(each for each in ids[:-1] if each not in {own, _own_session(front, other)})
    assert visitor.post("/security/sessions", {"session": gone}).location == "/security"
    assert [browser.is_in() for browser in (visitor, other, third)] == [True, True, False]


def _own_session(front: Front, visitor: Visitor) -> str:
    session = front.run(front.entrance.sessions.find(visitor.cookies[SESSION_COOKIE]))
    assert session is not None
    return session.id


def test_all_other_sessions_are_ended_at_once(front: Front) -> None:
    visitor, login = newcomer(front)
    other = Visitor(front.host)
    other.sign_in(login)
    assert visitor.post("/security/sessions", {"session": "others"}).location == "/security"
    assert (visitor.is_in(), other.is_in()) == (True, False)


def test_ending_the_own_session_signs_out(front: Front) -> None:
    visitor, _ = newcomer(front)
    answer = visitor.post("/security/sessions", {"session": _own_session(front, visitor)})
    assert answer.location == "/sign-in"
    assert SESSION_COOKIE not in visitor.cookies


@pytest.mark.parametrize("session", ["", "unknown"])
def test_session_that_is_not_the_customers_is_left_alone(front: Front, session: str) -> None:
    visitor, _ = newcomer(front)
    victim, _ = newcomer(front)
    for chosen in (session, _own_session(front, victim)):
        visitor.post("/security/sessions", {"session": chosen})
    assert (visitor.is_in(), victim.is_in()) == (True, True)


def test_events_are_told_in_words(front: Front) -> None:
    visitor, login = newcomer(front)
    seen = AuditEvent(AuditKind.ACCOUNT_SEEN, subject=subject_of(front, login), account="1", client=("c", "Bank <b>"))
    front.run(front.house.audit.record(seen))
    page = visitor.get("/security")
    assert "An application saw the account · Bank <b> · 1" in page.words
    assert "Account created · Password" in page.words
    assert "<b>" not in page.text


def test_passkey_asks_for_a_strong_sign_in_once_there_is_one(front: Front) -> None:
    visitor, login = newcomer(front)
    invited = visitor.get("/security/passkeys/new")
    assert (invited.status, "data-options" in invited.text) == (200, True)
    subject, now = subject_of(front, login), front.house.now()
    passkey = Passkey("id-of-it", subject, b"key", 0, is_backed_up=False, name="Phone <b>", added_at=now)
    assert front.run(front.house.passkeys.add(passkey))
    assert "Phone <b>" in visitor.get("/security").words
    new = "%2Fsecurity%2Fpasskeys%2Fnew"
    for asked, back_to in (
        (visitor.get("/security/passkeys/new"), new),
        (visitor.post("/security/passkeys/new", {"credential": "{}"}), new),
        (visitor.post("/security/passkeys", {"passkey": "id-of-it"}), "%2Fsecurity"),
        (visitor.post("/security/password", {"new_password": "another-evening-7"}), "%2Fsecurity%2Fpassword"),
    ):
        assert (asked.status, asked.location) == (303, f"/sign-in?return_to={back_to}&acr=high")
    assert len(front.run(front.house.passkeys.of_subject(subject))) == 1


def test_whoever_is_to_sign_in_once_more_sees_their_own_ways_and_no_way_past(front: Front) -> None:
    visitor, login = newcomer(front)
    page = visitor.get("/sign-in?return_to=/security/password&acr=low")
    assert "sign in once more" in page.words
    assert "/security/password" not in page.links
    subject, now = subject_of(front, login), front.house.now()
    passkey = Passkey("id-of-their-own", subject, b"key", 0, is_backed_up=False, name="Phone", added_at=now)
    assert front.run(front.house.passkeys.add(passkey))
    begin = [link for link in visitor.get("/sign-in?acr=high").links if link.startswith("/sign-in/")]
    assert begin == ["/sign-in/passkey?acr=high"]


def test_nonsense_instead_of_a_passkey_is_refused(front: Front) -> None:
    visitor, _ = newcomer(front)
    answer = visitor.post("/security/passkeys/new", {"credential": "{}", "name": "Phone"})
    assert answer.status == 422
    assert "This passkey could not be confirmed." in answer.words


def test_password_is_changed_and_everything_else_signed_out(front: Front) -> None:
    visitor, login = newcomer(front)
    other = Visitor(front.host)
    other.sign_in(login)
    assert "/security/password" in visitor.get("/security").links
    weak = visitor.post("/security/password", {"new_password": "short"})
    assert (weak.status, "Choose another password" in weak.words) == (422, True)
    assert other.is_in()
    changed = visitor.post("/security/password", {"new_password": "another-evening-7"})
    assert (changed.status, changed.location) == (303, "/security")
    assert (visitor.is_in(), other.is_in()) == (True, False)
    assert Visitor(front.host).sign_in(login).status == 403
    assert Visitor(front.host).sign_in(login, "another-evening-7").status == 303
