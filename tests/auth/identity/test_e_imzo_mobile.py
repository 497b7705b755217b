"""E-IMZO on a phone, against the stand-in of E-IMZO-SERVER and its page of a phone."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from auth.identity.e_imzo_mobile import EImzoMobile, scan_code
from auth.identity.e_imzo_server import MobileDocument
from auth.identity.port import (
    Identity,
    ProviderUnavailable,
    SignInExpired,
    SignInNotYet,
    SignInRefused,
    StateNumber,
)
from connectors.transport.deadline import Deadline
from schema.authentication import Assurance
from tests.auth.identity.e_imzo_desk import ADDRESS, SITE, Desk, beginning, open_desk, verdict

REFUSED, EXPIRED, NOT_YET, UNAVAILABLE = SignInRefused, SignInExpired, SignInNotYet, ProviderUnavailable


@pytest.fixture(scope="module")
async def opened() -> AsyncIterator[Desk]:
    async with open_desk() as desk:
        yield desk


@pytest.fixture
def desk(opened: Desk) -> Desk:
    opened.forget()
    return opened


def test_code_is_the_one_that_the_application_reads() -> None:
    # A value that a working integration holds itself to.
    expected = "b552362811E9b285056dbf18d7392d7677369524dd14747459ed8143997e163b2986f92fd42c33d4ad61"
    assert scan_code(MobileDocument("b552", "362811E9", "abc")) == expected


async def test_page_gets_the_code_and_a_link_with_it(desk: Desk) -> None:
    form = await desk.mobile.begin(beginning(), Deadline.within(5))
    assert (form.page, form.awaits) == ("e-imzo-mobile", True)
    assert form.shown == {"code": form.shown["code"], "deep_link": f"eimzo://sign?qc={form.shown['code']}"}
    assert re.fullmatch(r"0000[0-9A-F]{8}[0-9a-f]{72}", form.shown["code"])
    assert form.kept == {"document_id": form.shown["code"][4:12]}


async def test_link_may_open_another_application(desk: Desk) -> None:
    async with open_desk(app_link="http://127.0.0.1:9/phone?qc=") as other:
        form = await other.mobile.begin(beginning(), Deadline.within(5))
    assert form.shown["deep_link"] == f"http://127.0.0.1:9/phone?qc={form.shown['code']}"
    assert desk.asked == []


async def test_page_waits_until_a_phone_has_signed(desk: Desk) -> None:
    kept = await desk.begin_mobile()
    for _ in range(2):
        with pytest.raises(SignInNotYet) as raised:
            await desk.finish_mobile(kept)
        assert raised.value.reason == "EIMZO_NOT_SIGNED_YET"
    await desk.phone_signs(kept, "person2")
    person = desk.people[1]
    assert await desk.finish_mobile(kept) == Identity(
        issuer="urn:uz:e-imzo",
        subject=person.pinfl,
        method="1.2.860.3.15.1.1.2.1.3",
        assurance=Assurance.HIGH,
        amr=("hwk",),
        full_name=person.full_name.upper(),
        state_number=StateNumber("uz-pinfl", person.pinfl),
    )


async def test_id_card_is_a_hardware_key_where_the_server_tells_nothing(desk: Desk) -> None:
    desk.quirks.tells_key = False
    kept = await desk.begin_mobile()
    await desk.phone_signs(kept, "person1")
    identity = await desk.finish_mobile(kept)
    assert (identity.amr, identity.method) == (("hwk",), "mobile")


async def test_server_is_asked_as_the_vendor_documents(desk: Desk) -> None:
    kept = await desk.begin_mobile()
    await desk.phone_signs(kept, "person1")
    await desk.finish_mobile(kept)
    asked = [each for each in desk.asked if each.path != "/phone"]
    document_id = kept["document_id"]
    assert [(each.method, each.path, each.body.decode()) for each in asked] == [
        ("POST", "/frontend/mobile/auth", ""),
        ("POST", "/frontend/mobile/status", f"documentId={document_id}"),
        ("GET", f"/backend/mobile/authenticate/{document_id}", ""),
    ]
    assert {(each.headers["host"], each.headers["x-real-ip"]) for each in asked} == {(SITE, ADDRESS)}
    assert asked[1].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_browser_cannot_name_another_s_document(desk: Desk) -> None:
    mine, theirs = await desk.begin_mobile(), await desk.begin_mobile()
    await desk.phone_signs(theirs, "person2")
    desk.asked.clear()
    with pytest.raises(SignInNotYet):
        await desk.finish_mobile(mine, {"documentId": theirs["document_id"], **theirs})
    assert [each.body.decode() for each in desk.asked] == [f"documentId={mine['document_id']}"]


async def test_document_too_old_is_expired(desk: Desk) -> None:
    kept = await desk.begin_mobile()
    desk.clock.advance(desk.quirks.document_ttl_s)
    with pytest.raises(SignInExpired) as raised:
        await desk.finish_mobile(kept)
    assert raised.value.reason == "EIMZO_DOCUMENT_UNKNOWN"


FRONTEND = [
    (2, NOT_YET, "EIMZO_NOT_SIGNED_YET"),
    (0, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
    (-1, UNAVAILABLE, "EIMZO_STORE_LOST"),
    (-2, EXPIRED, "EIMZO_DOCUMENT_UNKNOWN"),
    (-9, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
    (-10, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
    (-5, UNAVAILABLE, "EIMZO_STATUS_UNKNOWN"),
]


@pytest.mark.parametrize(("status", "error", "reason"), FRONTEND)
async def test_every_status_of_the_mobile_frontend_has_its_meaning(
    desk: Desk, status: int, error: type[Exception], reason: str
) -> None:
    kept = await desk.begin_mobile()
    await desk.phone_signs(kept, "person1")
    desk.quirks.mobile_status = desk.quirks.mobile_auth_status = status
    for verb in (desk.begin_mobile(), desk.finish_mobile(kept)):
        with pytest.raises(error) as raised:
            await verb
        assert verdict(raised.value) == (error, reason)


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (2, NOT_YET, "EIMZO_NOT_SIGNED_YET"),
        (0, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
        (-1, UNAVAILABLE, "EIMZO_STORE_LOST"),
        (-2, EXPIRED, "EIMZO_DOCUMENT_UNKNOWN"),
        (-3, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
        (-4, REFUSED, "EIMZO_SIGNATURE_MALFORMED"),
        (-5, REFUSED, "EIMZO_SIGNATURE_INVALID"),
        (-6, REFUSED, "EIMZO_CERTIFICATE_INVALID"),
        (-7, REFUSED, "EIMZO_CERTIFICATE_INVALID_AT_SIGNING"),
        (-8, UNAVAILABLE, "EIMZO_CERTIFICATE_STATUS_UNKNOWN"),
        (-9, REFUSED, "EIMZO_CLOCK_WRONG"),
        (-10, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
        (-11, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
        (-99, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
        (-100, UNAVAILABLE, "EIMZO_SERVER_FAILED"),
        (-20, UNAVAILABLE, "EIMZO_STATUS_UNKNOWN"),
    ],
)
async def test_every_status_of_the_mobile_backend_has_its_meaning(
    desk: Desk, status: int, error: type[Exception], reason: str
) -> None:
    kept = await desk.begin_mobile()
    await desk.phone_signs(kept, "person1")
    desk.quirks.authenticate_status = status
    with pytest.raises(error) as raised:
        await desk.finish_mobile(kept)
    assert verdict(raised.value) == (error, reason)


@pytest.mark.parametrize(
    "body",
    [
        '{"status": 1}',
        '{"status": 1, "siteId": "0000", "documentId": "2944F1F2"}',
        '{"status": 1, "siteId": "0000", "documentId": "2944F1F2", "challenge": "F8D2181DC6C02EA8"}',
        '{"status": 1, "siteId": "00", "documentId": "2944F1F2", "challange": "F8D2181DC6C02EA8"}',
        '{"status": 1, "siteId": "0000", "documentId": "../../x", "challange": "F8D2181DC6C02EA8"}',
        '{"status": 1, "siteId": 0, "documentId": "2944F1F2", "challange": "F8D2181DC6C02EA8"}',
        "<h1>502</h1>",
    ],
)
async def test_document_that_cannot_be_read_begins_nothing(desk: Desk, body: str) -> None:
    desk.quirks.body = body
    with pytest.raises(ProviderUnavailable):
        await desk.begin_mobile()


async def test_module_that_was_never_switched_on_is_unavailable(desk: Desk) -> None:
    desk.quirks.http_status = 404
    with pytest.raises(ProviderUnavailable) as raised:
        await desk.begin_mobile()
    assert raised.value.reason == "HTTP_404"


async def test_phone_reads_the_code_that_the_page_shows(desk: Desk) -> None:
    form = await desk.mobile.begin(beginning(), Deadline.within(5))
    code = form.shown["code"]
    async with httpx.AsyncClient(base_url=desk.server_url) as phone:
        page = await phone.get("/phone", params={"qc": code})
        damaged = await phone.get("/phone", params={"qc": code[:-1] + ("0" if code[-1] != "0" else "1")})
    assert (page.status_code, damaged.status_code) == (200, 400)
    assert f'value="{form.kept["document_id"]}"' in page.text


async def test_nothing_is_left_to_sign_out_of(desk: Desk) -> None:
    assert await desk.mobile.sign_out("", "https://kabinet.example/", Deadline.within(5)) is None
    assert (EImzoMobile.name, EImzoMobile.assurance) == ("e-imzo-mobile", Assurance.HIGH)
