"""Whatever E-IMZO-SERVER answers a computer's sign-in: every status, HTTP status and body has one meaning."""

import socket
from collections.abc import AsyncIterator

import pytest

from auth.identity.port import ProviderUnavailable, SignInExpired, SignInRefused
from tests.auth.identity.e_imzo_desk import Desk, open_desk, verdict

REFUSED, EXPIRED, UNAVAILABLE = SignInRefused, SignInExpired, ProviderUnavailable


@pytest.fixture(scope="module")
async def opened() -> AsyncIterator[Desk]:
    async with open_desk() as desk:
        yield desk


@pytest.fixture
def desk(opened: Desk) -> Desk:
    opened.forget()
    return opened


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (-1, UNAVAILABLE, "EIMZO_CERTIFICATE_STATUS_UNKNOWN"),
        (-5, REFUSED, "EIMZO_CLOCK_WRONG"),
        (-10, REFUSED, "EIMZO_SIGNATURE_INVALID"),
        (-11, REFUSED, "EIMZO_CERTIFICATE_INVALID"),
        (-12, REFUSED, "EIMZO_CERTIFICATE_INVALID_AT_SIGNING"),
        (-20, EXPIRED, "EIMZO_CHALLENGE_UNKNOWN"),
        (0, UNAVAILABLE, "EIMZO_STATUS_UNKNOWN"),
        (2, UNAVAILABLE, "EIMZO_STATUS_UNKNOWN"),
        (-21, UNAVAILABLE, "EIMZO_STATUS_UNKNOWN"),
    ],
)
async def test_every_status_of_auth_has_its_meaning(
    desk: Desk, status: int, error: type[Exception], reason: str
) -> None:
    desk.quirks.auth_status = status
    with pytest.raises(error) as raised:
        await desk.sign_in()
    assert verdict(raised.value) == (error, reason)


@pytest.mark.parametrize("status", [0, -1, -20, 2])
async def test_refused_challenge_begins_nothing(desk: Desk, status: int) -> None:
    desk.quirks.challenge_status = status
    with pytest.raises(ProviderUnavailable) as raised:
        await desk.begin()
    assert raised.value.reason == "EIMZO_STATUS_UNKNOWN"


@pytest.mark.parametrize(
    ("http_status", "error", "reason"),
    [
        (400, REFUSED, "EIMZO_REQUEST_REFUSED"),
        (404, UNAVAILABLE, "HTTP_404"),
        (405, UNAVAILABLE, "HTTP_405"),
        (503, UNAVAILABLE, "HTTP_503"),
        (302, UNAVAILABLE, "HTTP_302"),
    ],
)
async def test_http_statuses(desk: Desk, http_status: int, error: type[Exception], reason: str) -> None:
    kept = await desk.begin()
    desk.quirks.http_status = http_status
    with pytest.raises(error) as raised:
        await desk.finish(desk.sign(kept["challenge"], desk.certificate("person1")), kept)
    assert verdict(raised.value) == (error, reason)
    with pytest.raises(error) as raised:
        await desk.begin()
    assert verdict(raised.value) == (error, reason)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<!doctype html><h1>Profilaktika ishlari</h1>", "NOT_JSON"),
        ("", "NOT_JSON"),
        ("[1]", "NOT_JSON"),
        ("[" * 100_000, "NOT_JSON"),
        ("{}", "EIMZO_STATUS_UNREADABLE"),
        ('{"status": true}', "EIMZO_STATUS_UNREADABLE"),
        ('{"status": "1"}', "EIMZO_STATUS_UNREADABLE"),
        ('{"status": 1}', "EIMZO_ANSWER_UNREADABLE"),
        ('{"status": 1, "challenge": "short", "ttl": 120}', "EIMZO_ANSWER_UNREADABLE"),
        ('{"status": 1, "challenge": "<b>9b573e40</b>\\n", "ttl": 120}', "EIMZO_ANSWER_UNREADABLE"),
        ('{"status": 1, "challenge": "9b573e40-cefd", "ttl": "120"}', "EIMZO_ANSWER_UNREADABLE"),
        ('{"status": 1, "challenge": "9b573e40-cefd", "ttl": true}', "EIMZO_ANSWER_UNREADABLE"),
        ('{"status": 1, "challenge": "9b573e40-cefd", "ttl": 0}', "EIMZO_ANSWER_UNREADABLE"),
    ],
)
async def test_challenge_that_cannot_be_read_begins_nothing(desk: Desk, body: str, reason: str) -> None:
    desk.quirks.body = body
    with pytest.raises(ProviderUnavailable) as raised:
        await desk.begin()
    assert raised.value.reason == reason


async def test_server_that_hangs_is_unavailable_after_the_timeout() -> None:
    async with open_desk(timeout_s=0.1) as desk:
        desk.quirks.hang = True
        with pytest.raises(ProviderUnavailable) as raised:
            await desk.begin()
    assert raised.value.reason == "UPSTREAM_TIMEOUT"


async def test_server_that_is_gone_is_unavailable() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        async with open_desk(base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}") as desk:
            with pytest.raises(ProviderUnavailable) as raised:
                await desk.begin()
    assert raised.value.reason == "UPSTREAM_UNAVAILABLE"


async def test_challenge_is_asked_for_again_where_that_may_help_and_a_signature_never_is(desk: Desk) -> None:
    kept = await desk.begin()
    desk.quirks.http_status = 503
    desk.asked.clear()
    with pytest.raises(ProviderUnavailable):
        await desk.begin()
    with pytest.raises(ProviderUnavailable):
        await desk.finish(desk.sign(kept["challenge"], desk.certificate("person1")), kept)
    assert [each.path for each in desk.asked] == ["/frontend/challenge", "/frontend/challenge", "/backend/auth"]
