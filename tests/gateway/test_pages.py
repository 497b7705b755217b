"""The pages of signing in over plain HTTP: by password, registering, in which language, and signing out."""

from collections.abc import Iterator
from itertools import count
from typing import Final

import pytest

from gateway.browsers import SESSION_COOKIE
from gateway.pages.language import catalogues
from tests.gateway.front import Front, newcomer, running_front
from tests.gateway.reader import PASSWORD, POLICY, Visitor
from tests.sandbox_process import Sandbox

NUMBERS: Final = count(1)


@pytest.fixture(scope="module")
def front(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A gateway with the ways of its profile that need nobody outside: SMS, password and passkey."""
    with running_front(sandbox, tmp_path_factory.mktemp("front")) as running:
        yield running


@pytest.fixture
def visitor(front: Front) -> Visitor:
    return Visitor(front.host)


def test_every_page_is_guarded_and_holds_nothing_inline(front: Front) -> None:
    signed_in, _ = newcomer(front)
    for path in ("/sign-in", "/sign-in/password", "/sign-in/sms", "/register", "/sign-in/sms/forgotten", "/sign-out"):
        Visitor(front.host).get(path).assert_guarded(front.host)
    for path in ("/link", "/security", "/security/passkeys/new", "/device", "/sign-in", "/sign-in/nobody"):
        signed_in.get(path).assert_guarded(front.host)


def test_refusals_of_the_routes_are_guarded_too(visitor: Visitor) -> None:
    for answer in (visitor.get("/sign-in/a/b/c"), visitor.post("/sign-in", {}), visitor.get("/pages/static/../x")):
        assert answer.status in {404, 405}
        assert answer.headers["content-security-policy"] == POLICY.format(agent="")


def test_ways_are_shown_in_the_utilitys_order(visitor: Visitor) -> None:
    page = visitor.get("/sign-in?return_to=/graphiql")
    begin = [link for link in page.links if link.startswith("/sign-in/")]
    assert begin == [f"/sign-in/{name}?return_to=%2Fgraphiql" for name in ("password", "sms", "passkey")]


def test_right_password_lets_in(front: Front) -> None:
    _, login = newcomer(front)
    visitor = Visitor(front.host)
    answer = visitor.sign_in(login.upper(), at="/sign-in/password?return_to=/graphiql")
    assert (answer.status, answer.location) == (303, "/graphiql")
    assert visitor.is_in()


def test_wrong_password_is_told_and_the_login_kept(front: Front) -> None:
    _, login = newcomer(front)
    visitor = Visitor(front.host, "uk")
    answer = visitor.sign_in(f'"><b>{login}', "wrong one", at="/sign-in/password?return_to=/graphiql")
    assert answer.status == 403
    assert catalogues()["uk"].say("problem.wrong_credentials") in answer.words
    assert answer.form["login"] == f'"><b>{login}'
    assert "<b>" not in answer.text
    assert (answer.form["password"], answer.form["return_to"]) == ("", "/graphiql")
    again = visitor.post("/sign-in/password/callback", {**answer.form, "login": login, "password": PASSWORD})
    assert (again.status, again.location) == (303, "/graphiql")


def test_who_guesses_must_wait(front: Front) -> None:
    visitor = Visitor(front.host, "ru")
    answers = [visitor.sign_in("nobody@example.org", f"guess {number}") for number in range(7)]
    assert [answer.status for answer in answers] == [403] * 5 + [429] * 2
    assert answers[-1].headers["retry-after"] == "2"
    russian = catalogues()["ru"]
    assert russian.say("problem.too_many", wait=russian.wait(2)) in answers[-1].words


def test_form_sent_twice_does_what_it_is_for(front: Front) -> None:
    _, login = newcomer(front)
    visitor = Visitor(front.host)
    form = {
        **visitor.get("/sign-in/password?return_to=/graphiql").form,
        "login": login,
        "password": PASSWORD,
    }
    first, second = (visitor.post("/sign-in/password/callback", form) for _ in range(2))
    assert [(answer.status, answer.location) for answer in (first, second)] == [(303, "/graphiql")] * 2


def test_form_that_is_too_old_is_shown_anew(front: Front) -> None:
    visitor = Visitor(front.host)
    page = visitor.get("/sign-in/password?return_to=/graphiql&acr=low")
    answer = visitor.post("/sign-in/password/callback", {**page.form, "state": "gone", "login": "x", "password": "y"})
    assert answer.status == 410
    assert "Please begin again." in answer.words
    assert answer.form["state"] not in {"gone", page.form["state"]}
    assert answer.form["return_to"] == "/graphiql"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_form_of_another_site_does_nothing(front: Front, headers: dict[str, str]) -> None:
    signed_in, login = newcomer(front)
    visitor = Visitor(front.host)
    form = {**visitor.get("/sign-in/password").form, "login": login, "password": PASSWORD}
    assert visitor.post("/sign-in/password/callback", form, **headers).status == 403
    assert SESSION_COOKIE not in visitor.cookies
    assert signed_in.post("/sign-out", {}, **headers).status == 403
    assert signed_in.post("/security/sessions", {"session": "others"}, **headers).status == 403
    assert signed_in.is_in()


def test_form_that_leads_to_an_application_is_answered_by_a_page(front: Front) -> None:
    _, login = newcomer(front)
    answer = Visitor(front.host).sign_in(login, at="/sign-in/password?return_to=/oauth/authorize%3Fpending=x%2522")
    assert answer.status == 200
    assert SESSION_COOKIE in answer.cookies
    assert '<meta http-equiv="refresh" content="0;url=/oauth/authorize?pending=x%22">' in answer.text


def test_language_is_remembered_once_chosen(visitor: Visitor) -> None:
    chosen = visitor.get("/sign-in?return_to=/graphiql&lang=ru")
    assert '<html lang="ru">' in chosen.text
    assert '<html lang="ru">' in visitor.get("/register").text
    assert '<html lang="uk">' in visitor.get("/register?lang=uk").text
    assert '<html lang="uk">' in visitor.get("/register?lang=xx").text
    assert [link for link in chosen.links if "lang=" in link] == [
        f"/sign-in?return_to=%2Fgraphiql&lang={tag}" for tag in ("uk", "en", "ru")
    ]


def test_registration_lets_in_and_asks_for_an_account(visitor: Visitor) -> None:
    answer = visitor.register(f"new{next(NUMBERS)}@example.org", "/graphiql")
    assert (answer.status, answer.location) == (303, "/link?return_to=%2Fgraphiql")
    assert visitor.is_in()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "short"}, "Choose another password: at least 10 characters"),
        ({"password": "1234567890"}, "Choose another password"),
        ({"name": " "}, "Give your name"),
        ({"email": "x"}, "Give an e-mail address, a phone number or both"),
        ({"email": ""}, "Give an e-mail address, a phone number or both"),
        ({"phone": "12"}, "This is not a phone number."),
        ({"name": "a\x00b"}, "Give your name"),
    ],
)
def test_registration_that_cannot_be_is_told_why(visitor: Visitor, changes: dict[str, str], said: str) -> None:
    given = {"name": "Olena", "email": "olena@example.org", "phone": "", "password": PASSWORD, **changes}
    answer = visitor.post("/register", given)
    assert answer.status == 422
    assert said in answer.words
    assert answer.form["password"] == ""
    assert (answer.form["email"], answer.form["phone"]) == (given["email"], given["phone"])
    assert SESSION_COOKIE not in visitor.cookies


def test_taken_login_is_refused_in_words_that_name_no_field(front: Front) -> None:
    _, login = newcomer(front)
    answer = Visitor(front.host).register(login)
    assert answer.status == 422
    assert "This cannot be completed with what you gave." in answer.words


def test_forgotten_password_answers_everybody_alike(front: Front) -> None:
    _, login = newcomer(front)
    for known_as in (login, "nobody@example.org", "not a login"):
        visitor = Visitor(front.host)
        answer = visitor.post("/sign-in/sms/forgotten", {"login": known_as, "return_to": "/graphiql"})
        assert (answer.status, answer.location) == (303, "/sign-in/sms?return_to=%2Fgraphiql&sent=1")
        assert "If this login is known to us" in visitor.get(answer.location).words


def test_link_alone_signs_nobody_out(front: Front) -> None:
    signed_in, _ = newcomer(front)
    assert "You will be signed out" in signed_in.get("/sign-out").words
    assert signed_in.is_in()


def test_signing_out_ends_the_session(front: Front) -> None:
    signed_in, _ = newcomer(front)
    before = Visitor(front.host, cookies=dict(signed_in.cookies))
    answer = signed_in.post("/sign-out", {"return_to": "/graphiql"})
    assert (answer.status, answer.location) == (303, "/graphiql")
    assert SESSION_COOKIE not in signed_in.cookies
    assert not before.is_in()


def test_unknown_way_is_not_found(visitor: Visitor) -> None:
    for answer in (
        visitor.get("/sign-in/nobody"),
        visitor.get("/sign-in/nobody/callback?state=x"),
        visitor.post("/sign-in/nobody/callback", {"state": "x"}),
    ):
        assert answer.status == 404
        assert "There is no such page." in answer.words
