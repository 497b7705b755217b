"""Signing in by id.gov.ua, against its stand-in over a socket: every way, every refusal, every kind of outage."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, quote_plus, urlsplit

import pytest
from structlog.testing import capture_logs

from auth.identity.decryption import DecryptionService, DecryptionSettings
from auth.identity.id_gov_ua import IdGovUa, IdGovUaSettings
from auth.identity.port import (
    Beginning,
    Identity,
    IdentityProvider,
    Organisation,
    ProviderUnavailable,
    SignInExpired,
    SignInRefused,
    StateNumber,
    Visitor,
)
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.authentication import Assurance
from schema.systems import System
from tests.connectors.scripted import Reply, Silence, http, scripted
from tests.sandbox.id_gov_ua import (
    CALLBACK,
    CERTIFICATE,
    CLIENT_ID,
    SECRET,
    STATE,
    TOKEN,
    IdGovUaStandIn,
    running_id_gov_ua,
    who,
)

BEGINNING: Final = Beginning(STATE, CALLBACK, Visitor("192.0.2.1", language="uk"))
SETTINGS: Final = IdGovUaSettings(client_id=CLIENT_ID, client_secret=SECRET)
GRANTED: Final = http('{"access_token": "a-token", "token_type": "bearer", "user_id": 7}')
CAME_BACK: Final = {"code": "a-code", "state": STATE}


def soon() -> Deadline:
    return Deadline.within(5)


@pytest.fixture(scope="module")
async def started() -> AsyncIterator[IdGovUaStandIn]:
    async with running_id_gov_ua() as running:
        yield running


@pytest.fixture
def stand_in(started: IdGovUaStandIn) -> IdGovUaStandIn:
    started.calm()
    return started


@asynccontextmanager
async def opened(url: str, *, decrypts: bool = True, **changes: Any) -> AsyncIterator[IdGovUa]:  # noqa: ANN401 -- any
    transport = HttpTransport(System.IDENTITY)
    decryption = DecryptionService(DecryptionSettings(url, TOKEN), transport)
    try:
        yield IdGovUa(replace(SETTINGS, url=url, **changes), transport, decryption if decrypts else None)
    finally:
        await transport.aclose()


async def sign_in(
    stand_in: IdGovUaStandIn,
    login: str = "person1",
    method: str = "dig_sign",
    **changes: Any,  # noqa: ANN401 -- any setting
) -> Identity:
    async with opened(stand_in.url, **changes) as provider:
        step = await provider.begin(BEGINNING, soon())
        return await provider.finish(await stand_in.visit(step.url, login, method), step.kept, BEGINNING, soon())


async def finish(*script: Reply, seconds: float = 5, **changes: Any) -> Identity:  # noqa: ANN401 -- any setting
    """Finish against a server that answers as written."""
    async with scripted(*script) as server, opened(server.url, **changes) as provider:
        return await provider.finish(CAME_BACK, {}, BEGINNING, Deadline.within(seconds))


async def test_it_is_a_provider(stand_in: IdGovUaStandIn) -> None:
    async with opened(stand_in.url) as provider:
        behind_the_port: IdentityProvider = provider
        assert (behind_the_port.name, behind_the_port.assurance) == ("id-gov-ua", Assurance.HIGH)
    async with opened(stand_in.url, auth_types=("bank_id", "mobile_id")) as provider:
        assert provider.assurance is Assurance.SUBSTANTIAL


async def test_settings_show_no_secret_and_refuse_unknown_ways() -> None:
    assert SECRET not in repr(SETTINGS)
    assert CERTIFICATE not in repr(replace(SETTINGS, certificate=CERTIFICATE))
    for ways in ((), ("dig_sign", "nonsense")):
        with pytest.raises(ValueError, match="auth_types"):
            replace(SETTINGS, auth_types=ways)


async def test_the_browser_is_sent_with_everything_it_needs(stand_in: IdGovUaStandIn) -> None:
    async with opened(stand_in.url + "/") as provider:
        step = await provider.begin(BEGINNING, soon())
    assert step.kept == {}
    assert urlsplit(step.url).path == "/"
    assert dict(parse_qsl(urlsplit(step.url).query)) == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "auth_type": "dig_sign,diia_id,mobile_id,bank_id",
        "state": STATE,
        "redirect_uri": CALLBACK,
        "lang": "ua",
    }


@pytest.mark.parametrize(("language", "sent"), [("uk-UA", "ua"), ("ru", "ua"), ("en-GB", "en"), ("", "ua")])
async def test_the_language_is_the_visitors(language: str, sent: str) -> None:
    async with opened("http://127.0.0.1:9") as provider:
        step = await provider.begin(replace(BEGINNING, visitor=Visitor("192.0.2.1", language=language)), soon())
    assert parse_qs(urlsplit(step.url).query)["lang"] == [sent]


async def test_only_signatures_are_asked_for_where_the_highest_assurance_is_needed() -> None:
    high = replace(BEGINNING, assurance=Assurance.HIGH)
    async with opened("http://127.0.0.1:9") as provider:
        step = await provider.begin(high, soon())
        assert parse_qs(urlsplit(step.url).query)["auth_type"] == ["dig_sign,diia_id"]
    async with opened("http://127.0.0.1:9", auth_types=("bank_id",)) as provider:
        with pytest.raises(SignInRefused, match="ASSURANCE_NOT_OFFERED"):
            await provider.begin(high, soon())


@pytest.mark.parametrize(
    ("method", "assurance", "amr"),
    [
        ("dig_sign", Assurance.HIGH, ("fed", "hwk")),
        ("diia_id", Assurance.HIGH, ("fed", "hwk")),
        ("mobile_id", Assurance.SUBSTANTIAL, ("fed",)),
        ("bank_id", Assurance.SUBSTANTIAL, ("fed",)),
    ],
)
async def test_each_way_signs_in(
    stand_in: IdGovUaStandIn, method: str, assurance: Assurance, amr: tuple[str, ...]
) -> None:
    identity, person = await sign_in(stand_in, method=method), who()
    assert identity == Identity(
        issuer="https://id.gov.ua",
        subject=person.tax_number,
        method=method,
        assurance=assurance,
        amr=amr,
        full_name=person.full_name,
        state_number=StateNumber("ua-rnokpp", person.tax_number),
        organisations=(),
        sign_out_hint=identity.sign_out_hint,
    )
    assert stand_in.asked == ["get-access-token", "get-user-info"]
    assert person.tax_number not in repr(identity)


async def test_a_key_in_a_file_is_substantial(stand_in: IdGovUaStandIn) -> None:
    stand_in.quirks.file_keys = True
    identity = await sign_in(stand_in)
    assert (identity.assurance, identity.amr) == (Assurance.SUBSTANTIAL, ("fed", "swk"))


async def test_a_way_that_is_not_named_counts_as_the_weakest(stand_in: IdGovUaStandIn) -> None:
    stand_in.quirks.silent_auth_type = True
    identity = await sign_in(stand_in)
    assert (identity.method, identity.assurance, identity.amr) == ("", Assurance.SUBSTANTIAL, ("fed",))


async def test_the_company_is_an_organisation_and_never_the_person(stand_in: IdGovUaStandIn) -> None:
    identity, person = await sign_in(stand_in, "person3"), who("person3")
    assert person.organisation is not None
    code = person.organisation.tin[-8:]
    assert identity.organisations == (Organisation(code, person.organisation.name, is_primary=True),)
    assert identity.subject == person.tax_number


async def test_people_without_a_tax_number_are_known_by_their_document(stand_in: IdGovUaStandIn) -> None:
    stand_in.quirks.no_tax_number = True
    by_signature = await sign_in(stand_in)
    stand_in.quirks.documents_only = True
    by_bank = await sign_in(stand_in, method="bank_id")
    assert by_signature.subject == by_bank.subject == f"document:{who().document}"
    assert by_signature.state_number is None


async def test_absent_names_are_left_out(stand_in: IdGovUaStandIn) -> None:
    stand_in.quirks.nameless = True
    assert (await sign_in(stand_in)).full_name == who().full_name  # subjectcn tells it whole


async def test_a_numeric_user_is_a_user(stand_in: IdGovUaStandIn) -> None:
    stand_in.quirks.numeric_user_id = True
    assert (await sign_in(stand_in)).subject == who().tax_number


async def test_a_sealed_answer_is_opened_by_the_service(stand_in: IdGovUaStandIn) -> None:
    stand_in.quirks.refuse_plain = True
    assert (await sign_in(stand_in, certificate=CERTIFICATE)).subject == who().tax_number
    with pytest.raises(ProviderUnavailable, match="USER_INFO_REFUSED"):
        await sign_in(stand_in)
    with pytest.raises(ProviderUnavailable, match="DECRYPTION_NOT_CONFIGURED"):
        await sign_in(stand_in, certificate=CERTIFICATE, decrypts=False)


async def test_the_certificate_travels_encoded_twice() -> None:
    info = http('{"drfocode": "3000000001", "auth_type": "bank_id"}')
    async with scripted(GRANTED, info) as server, opened(server.url, certificate="A+B/C==") as provider:
        await provider.finish(CAME_BACK, {}, BEGINNING, soon())
    assert "&cert=A%252BB%252FC%253D%253D " in server.asked[1].head
    assert quote_plus(quote_plus("A+B/C==")) == "A%252BB%252FC%253D%253D"
    assert [asked.head.split("?")[0] for asked in server.asked] == ["POST /get-access-token", "POST /get-user-info"]
    assert [asked.body for asked in server.asked] == [b"", b""]


async def test_refusing_there_is_a_refusal_here(stand_in: IdGovUaStandIn) -> None:
    async with opened(stand_in.url) as provider:
        step = await provider.begin(BEGINNING, soon())
        back = await stand_in.choose(step.url, {"answer": "refuse"})
        with pytest.raises(SignInRefused, match="ACCESS_DENIED"):
            await provider.finish(back, step.kept, BEGINNING, soon())
    assert stand_in.asked == []


@pytest.mark.parametrize(
    ("back", "error", "reason"),
    [
        ({"error": "invalid_scope"}, SignInRefused, "PROVIDER_REFUSED"),
        ({"error": "access_denied", "code": "a-code"}, SignInRefused, "ACCESS_DENIED"),
        ({"error": "server_error"}, ProviderUnavailable, "PROVIDER_ERROR"),
        ({}, SignInExpired, "CODE_MISSING"),
        ({"code": ""}, SignInExpired, "CODE_MISSING"),
        ({"code": "a-code", "state": "another"}, SignInExpired, "STATE_OF_ANOTHER"),
        ({"code": "a-code", "state": "інший"}, SignInExpired, "STATE_OF_ANOTHER"),
    ],
    ids=str,
)
async def test_wrong_callbacks_cost_no_call(
    stand_in: IdGovUaStandIn, back: dict[str, str], error: type[Exception], reason: str
) -> None:
    async with opened(stand_in.url) as provider:
        with pytest.raises(error, match=reason):
            await provider.finish(back, {}, BEGINNING, soon())
    assert stand_in.asked == []


async def test_a_code_that_was_used_is_refused(stand_in: IdGovUaStandIn) -> None:
    async with opened(stand_in.url) as provider:
        back = await stand_in.visit((await provider.begin(BEGINNING, soon())).url)
        await provider.finish(back, {}, BEGINNING, soon())
        for stand_in.quirks.message_errors in (False, True):
            with pytest.raises(SignInExpired, match="CODE_REFUSED"):
                await provider.finish(back, {}, BEGINNING, soon())


async def test_a_wrong_secret_is_our_fault(stand_in: IdGovUaStandIn) -> None:
    with pytest.raises(ProviderUnavailable, match="CLIENT_REFUSED"):
        await sign_in(stand_in, client_secret="wrong")


async def test_signing_out_makes_it_forget(stand_in: IdGovUaStandIn) -> None:
    identity = await sign_in(stand_in)
    assert identity.sign_out_hint is not None
    assert identity.sign_out_hint not in repr(identity)
    async with opened(stand_in.url) as provider:
        with capture_logs() as logs:
            await provider.sign_out(identity.sign_out_hint, "https://kabinet.example.org/", soon())
        assert logs == []
        with capture_logs() as logs:
            await provider.sign_out(identity.sign_out_hint, "https://kabinet.example.org/", soon())
    assert [(log["event"], log["provider"], log["reason"]) for log in logs] == [
        ("provider_sign_out_failed", "id-gov-ua", "SIGN_OUT_REFUSED")
    ]
    assert json.loads(identity.sign_out_hint)["access_token"] not in str(logs)
    assert stand_in.asked[2:] == ["get-user-logout"] * 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (http("<h1>Технічні роботи</h1>", content_type="text/html"), "ANSWER_MALFORMED"),
        (http("[]"), "ANSWER_MALFORMED"),
        (http(""), "ANSWER_MALFORMED"),
        (http("[" * 100_000), "ANSWER_MALFORMED"),
        (http('{"access_token": "\\ud800", "user_id": "1"}'), "ANSWER_MALFORMED"),
        (http("{}"), "TOKEN_MALFORMED"),
        (http('{"access_token": "", "user_id": "1"}'), "TOKEN_MALFORMED"),
        (http('{"access_token": "a-token"}'), "TOKEN_MALFORMED"),
        (http('{"error": ["invalid_client"], "access_token": 1}', 400), "CODE_REFUSED"),
        (http('{"error": "invalid_grant"}', 503), "HTTP_503"),
        (http("Bad Gateway", 502), "HTTP_502"),
        (http('{"detail": "moved"}', 404), "HTTP_404"),
        (Silence.HANG_UP, "UPSTREAM_UNAVAILABLE"),
        (http("half", declared=100), "UPSTREAM_MALFORMED"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_answers_that_cannot_be_used(reply: Reply, reason: str) -> None:
    for script in ((reply,), (GRANTED, reply)):
        if len(script) == 2 and reason in {"TOKEN_MALFORMED", "CODE_REFUSED"}:
            continue
        with pytest.raises((ProviderUnavailable, SignInExpired)) as refused:
            await finish(*script)
        assert str(refused.value) == reason


async def test_the_deadline_is_kept() -> None:
    for script in ((Silence.HANG,), (GRANTED, Silence.HANG)):
        with pytest.raises(ProviderUnavailable, match="UPSTREAM_TIMEOUT"):
            await finish(*script, seconds=0.2)
        with pytest.raises(ProviderUnavailable, match="UPSTREAM_TIMEOUT"):
            await finish(*script, timeout_s=0.2)


@pytest.mark.parametrize(
    "said",
    [
        '{"error": "1"}',
        '{"message": "немає"}',
        '{"encryptedUserInfo": 1}',
        '{"encryptedUserInfo": "no base64!"}',
    ],
)
async def test_user_info_that_cannot_be_used(said: str) -> None:
    with pytest.raises(ProviderUnavailable):
        await finish(GRANTED, http(said))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (http("{}"), "ANSWER_MALFORMED"),
        (http('{"data": "MIIB"}'), "ANSWER_MALFORMED"),  # still a signature in DER
        (http('{"error": "token"}', 401), "HTTP_401"),
        (http("", 500), "HTTP_500"),
        (Silence.HANG_UP, "UPSTREAM_UNAVAILABLE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_decryption_that_fails(said: Reply, reason: str) -> None:
    with pytest.raises(ProviderUnavailable, match=reason):
        await finish(GRANTED, http('{"encryptedUserInfo": "QUJD"}'), said, certificate=CERTIFICATE)


async def test_bad_manners_are_survived(stand_in: IdGovUaStandIn) -> None:
    stand_in.quirks.html_in_200 = True
    with pytest.raises(ProviderUnavailable, match="ANSWER_MALFORMED"):
        await sign_in(stand_in)
    stand_in.quirks.outage = True
    with pytest.raises(ProviderUnavailable, match="HTTP_503"):
        await sign_in(stand_in)
    stand_in.quirks.hang = True
    with pytest.raises(ProviderUnavailable, match="UPSTREAM_TIMEOUT"):
        await sign_in(stand_in, timeout_s=0.2)
