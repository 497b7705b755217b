"""id.gov.ua's stand-in over a socket: its login page, its calls, and each of its bad manners."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import pytest

from sandbox.identity.id_gov_ua_envelopes import Envelopes, new_certificate
from sandbox.identity.id_gov_ua_person import METHODS
from tests.sandbox.id_gov_ua import (
    CALLBACK,
    CERTIFICATE,
    CLIENT_ID,
    SECRET,
    STATE,
    TOKEN,
    IdGovUaStandIn,
    everybody,
    running_id_gov_ua,
    who,
)

REQUEST = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "auth_type": ",".join(METHODS),
    "state": STATE,
    "redirect_uri": CALLBACK,
}
FIELDS = "lastname,givenname,drfocode,edrpoucode,o,unzr,isqscd,documents"


@pytest.fixture(scope="module")
async def started() -> AsyncIterator[IdGovUaStandIn]:
    async with running_id_gov_ua() as running:
        yield running


@pytest.fixture
def stand_in(started: IdGovUaStandIn) -> IdGovUaStandIn:
    started.calm()
    return started


@pytest.fixture
async def browser(stand_in: IdGovUaStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stand_in.url, trust_env=False) as client:
        yield client


async def call(browser: httpx.AsyncClient, path: str, **query: str) -> Any:  # noqa: ANN401 -- JSON
    answer = await browser.post(f"/{path}", params=query)
    return answer.json()


async def redeem(browser: httpx.AsyncClient, code: str, **changes: str) -> Any:  # noqa: ANN401 -- JSON
    query = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": SECRET, "code": code}
    return await call(browser, "get-access-token", **{**query, **changes})


async def signed_in(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient, **choice: str) -> dict[str, str]:
    """Sign in and redeem the code; return what every further call needs."""
    back = await stand_in.visit(f"{stand_in.url}/?{urlencode(REQUEST)}", **choice)
    said = await redeem(browser, back["code"])
    return {"access_token": said["access_token"], "user_id": str(said["user_id"])}


async def test_the_page_offers_everybody_and_the_ways_asked_for(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/", params={**REQUEST, "auth_type": "dig_sign,nonsense,bank_id"})
    assert re.findall(r'<option value="(\w+)"', page.text) == [
        *(person.login for person in everybody()),
        "dig_sign",
        "bank_id",
    ]
    assert re.findall(r'name="answer" value="([\w-]+)">([\w ]+)<', page.text) == [
        ("sign-in", "Sign in"),
        ("refuse", "Refuse"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"client_id": "stranger"},
        {"redirect_uri": "javascript:alert(1)"},
        {"auth_type": "nonsense"},
    ],
    ids=str,
)
async def test_a_wrong_request_leads_nowhere(browser: httpx.AsyncClient, changes: dict[str, str]) -> None:
    query = {**REQUEST, **changes}
    answers = [await browser.get("/", params=query), await browser.post("/login", params=query)]
    assert [answer.status_code for answer in answers] == [400, 400]


async def test_nobody_and_no_method_is_asked_again(browser: httpx.AsyncClient) -> None:
    for choice in ({"person": "stranger", "method": "dig_sign"}, {"person": "person1", "method": "nonsense"}):
        answer = await browser.post("/login", params=REQUEST, data=choice)
        assert answer.status_code == 422
        assert '<p role="alert">' in answer.text


async def test_refusing_comes_back_as_an_error(stand_in: IdGovUaStandIn) -> None:
    back = await stand_in.choose(f"{stand_in.url}/?{urlencode(REQUEST)}", {"answer": "refuse"})
    assert back == {"error": "access_denied", "error_description": back["error_description"], "state": STATE}


async def test_a_code_works_once(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    back = await stand_in.visit(f"{stand_in.url}/?{urlencode(REQUEST)}")
    assert back.keys() == {"code", "state"}
    assert (await redeem(browser, back["code"], client_secret="wrong"))["error"] == "invalid_client"
    assert (await redeem(browser, back["code"], grant_type="password"))["error"] == "unsupported_grant_type"
    first = await redeem(browser, back["code"])
    assert first.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "user_id"}
    assert (first["token_type"], type(first["user_id"])) == ("bearer", str)
    assert (await redeem(browser, back["code"]))["error"] == "invalid_grant"
    assert stand_in.asked == ["get-access-token"] * 4


async def test_a_get_is_as_good_as_a_post(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    session = await signed_in(stand_in, browser)
    answer = await browser.get("/get-user-info", params={**session, "fields": "lastname"})
    assert answer.json() == {"lastname": who().last_name, "auth_type": "dig_sign"}


async def test_only_the_fields_asked_for_are_told(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    session = await signed_in(stand_in, browser, login="person3")
    person = who("person3")
    assert person.organisation is not None
    assert await call(browser, "get-user-info", fields=FIELDS, **session) == {
        "lastname": person.last_name,
        "givenname": person.first_name,
        "drfocode": person.tax_number,
        "edrpoucode": person.organisation.tin[-8:],
        "o": person.organisation.name,
        "unzr": f"{person.birth_date}-{person.tax_number[-5:]}",
        "isqscd": "1",
        "documents": "",
        "auth_type": "dig_sign",
    }


async def test_a_private_persons_certificate_repeats_the_tax_number(
    stand_in: IdGovUaStandIn, browser: httpx.AsyncClient
) -> None:
    session = await signed_in(stand_in, browser)
    said = await call(browser, "get-user-info", fields=FIELDS, **session)
    assert said["edrpoucode"] == said["drfocode"] == who().tax_number


async def test_a_bank_has_no_certificate(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    session = await signed_in(stand_in, browser, login="person3", method="bank_id")
    said = await call(browser, "get-user-info", fields=FIELDS, **session)
    assert (said["edrpoucode"], said["o"], said["isqscd"], said["auth_type"]) == ("", "", "", "bank_id")


async def test_a_certificate_must_be_encoded_twice(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    session = await signed_in(stand_in, browser)
    once = await call(browser, "get-user-info", fields=FIELDS, cert=CERTIFICATE, **session)
    assert once["error"] == "invalid_cert"
    twice = await call(browser, "get-user-info", fields=FIELDS, cert=quote_plus(CERTIFICATE), **session)
    assert twice.keys() == {"encryptedUserInfo"}
    assert who().tax_number.encode() not in b64decode(twice["encryptedUserInfo"])
    opened = await browser.post("/decrypt", json={"data": twice["encryptedUserInfo"]}, headers={"token": TOKEN})
    assert json.loads(b64decode(opened.json()["data"]))["drfocode"] == who().tax_number


async def test_the_service_opens_nothing_for_strangers_or_of_others(browser: httpx.AsyncClient) -> None:
    ours, others = Envelopes(CERTIFICATE), new_certificate()
    bodies: list[object] = [{"data": ours.seal({}, CERTIFICATE)}, {"data": "###"}, {"data": 1}, {}, []]
    assert [(await browser.post("/decrypt", json=body)).status_code for body in bodies] == [401] * 5
    token = {"token": TOKEN}
    assert [(await browser.post("/decrypt", json=body, headers=token)).status_code for body in bodies] == [400] * 5
    with pytest.raises(ValueError, match="another certificate"):
        ours.open(b64decode(ours.seal({}, others)))
    assert ours.open(b64decode(ours.seal({"a": "ґ"}, CERTIFICATE))) == '{"a": "ґ"}'.encode()
    with pytest.raises(ValueError, match="no certificate"):
        ours.seal({}, b64encode(b"-" * 20_000).decode())


async def test_logging_out_succeeds_with_an_error_of_zero(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    session = await signed_in(stand_in, browser)
    said = await call(browser, "get-user-logout", **session)
    assert said == {
        "error": "0",
        "error_description": f"Дані користувача із ID = {session['user_id']} видалено успішно",
    }
    for path in ("get-user-logout", "get-user-info"):
        assert (await call(browser, path, **session))["error"] == "invalid_token"


async def test_the_token_is_worth_nothing_for_another_user(
    stand_in: IdGovUaStandIn, browser: httpx.AsyncClient
) -> None:
    session = await signed_in(stand_in, browser)
    assert (await call(browser, "get-user-info", **{**session, "user_id": "1"}))["error"] == "invalid_token"


async def test_people_without_a_tax_number(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    session, document = await signed_in(stand_in, browser, method="bank_id"), who().document
    stand_in.quirks.no_tax_number = True
    said = await call(browser, "get-user-info", fields=FIELDS, **session)
    assert (said["drfocode"], said["unzr"], said["documents"]) == (document, "", "")
    stand_in.quirks.documents_only = True
    said = await call(browser, "get-user-info", fields=FIELDS, **session)
    passport = {"type": "passport", "series": document[:2], "number": document[2:]}
    assert (said["drfocode"], said["unzr"], said["documents"]) == ("", "", [passport])


async def test_manners_of_answers(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    stand_in.quirks.numeric_user_id = True
    back = await stand_in.visit(f"{stand_in.url}/?{urlencode(REQUEST)}")
    said = await redeem(browser, back["code"])
    assert type(said["user_id"]) is int
    session = {"access_token": said["access_token"], "user_id": str(said["user_id"])}
    stand_in.quirks.silent_auth_type = stand_in.quirks.nameless = stand_in.quirks.file_keys = True
    said = await call(browser, "get-user-info", fields="lastname,isqscd", **session)
    assert said == {"lastname": "n/a", "isqscd": "0"}
    stand_in.quirks.refuse_plain = True
    assert (await call(browser, "get-user-info", **session))["error"] == "invalid_cert"
    stand_in.quirks.message_errors = True
    assert (await call(browser, "get-user-info", **session)).keys() == {"message"}
    stand_in.quirks.html_in_200 = True
    page = await browser.get("/get-user-info", params=session)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    stand_in.quirks.outage = True
    assert (await browser.get("/get-user-info", params=session)).status_code == 503


async def test_hanging_answers_nothing(stand_in: IdGovUaStandIn, browser: httpx.AsyncClient) -> None:
    stand_in.quirks.hang = True
    with pytest.raises(httpx.ReadTimeout):
        await browser.get("/get-user-info", timeout=0.2)
