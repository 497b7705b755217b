"""Signing in by OneID, against its stand-in over a socket: every method, every refusal, every kind of outage."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from structlog.testing import capture_logs

from auth.identity.oneid import OneId
from auth.identity.port import (
    Identity,
    IdentityProvider,
    Organisation,
    ProviderUnavailable,
    SignInRefused,
    StateNumber,
)
from connectors.transport.deadline import Deadline
from schema.authentication import Assurance
from tests.auth.identity.oneid import BEGINNING, SETTINGS, TOKEN, assert_private, form, opened, soon, told
from tests.auth.people import Counter
from tests.connectors.scripted import http, scripted
from tests.sandbox.oneid import CALLBACK, CLIENT_ID, SCOPE, SECRET, STATE, OneIdStandIn, running_oneid, who


@pytest.fixture
async def stand_in(clock: Counter) -> AsyncIterator[OneIdStandIn]:
    async with running_oneid(clock.now) as running:
        yield running


@pytest.fixture
async def oneid(stand_in: OneIdStandIn) -> AsyncIterator[OneId]:
    async with opened(stand_in.url) as provider:
        yield provider


async def come_back(stand_in: OneIdStandIn, oneid: OneId, *chosen: str) -> dict[str, str]:
    return await stand_in.visit((await oneid.begin(BEGINNING, soon())).url, *chosen)


async def sign_in(stand_in: OneIdStandIn, oneid: OneId, *chosen: str) -> Identity:
    return await oneid.finish(await come_back(stand_in, oneid, *chosen), {}, BEGINNING, soon())


async def refusal(stand_in: OneIdStandIn, oneid: OneId, answer: dict[str, str]) -> str:
    with pytest.raises(SignInRefused) as refused:
        await oneid.finish(answer, {}, BEGINNING, soon())
    assert_private(told(refused.value), answer.get("code"))
    assert stand_in.asked.count("one_authorization_code") <= 2
    return refused.value.reason


async def test_the_browser_is_sent_to_the_one_url() -> None:
    async with opened("https://sso.example.org/sso/oauth/Authorization.do") as provider:
        redirect = await provider.begin(BEGINNING, soon())
    url = urlsplit(redirect.url)
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://sso.example.org/sso/oauth/Authorization.do"
    assert "state=a%20state%2Fof%2Btests%3D%3D" in url.query
    assert dict(parse_qsl(url.query)) == {
        "response_type": "one_code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": STATE,
    }
    assert SECRET not in redirect.url


async def test_what_is_public_is_the_default() -> None:
    async with opened(SETTINGS.url) as oneid:
        provider: IdentityProvider = oneid
        assert (provider.name, provider.assurance) == ("oneid", Assurance.HIGH)
        assert SECRET not in repr([provider, vars(oneid)])
    assert (SETTINGS.url, SETTINGS.issuer) == (
        "https://sso.egov.uz/sso/oauth/Authorization.do",
        "https://sso.egov.uz",
    )


async def test_a_person_signs_in(stand_in: OneIdStandIn, oneid: OneId) -> None:
    answer = await come_back(stand_in, oneid)
    assert answer["state"] == STATE
    identity = await oneid.finish(answer, {}, BEGINNING, soon())
    person = who()
    assert identity.sign_out_hint
    assert identity == Identity(
        issuer="https://sso.egov.uz",
        subject=person.pinfl,
        method="LOGINPASSMETHOD",
        assurance=Assurance.LOW,
        amr=("pwd", "fed"),
        full_name=person.full_name,
        state_number=StateNumber("uz-pinfl", person.pinfl),
        sign_out_hint=identity.sign_out_hint,
    )
    assert stand_in.asked == ["one_code", "one_authorization_code", "one_access_token_identify"]
    assert_private(f"{identity!r} {identity}", identity.sign_out_hint, person.full_name)


@pytest.mark.parametrize(
    ("method", "assurance", "amr"),
    [
        ("LOGINPASSMETHOD", Assurance.LOW, ("pwd", "fed")),
        ("MOBILEMETHOD", Assurance.SUBSTANTIAL, ("mca", "fed")),
        ("MOBILEIDMETHOD", Assurance.SUBSTANTIAL, ("mca", "fed")),
        ("QR", Assurance.SUBSTANTIAL, ("mca", "fed")),
        ("PKCSMETHOD", Assurance.HIGH, ("swk", "fed")),
        ("LEPKCSMETHOD", Assurance.HIGH, ("swk", "fed")),
        ("FACEMETHOD", Assurance.LOW, ("fed",)),
        ("pkcsmethod", Assurance.LOW, ("fed",)),
    ],
)
async def test_the_method_decides_the_assurance(
    stand_in: OneIdStandIn, oneid: OneId, method: str, assurance: Assurance, amr: tuple[str, ...]
) -> None:
    stand_in.quirks.auth_method = method
    identity = await sign_in(stand_in, oneid)
    assert (identity.method, identity.assurance, identity.amr) == (method, assurance, amr)


async def test_the_highest_assurance_is_asked_for_where_that_is_configured(stand_in: OneIdStandIn) -> None:
    wanted = replace(BEGINNING, assurance=Assurance.HIGH)
    async with opened(stand_in.url) as plain, opened(stand_in.url, auth_methods="PKCSMETHOD,LEPKCSMETHOD") as strict:
        queries = [
            parse_qs(urlsplit((await provider.begin(beginning, soon())).url).query).get("auth_methods")
            for provider in (plain, strict)
            for beginning in (BEGINNING, replace(BEGINNING, assurance=Assurance.SUBSTANTIAL), wanted)
        ]
        assert queries == [None, None, None, None, None, ["PKCSMETHOD,LEPKCSMETHOD"]]
        redirect = await strict.begin(wanted, soon())
        answer = await stand_in.visit(redirect.url, "person1", "PKCSMETHOD")
        assert (await strict.finish(answer, {}, wanted, soon())).assurance is Assurance.HIGH


async def test_less_than_was_asked_for_is_told_as_it_was(stand_in: OneIdStandIn, oneid: OneId) -> None:
    wanted = replace(BEGINNING, assurance=Assurance.HIGH)
    answer = await come_back(stand_in, oneid, "person1", "LOGINPASSMETHOD")
    assert (await oneid.finish(answer, {}, wanted, soon())).assurance is Assurance.LOW


async def test_organisations_come_with_a_legal_signature_and_without(stand_in: OneIdStandIn, oneid: OneId) -> None:
    company = who("person3").organisation
    assert company is not None
    expected = (Organisation(company.tin, company.name, is_primary=True),)
    assert (await sign_in(stand_in, oneid, "person3", "LEPKCSMETHOD")).organisations == expected
    assert (await sign_in(stand_in, oneid, "person3", "QR")).organisations == expected
    assert (await sign_in(stand_in, oneid, "person1", "QR")).organisations == ()


@pytest.mark.parametrize(
    "quirk", ["older_fields", "valid_as_bool", "legal_info_null", "swapped_names", "ret_cd_number", "base64_codes"]
)
async def test_spelling_changes_nobody(stand_in: OneIdStandIn, oneid: OneId, quirk: str) -> None:
    plain = await sign_in(stand_in, oneid)
    setattr(stand_in.quirks, quirk, True)
    spelt = await sign_in(stand_in, oneid)
    assert replace(spelt, sign_out_hint=None) == replace(plain, sign_out_hint=None)


async def test_an_old_code_is_percent_encoded(stand_in: OneIdStandIn, oneid: OneId) -> None:
    stand_in.quirks.base64_codes = True
    answer = await come_back(stand_in, oneid)
    assert set("/+=") < set(answer["code"])
    async with scripted(TOKEN, http(b'{"pin": "40404040404040"}')) as server, opened(server.url) as provider:
        await provider.finish(answer, {}, BEGINNING, soon())
        exchange, identify = server.asked
    assert not set(b"/+") & set(exchange.body)
    assert exchange.head.startswith("POST / HTTP/1.1")
    assert "content-type: application/x-www-form-urlencoded" in exchange.head.lower()
    common = {"client_id": CLIENT_ID, "client_secret": SECRET}
    first = {"grant_type": "one_authorization_code", "redirect_uri": CALLBACK, "code": answer["code"]}
    second = {"grant_type": "one_access_token_identify", "access_token": "a-token", "scope": SCOPE}
    assert [form(exchange), form(identify)] == [common | first, common | second]


@pytest.mark.parametrize("method", ["LOGINPASSMETHOD", "FACEMETHOD"])
async def test_an_unconfirmed_account_is_nobody_elsewhere(stand_in: OneIdStandIn, oneid: OneId, method: str) -> None:
    stand_in.quirks.unconfirmed, stand_in.quirks.auth_method = True, method
    identity = await sign_in(stand_in, oneid)
    assert (identity.subject, identity.state_number) == (who().login, None)


async def test_a_signature_proves_the_number_of_an_unconfirmed_account(stand_in: OneIdStandIn, oneid: OneId) -> None:
    stand_in.quirks.unconfirmed = True
    identity = await sign_in(stand_in, oneid, "person1", "PKCSMETHOD")
    assert identity.state_number == StateNumber("uz-pinfl", who().pinfl)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({}, "NO_CODE"),
        ({"code": ""}, "NO_CODE"),
        ({"error": "access_denied"}, "ACCESS_DENIED"),
        ({"error": "access_denied", "code": "a-code"}, "ACCESS_DENIED"),
        ({"error": "Somebody Else, 40404040404040"}, "REFUSED"),
    ],
    ids=repr,
)
async def test_whoever_comes_back_without_a_code_is_refused_unasked(
    stand_in: OneIdStandIn, oneid: OneId, answer: dict[str, str], reason: str
) -> None:
    assert await refusal(stand_in, oneid, answer) == reason
    assert stand_in.asked == []


async def test_a_person_who_refuses_is_refused(stand_in: OneIdStandIn, oneid: OneId) -> None:
    redirect = await oneid.begin(BEGINNING, soon())
    answer = await stand_in.choose(redirect.url, {"answer": "refuse"})
    assert answer == {"error": "access_denied", "state": STATE}
    assert await refusal(stand_in, oneid, answer) == "ACCESS_DENIED"


async def test_a_code_works_once(stand_in: OneIdStandIn, oneid: OneId) -> None:
    answer = await come_back(stand_in, oneid)
    await oneid.finish(answer, {}, BEGINNING, soon())
    assert await refusal(stand_in, oneid, answer) == "AUTHORIZATION_CODE_NOT_FOUND"


async def test_a_late_code_is_refused(stand_in: OneIdStandIn, oneid: OneId, clock: Counter) -> None:
    answer = await come_back(stand_in, oneid)
    clock.move(minutes=1)
    assert await refusal(stand_in, oneid, answer) == "AUTHORIZATION_CODE_NOT_FOUND"


async def test_a_code_from_elsewhere_is_refused(stand_in: OneIdStandIn, oneid: OneId) -> None:
    async with running_oneid() as other, opened(other.url) as their:
        foreign = await come_back(other, their)
    for code in (foreign["code"], "'; --", "\ud800", "a&grant_type=one_log_out"):
        stand_in.asked.clear()
        assert await refusal(stand_in, oneid, {"code": code}) == "AUTHORIZATION_CODE_NOT_FOUND"
        assert stand_in.asked == ["one_authorization_code"]


async def test_a_code_drawn_for_another_callback_is_refused(stand_in: OneIdStandIn, oneid: OneId) -> None:
    answer = await come_back(stand_in, oneid)
    elsewhere = replace(BEGINNING, callback_url="https://kabinet.example.org/elsewhere")
    with pytest.raises(SignInRefused) as refused:
        await oneid.finish(answer, {}, elsewhere, soon())
    assert refused.value.reason == "AUTHORIZATION_CODE_NOT_FOUND"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"client_secret": "wrong"}, "CLIENT_SECRET_NOT_FOUND"), ({"client_id": "stranger"}, "CLIENT_NOT_FOUND")],
)
async def test_a_wrong_registration_is_refused(
    stand_in: OneIdStandIn, oneid: OneId, changes: dict[str, str], reason: str
) -> None:
    answer = await come_back(stand_in, oneid)
    async with opened(stand_in.url, **changes) as mistaken:
        assert await refusal(stand_in, mistaken, answer) == reason


@pytest.mark.parametrize(
    ("quirk", "reason"), [("ret_cd_failure", "REFUSED"), ("without_pin", "NO_PIN"), ("error_in_200", "INTERNAL_ERROR")]
)
async def test_a_refusal_inside_http_200_is_one(stand_in: OneIdStandIn, oneid: OneId, quirk: str, reason: str) -> None:
    answer = await come_back(stand_in, oneid)
    setattr(stand_in.quirks, quirk, True)
    assert await refusal(stand_in, oneid, answer) == reason


@pytest.mark.parametrize(("quirk", "reason"), [("outage", "HTTP_503"), ("maintenance_page", "NOT_JSON")])
async def test_an_outage_is_met_once(stand_in: OneIdStandIn, oneid: OneId, quirk: str, reason: str) -> None:
    answer = await come_back(stand_in, oneid)
    setattr(stand_in.quirks, quirk, True)
    with pytest.raises(ProviderUnavailable) as unavailable:
        await oneid.finish(answer, {}, BEGINNING, soon())
    assert unavailable.value.reason == reason
    assert stand_in.asked == ["one_code", "one_authorization_code"]
    assert_private(told(unavailable.value), answer["code"])


@pytest.mark.parametrize(("timeout_s", "left_s"), [(0.2, 30.0), (30.0, 0.2)])
async def test_silence_ends_at_the_deadline(stand_in: OneIdStandIn, timeout_s: float, left_s: float) -> None:
    async with opened(stand_in.url, timeout_s=timeout_s) as oneid:
        answer = await come_back(stand_in, oneid)
        stand_in.quirks.hang = True
        async with asyncio.timeout(5):
            with pytest.raises(ProviderUnavailable) as unavailable:
                await oneid.finish(answer, {}, BEGINNING, Deadline.within(left_s))
    assert unavailable.value.reason == "UPSTREAM_TIMEOUT"
    assert stand_in.asked == ["one_code", "one_authorization_code"]
    assert_private(told(unavailable.value), answer["code"])


async def test_signing_out_ends_the_session(stand_in: OneIdStandIn, oneid: OneId) -> None:
    hint = (await sign_in(stand_in, oneid)).sign_out_hint
    assert hint is not None
    stand_in.asked.clear()
    with capture_logs() as logged:
        assert await oneid.sign_out(hint, "https://kabinet.example.org/", soon()) is None
        assert logged == []
        await oneid.sign_out(hint, "https://kabinet.example.org/", soon())
    assert stand_in.asked == ["one_log_out", "one_log_out"]
    expected = {"event": "provider_sign_out_failed", "log_level": "warning", "provider": "oneid", "reason": "REFUSED"}
    assert logged == [expected]
