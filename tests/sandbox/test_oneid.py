"""OneID's stand-in over a socket: its one URL, its login page, whom it refuses, and each of its bad manners."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sandbox.identity.oneid import PATH
from tests.gateway.front import served
from tests.sandbox.oneid import CALLBACK, CLIENT_ID, SCOPE, SECRET, STATE, OneIdStandIn, running_oneid, who

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BEGUN: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ASKED: Final = {
    "response_type": "one_code",
    "client_id": CLIENT_ID,
    "redirect_uri": CALLBACK,
    "scope": SCOPE,
    "state": STATE,
}
CLIENT: Final = {"client_id": CLIENT_ID, "client_secret": SECRET}
METHODS: Final = ("LOGINPASSMETHOD", "MOBILEMETHOD", "PKCSMETHOD", "LEPKCSMETHOD", "QR")


class Client:
    """The stand-in as its one client sees it."""

    def __init__(self, stand_in: OneIdStandIn, http: httpx.AsyncClient) -> None:
        self.stand_in = stand_in
        self.quirks = stand_in.quirks
        self.http = http
        self.time = BEGUN

    async def begin(self, **changes: str) -> httpx.Response:
        return await self.http.get(PATH, params={**ASKED, **changes})

    async def code(self, login: str = "person1", method: str = "LOGINPASSMETHOD") -> str:
        began = httpx.URL(self.stand_in.url, params=ASKED)
        return (await self.stand_in.visit(str(began), login, method))["code"]

    async def post(self, grant: str, **more: str) -> httpx.Response:
        return await self.http.post(PATH, data={**CLIENT, "grant_type": grant, **more})

    async def exchange(self, code: str, **more: str) -> httpx.Response:
        return await self.post("one_authorization_code", **{"redirect_uri": CALLBACK, "code": code, **more})

    async def identify(self, token: str, **more: str) -> httpx.Response:
        return await self.post("one_access_token_identify", **{"access_token": token, "scope": SCOPE, **more})

    async def person(self, login: str = "person1", method: str = "LOGINPASSMETHOD") -> Any:  # noqa: ANN401 -- JSON
        token = (await self.exchange(await self.code(login, method))).json()["access_token"]
        answer = await self.identify(token)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    opened: list[Client] = []
    async with (
        running_oneid(lambda: opened[0].time) as stand_in,
        httpx.AsyncClient(base_url=stand_in.origin, trust_env=False) as http,
    ):
        opened.append(Client(stand_in, http))
        yield opened[0]


def assert_refused(answer: httpx.Response, error: str, status: int = 400) -> None:
    body = answer.json()
    assert (answer.status_code, body["status"], body["error"], body["path"]) == (status, status, error, PATH)
    assert set(body) == {"status", "message", "path", "error", "timestamp"}


async def test_the_browser_is_sent_on_with_307(client: Client) -> None:
    answer = await client.begin()
    assert answer.status_code == 307
    assert re.fullmatch(r"/login\?token_id=[0-9a-f-]{36}", answer.headers["location"])


async def test_there_is_no_discovery(client: Client) -> None:
    assert (await client.http.get("/sso/.well-known/openid-configuration")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "code"}, "RESPONSE_TYPE_NOT_SUPPORTED"),
        ({"client_id": "stranger"}, "CLIENT_NOT_FOUND"),
        ({"scope": "openid profile"}, "SCOPE_NOT_FOUND"),
        ({"redirect_uri": "http://localhost:8000/callback"}, "REDIRECT_URI_NOT_FOUND"),
        ({"redirect_uri": ""}, "REDIRECT_URI_NOT_FOUND"),
        ({"redirect_uri": "/callback"}, "REDIRECT_URI_NOT_FOUND"),
        ({"redirect_uri": "http://[/"}, "REDIRECT_URI_NOT_FOUND"),
    ],
    ids=repr,
)
async def test_a_login_that_is_not_as_registered_is_refused(
    client: Client, changes: dict[str, str], error: str
) -> None:
    assert_refused(await client.begin(**changes), error)


async def test_a_wrong_secret_is_refused_to_the_letter(client: Client) -> None:
    answer = await client.exchange(await client.code(), client_secret="wrong")
    assert answer.status_code == 400
    assert answer.json() == {
        "status": 400,
        "message": "ClientSecretException",
        "path": "/sso/oauth/Authorization.do",
        "error": "CLIENT_SECRET_NOT_FOUND",
        "timestamp": int(BEGUN.timestamp() * 1000),
    }


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_leads_to_the_person(client: Client, method: str) -> None:
    person = who("person3")
    company = person.organisation
    assert company is not None
    told = await client.person("person3", method)
    assert told.pop("sess_id")
    assert told.pop("pkcs_legal_tin", None) == (company.tin if method == "LEPKCSMETHOD" else None)
    named = {"tin": company.tin, "acron_UZ": company.name, "le_tin": company.tin, "le_name": company.name}
    assert told == {
        "valid": "true",
        "validation_method": ["PKCSMETHOD", "MOBILEMETHOD"],
        "pin": person.pinfl,
        "user_id": "person3",
        "full_name": person.full_name,
        "pport_no": person.document,
        "birth_date": person.birth_date,
        "sur_name": person.last_name,
        "first_name": person.first_name,
        "mid_name": person.middle_name,
        "user_type": "L" if method == "LEPKCSMETHOD" else "I",
        "ret_cd": "0",
        "auth_method": method,
        "legal_info": [{"is_basic": True, **named}],
    }


async def test_the_token_answer_is_the_documented_one(client: Client) -> None:
    answer = await client.exchange(await client.code())
    body = answer.json()
    assert len({body.pop("access_token"), body.pop("refresh_token"), ""}) == 3
    assert (answer.status_code, body) == (200, {"scope": SCOPE, "expires_in": 500000, "token_type": "bearer"})


async def test_parameters_may_travel_in_the_query(client: Client) -> None:
    code = await client.code()
    answer = await client.http.post(PATH, params={**CLIENT, "grant_type": "one_authorization_code", "code": code})
    assert answer.status_code == 200
    assert (await client.identify(answer.json()["access_token"])).status_code == 200


async def test_a_code_works_once_and_for_a_minute(client: Client) -> None:
    used, late, elsewhere = [await client.code() for _ in range(3)]
    assert (await client.exchange(used)).status_code == 200
    assert_refused(await client.exchange(used), "AUTHORIZATION_CODE_NOT_FOUND")
    for _ in range(2):
        answer = await client.exchange(elsewhere, redirect_uri="https://kabinet.example.org/elsewhere")
        assert_refused(answer, "AUTHORIZATION_CODE_NOT_FOUND")
    client.time += timedelta(minutes=1)
    assert_refused(await client.exchange(late), "AUTHORIZATION_CODE_NOT_FOUND")
    assert_refused(await client.exchange("unknown"), "AUTHORIZATION_CODE_NOT_FOUND")


async def test_a_session_ends_once(client: Client) -> None:
    token = (await client.exchange(await client.code())).json()["access_token"]
    assert_refused(await client.identify(token, scope="other"), "SCOPE_NOT_FOUND")
    out = [await client.post("one_log_out", access_token=token, scope=SCOPE) for _ in range(2)]
    assert [answer.json() for answer in out] == [{"ret_cd": "0"}, {"ret_cd": "1"}]
    assert_refused(await client.identify(token), "ACCESS_TOKEN_NOT_FOUND")


async def test_other_grants_and_strangers_are_refused(client: Client) -> None:
    assert_refused(await client.post("refresh_token"), "GRANT_TYPE_NOT_SUPPORTED")
    assert_refused(await client.post("one_log_out", client_id="stranger"), "CLIENT_NOT_FOUND")
    assert client.stand_in.asked == ["unknown", "one_log_out"]


async def test_three_hundred_requests_a_minute_are_enough(client: Client) -> None:
    answers = [await client.identify("unknown") for _ in range(301)]
    assert {answer.status_code for answer in answers[:300]} == {400}
    assert_refused(answers[300], "TOO_MANY_REQUESTS", 429)
    assert_refused(await client.begin(), "TOO_MANY_REQUESTS", 429)
    client.time += timedelta(minutes=1)
    assert (await client.begin()).status_code == 307


async def test_codes_are_uuids_or_base64(client: Client) -> None:
    assert re.fullmatch("[0-9a-f-]{36}", await client.code())
    client.quirks.base64_codes = True
    code = await client.code()
    assert set("/+=") < set(code)
    assert (await client.exchange(code)).status_code == 200


async def test_the_older_fields_are_wider(client: Client) -> None:
    client.quirks.older_fields = True
    told, person = await client.person(), who()
    assert (told["doc_num"], told["valid_methods"]) == (person.document, ["PKCSMETHOD"])
    assert told["mob_phone_no"] == person.phone.removeprefix("+")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", told["birth_date"])
    assert not {"pport_no", "validation_method"} & set(told)


@pytest.mark.parametrize(
    ("quirks", "expected"),
    [
        ({"valid_as_bool": True}, {"valid": True}),
        ({"unconfirmed": True}, {"valid": "false", "validation_method": []}),
        ({"unconfirmed": True, "valid_as_bool": True}, {"valid": False}),
        ({}, {"legal_info": []}),
        ({"legal_info_null": True}, {"legal_info": None}),
        ({"swapped_names": True}, {"sur_name": who().middle_name, "mid_name": who().last_name}),
        ({"auth_method": "FACEMETHOD"}, {"auth_method": "FACEMETHOD"}),
        ({"ret_cd_number": True}, {"ret_cd": 0}),
        ({"ret_cd_failure": True}, {"ret_cd": "1"}),
        ({"ret_cd_failure": True, "ret_cd_number": True}, {"ret_cd": 1}),
    ],
    ids=",".join,
)
async def test_each_quirk_of_the_answer(client: Client, quirks: dict[str, object], expected: dict[str, object]) -> None:
    for name, value in quirks.items():
        setattr(client.quirks, name, value)
    told = await client.person()
    assert {key: told[key] for key in expected} == expected


async def test_quirks_that_refuse_or_break(client: Client) -> None:
    code = await client.code()
    client.quirks.error_in_200 = True
    answer = await client.exchange(code)
    assert (answer.status_code, answer.json()["error"]) == (200, "INTERNAL_ERROR")
    client.quirks.error_in_200, client.quirks.without_pin = False, True
    assert "pin" not in await client.person()
    client.quirks.maintenance_page = True
    answer = await client.exchange(code)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    client.quirks.outage = True
    assert (await client.exchange(code)).status_code == 503
    client.quirks.hang = True
    with pytest.raises(httpx.ReadTimeout):
        await client.http.post(PATH, data=CLIENT, timeout=0.2)


async def test_a_login_is_judged_and_ends_once(client: Client) -> None:
    token_id = (await client.begin()).headers["location"].partition("=")[2]
    chosen = {"token_id": token_id, "person": "person1", "method": "LEPKCSMETHOD", "answer": "sign-in"}
    for wrong in ({}, {"person": "nobody"}, {"method": "OTHER"}):
        answer = await client.http.post("/login", data={**chosen, **wrong})
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    answer = await client.http.post("/login", data={**chosen, "method": "QR"})
    assert answer.status_code == 303
    for late in ({**chosen, "method": "QR"}, {"token_id": '"><script>'}, {}):
        answer = await client.http.post("/login", data=late)
        assert (answer.status_code, "<script>" in answer.text) == (400, False)
    assert (await client.http.get("/login", params={"token_id": token_id})).status_code == 400


async def test_a_login_lives_ten_minutes(client: Client) -> None:
    location = (await client.begin()).headers["location"]
    assert (await client.http.get(location)).status_code == 200
    client.time += timedelta(minutes=10)
    assert (await client.http.get(location)).status_code == 400


async def test_the_methods_may_be_restricted(client: Client) -> None:
    page = await client.http.get((await client.begin(auth_methods="PKCSMETHOD,LEPKCSMETHOD")).headers["location"])
    assert [method for method in METHODS if f'value="{method}"' in page.text] == ["PKCSMETHOD", "LEPKCSMETHOD"]
    page = await client.http.get((await client.begin(auth_methods="OTHER")).headers["location"])
    assert [method for method in METHODS if f'value="{method}"' in page.text] == list(METHODS)


async def test_a_callback_with_a_query_keeps_it(client: Client) -> None:
    began = await client.begin(redirect_uri=f"{CALLBACK}?utility=het")
    chosen = {"token_id": began.headers["location"].partition("=")[2], "answer": "refuse"}
    answer = await client.http.post("/login", data=chosen)
    returned = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert returned == {"utility": "het", "error": "access_denied", "state": STATE}


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with served(lambda _address: OneIdStandIn().app(lambda: datetime.now(UTC))) as running:
        yield running


@pytest.fixture
def page(browser: "Browser", host: str) -> "Iterator[Page]":
    """Open the login page; the callback is answered by the test, and nothing else may be asked for."""
    context = browser.new_context(locale="en-GB")
    context.route(re.compile(rf"^(?!http://{re.escape(host)}/)"), lambda route: route.abort())
    context.route(f"{CALLBACK}**", lambda route: route.fulfill(body="<title>Back</title>", content_type="text/html"))
    opened = context.new_page()
    opened.goto(str(httpx.URL(f"http://{host}{PATH}", params=ASKED)))
    yield opened
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("button", "given"), [("Sign in", "code"), ("Refuse", "error")])
def test_a_person_chooses_in_a_browser(page: "Page", button: str, given: str) -> None:
    assert page.title() == "OneID (stand-in)"
    page.get_by_label("Person").select_option("person2")
    page.get_by_label("Method").select_option(label="Mobile-ID")
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(f"{CALLBACK}?**")
    returned = dict(parse_qsl(urlsplit(page.url).query))
    assert (set(returned), returned["state"]) == ({given, "state"}, STATE)


@pytest.mark.browser
def test_a_wrong_choice_is_told_in_a_browser(page: "Page") -> None:
    page.get_by_label("Method").select_option("LEPKCSMETHOD")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").inner_text() == "This person signs for no organisation."
    page.get_by_label("Person").select_option("person3")
    page.get_by_label("Method").select_option("LEPKCSMETHOD")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{CALLBACK}?**")
