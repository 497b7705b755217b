"""The ways to sign in over plain HTTP, at providers that answer as a test says: who is let in, and what is said."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from auth.identity.port import Form, Identity, ProviderUnavailable, Redirect, SignInNotYet, SignInRefused
from gateway.browsers import BROWSER_COOKIE, SESSION_COOKIE
from schema.authentication import Assurance
from tests.gateway.front import Elsewhere, Front, running_front
from tests.gateway.reader import Answer, Visitor
from tests.sandbox_process import Sandbox

SOMEBODY: Final = Identity("urn:elsewhere", "somebody", "TEST", Assurance.HIGH, ("hwk",), sign_out_hint="hint")
OUTSIDE: Final = "https://id.example/login"


def strange(number: int) -> Identity:
    """Return somebody who has never been here."""
    return Identity("urn:elsewhere", f"newcomer {number}", "TEST", Assurance.HIGH, ("hwk",))


ELSEWHERE: Final = (
    Elsewhere("oneid", Redirect(OUTSIDE), SOMEBODY),
    Elsewhere("id-gov-ua", Redirect(OUTSIDE), SignInRefused("ACCESS_DENIED")),
    Elsewhere("keycloak", Redirect(OUTSIDE), ProviderUnavailable("NOT_JSON"), assurance=Assurance.LOW),
    Elsewhere(
        "e-imzo",
        Form("e-imzo", {"challenge": "c", "ttl": "120", "capiws_url": "ws://127.0.0.1:64646/x", "api_keys": "[]"}),
        SignInRefused("EIMZO_CERTIFICATE_EXPIRED"),
    ),
    Elsewhere(
        "e-imzo-mobile",
        Form("e-imzo-mobile", {"code": "0a" * 42, "deep_link": "eimzo://sign?qc=0a"}, awaits=True),
        SignInNotYet("EIMZO_NOT_SIGNED_YET"),
    ),
    Elsewhere("password", Form("password"), SignInRefused("WEIRD"), assurance=Assurance.LOW),
)


@pytest.fixture(scope="module")
def elsewhere(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A gateway whose ways to sign in answer as a test says."""
    with running_front(sandbox, tmp_path_factory.mktemp("elsewhere"), providers=ELSEWHERE) as running:
        yield running


def came_back(visitor: Visitor, name: str, return_to: str = "/") -> Answer:
    """Begin at a provider and come back from it."""
    begun = visitor.get(f"/sign-in/{name}?return_to={return_to}")
    (state,) = parse_qs(urlsplit(begun.location).query)["state"]
    return visitor.get(f"/sign-in/{name}/callback?state={state}&code=c")


def test_password_alone_shows_its_form_at_once(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_front(sandbox, tmp_path_factory.mktemp("alone"), providers=ELSEWHERE[-1:]) as alone:
        page = Visitor(alone.host).get("/sign-in?return_to=/graphiql")
    assert {**page.form, "state": ""} == {"state": "", "return_to": "/graphiql", "acr": "", "login": "", "password": ""}


def test_pages_of_ways_are_guarded(elsewhere: Front) -> None:
    visitor = Visitor(elsewhere.host)
    visitor.get("/sign-in/e-imzo").assert_guarded(elsewhere.host, agent=" ws://127.0.0.1:64646")
    visitor.get("/sign-in/e-imzo-mobile").assert_guarded(elsewhere.host)


def test_stronger_ways_alone_are_shown_where_assurance_is_asked_for(elsewhere: Front) -> None:
    page = Visitor(elsewhere.host).get("/sign-in?acr=high")
    begin = [link for link in page.links if link.startswith("/sign-in/")]
    assert begin == [f"/sign-in/{name}?acr=high" for name in ("oneid", "id-gov-ua", "e-imzo", "e-imzo-mobile")]
    assert "sign in once more" in page.words


def test_begin_sends_the_browser_away_bound_by_a_cookie(elsewhere: Front) -> None:
    visitor = Visitor(elsewhere.host)
    begun = visitor.get("/sign-in/oneid")
    assert (begun.status, begun.location.split("?")[0]) == (303, OUTSIDE)
    assert "HttpOnly; Path=/; SameSite=lax; Secure" in begun.headers["set-cookie"]
    known = visitor.cookies[BROWSER_COOKIE]
    assert BROWSER_COOKIE not in visitor.get("/sign-in/oneid").cookies
    assert visitor.cookies == {BROWSER_COOKIE: known}


def test_newcomer_is_let_in_and_asked_for_an_account_on_the_way(elsewhere: Front) -> None:
    ELSEWHERE[0].verdict = strange(1)
    answer = came_back(Visitor(elsewhere.host), "oneid", "/graphiql")
    assert (answer.status, answer.location) == (303, "/link?return_to=%2Fgraphiql")
    assert "Max-Age=2592000; Path=/; SameSite=lax; Secure" in answer.headers["set-cookie"]


def test_who_was_here_before_goes_where_they_were_heading(elsewhere: Front) -> None:
    ELSEWHERE[0].verdict = SOMEBODY
    visitor = Visitor(elsewhere.host)
    came_back(visitor, "oneid")
    answer = came_back(visitor, "oneid", "/graphiql")
    assert (answer.status, answer.location) == (303, "/graphiql")
    assert visitor.is_in()


def test_each_sign_in_ends_the_session_before(elsewhere: Front) -> None:
    ELSEWHERE[0].verdict = SOMEBODY
    visitor = Visitor(elsewhere.host)
    came_back(visitor, "oneid")
    before = Visitor(elsewhere.host, cookies=dict(visitor.cookies))
    came_back(visitor, "oneid")
    assert (visitor.is_in(), before.is_in()) == (True, False)


def test_answer_in_another_browser_lets_nobody_in(elsewhere: Front) -> None:
    ELSEWHERE[0].verdict = SOMEBODY
    begun = Visitor(elsewhere.host).get("/sign-in/oneid")
    (state,) = parse_qs(urlsplit(begun.location).query)["state"]
    other = Visitor(elsewhere.host)
    other.get("/sign-in/oneid")
    answer = other.get(f"/sign-in/oneid/callback?state={state}&code=%3Cscript%3E")
    assert answer.status == 410
    assert SESSION_COOKIE not in other.cookies
    assert state not in answer.text
    assert "script%3E" not in answer.text


def test_state_is_good_once(elsewhere: Front) -> None:
    ELSEWHERE[0].verdict = SOMEBODY
    visitor = Visitor(elsewhere.host)
    begun = visitor.get("/sign-in/oneid")
    (state,) = parse_qs(urlsplit(begun.location).query)["state"]
    first, second = (visitor.get(f"/sign-in/oneid/callback?state={state}") for _ in range(2))
    assert (first.status, second.status) == (303, 410)


@pytest.mark.parametrize(
    "return_to",
    [
        "//evil.example",
        "https://evil.example",
        "/%5Cevil.example",
        "javascript:alert(1)",
        "evil",
        "/%0d%0aevil:1",
        "%00",
    ],
)
def test_nobody_is_sent_to_another_host(elsewhere: Front, return_to: str) -> None:
    ELSEWHERE[0].verdict = SOMEBODY
    visitor = Visitor(elsewhere.host)
    came_back(visitor, "oneid")
    assert came_back(visitor, "oneid", return_to).location == "/"
    assert "evil" not in visitor.get(f"/sign-in?return_to={return_to}").text


def test_refusal_elsewhere_shows_the_ways_again(elsewhere: Front) -> None:
    visitor = Visitor(elsewhere.host)
    answer = came_back(visitor, "id-gov-ua", "/graphiql")
    assert answer.status == 403
    assert "You stopped signing in." in answer.words
    assert "/sign-in/id-gov-ua?return_to=%2Fgraphiql" in answer.links
    assert not visitor.is_in()


def test_provider_that_does_not_answer_is_left_out(elsewhere: Front) -> None:
    answer = came_back(Visitor(elsewhere.host), "keycloak", "/graphiql")
    assert answer.status == 503
    assert "This way does not answer at the moment." in answer.words
    begin = [urlsplit(link).path for link in answer.links if link.startswith("/sign-in/")]
    assert begin == [f"/sign-in/{name}" for name in ("oneid", "id-gov-ua", "e-imzo", "e-imzo-mobile", "password")]


def test_unknown_reasons_are_told_in_general_words(elsewhere: Front) -> None:
    visitor = Visitor(elsewhere.host)
    answer = visitor.post("/sign-in/password/callback", visitor.get("/sign-in/password").form)
    assert answer.status == 403
    assert "That did not work." in answer.words
    assert "WEIRD" not in answer.text


def test_certificate_that_expired_is_named(elsewhere: Front) -> None:
    visitor = Visitor(elsewhere.host)
    page = visitor.get("/sign-in/e-imzo")
    answer = visitor.post("/sign-in/e-imzo/callback", {**page.form, "pkcs7": "x"})
    assert answer.status == 403
    assert "Your certificate is not valid" in answer.words
    assert 'data-capiws="ws://127.0.0.1:64646/x"' in answer.text


def test_page_waits_until_the_phone_has_signed(elsewhere: Front) -> None:
    phone = ELSEWHERE[4]
    phone.verdict = SignInNotYet("EIMZO_NOT_SIGNED_YET")
    visitor = Visitor(elsewhere.host)
    page = visitor.get("/sign-in/e-imzo-mobile?return_to=/graphiql")
    assert page.text.count("<svg") > 1
    assert "eimzo://sign?qc=0a" in page.links
    script = {"accept": "application/json"}
    waiting = visitor.post("/sign-in/e-imzo-mobile/callback", page.form, **script)
    assert (waiting.status, waiting.text) == (202, "{}")
    reader = visitor.post("/sign-in/e-imzo-mobile/callback", page.form)
    assert (reader.status, reader.form) == (202, page.form)
    phone.verdict = SOMEBODY
    signed = visitor.post("/sign-in/e-imzo-mobile/callback", page.form, **script)
    assert (signed.status, signed.text) == (200, '{"location":"/graphiql"}')
    assert visitor.is_in()


def test_script_is_told_in_words_what_went_wrong(elsewhere: Front) -> None:
    visitor = Visitor(elsewhere.host, "ru")
    answer = visitor.post("/sign-in/e-imzo-mobile/callback", {"state": "unknown"}, accept="application/json")
    assert answer.status == 410
    assert answer.text.startswith('{"message":"')


@pytest.mark.parametrize("goes_on", [None, "https://id.example/logout?a=1&b=2"])
def test_signing_out_ends_the_providers_session_too(elsewhere: Front, goes_on: str | None) -> None:
    provider = ELSEWHERE[0]
    provider.verdict, provider.signs_out_to = SOMEBODY, goes_on
    provider.hints.clear()
    visitor = Visitor(elsewhere.host)
    came_back(visitor, "oneid")
    answer = visitor.post("/sign-out", {})
    assert provider.hints == ["hint"]
    if goes_on is None:
        assert (answer.status, answer.location) == (303, "/sign-in")
    else:
        assert 'content="0;url=https://id.example/logout?a=1&amp;b=2"' in answer.text
    assert not visitor.is_in()
