"""OneID's adapter against a server that answers as no healthy one does: nothing is repeated, nothing is shown."""

import pytest
from structlog.testing import capture_logs

from auth.identity.oneid import OneId
from auth.identity.port import Identity, ProviderUnavailable, SignInRefused
from tests.auth.identity.oneid import BEGINNING, TOKEN, assert_private, form, opened, soon, told
from tests.connectors.scripted import Reply, Silence, http, scripted
from tests.sandbox.oneid import CLIENT_ID, SCOPE, SECRET


def named(value: object) -> str:
    shown = [value] if isinstance(value, bytes | Silence) else value
    if not isinstance(shown, list):
        return str(value)
    return ",".join(each.name if isinstance(each, Silence) else each.split(b"\r\n")[0].decode() for each in shown)


async def finish_with(oneid: OneId, **answer: str) -> Identity:
    return await oneid.finish(answer, {}, BEGINNING, soon())


@pytest.mark.parametrize(
    ("script", "reason", "asked"),
    [
        ([Silence.HANG_UP], "UPSTREAM_UNAVAILABLE", 1),
        ([http("half", declared=900)], "UPSTREAM_MALFORMED", 1),
        ([http("", 500)], "HTTP_500", 1),
        ([http("", 502)], "HTTP_502", 1),
        ([http("", 429)], "HTTP_429", 1),
        ([http("", 302, location="https://id.example.org/")], "HTTP_302", 1),
        ([http("<html>403</html>", 403)], "NOT_JSON", 1),
        ([TOKEN, Silence.HANG_UP], "UPSTREAM_UNAVAILABLE", 2),
        ([TOKEN, http("", 503)], "HTTP_503", 2),
        ([TOKEN, http("<html></html>")], "NOT_JSON", 2),
        ([TOKEN, http("[]")], "NOT_JSON", 2),
    ],
    ids=named,
)
async def test_nothing_is_asked_twice(script: list[Reply], reason: str, asked: int) -> None:
    async with scripted(*script) as server, opened(server.url) as oneid:
        with pytest.raises(ProviderUnavailable) as unavailable:
            await finish_with(oneid, code="a-code")
        assert unavailable.value.reason == reason
        assert len(server.asked) == asked
    assert_private(told(unavailable.value), "a-code", "a-token")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([http("{}")], "NO_ACCESS_TOKEN"),
        ([http('{"error": "x y", "message": "Somebody"}')], "REFUSED"),
        ([TOKEN, http("{}")], "NO_PIN"),
        ([TOKEN, http('{"error": "ACCESS_TOKEN_EXPIRED"}', 400)], "ACCESS_TOKEN_EXPIRED"),
        ([TOKEN, http('{"ret_cd": "1", "pin": "40404040404040"}')], "REFUSED"),
    ],
    ids=named,
)
async def test_every_step_may_refuse(script: list[Reply], reason: str) -> None:
    async with scripted(*script) as server, opened(server.url) as oneid:
        with pytest.raises(SignInRefused) as refused:
            await finish_with(oneid, code="a-code")
        assert (refused.value.reason, len(server.asked)) == (reason, len(script))
    assert_private(told(refused.value), "a-code", "a-token", "40404040404040")


async def test_nobody_listening_is_an_outage() -> None:
    async with scripted(TOKEN) as server:
        url = server.url
    async with opened(url) as oneid:
        with pytest.raises(ProviderUnavailable) as unavailable:
            await finish_with(oneid, code="a-code")
    assert unavailable.value.reason == "UPSTREAM_UNAVAILABLE"
    assert_private(told(unavailable.value), "a-code")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Silence.HANG_UP, "UPSTREAM_UNAVAILABLE"),
        (http("<html>"), "NOT_JSON"),
        (http("", 503), "HTTP_503"),
        (http('{"error": "ACCESS_TOKEN_NOT_FOUND", "message": "a-token"}', 400), "ACCESS_TOKEN_NOT_FOUND"),
    ],
    ids=named,
)
async def test_signing_out_never_fails(reply: Reply, reason: str) -> None:
    async with scripted(reply) as server, opened(server.url) as oneid:
        with capture_logs() as logged:
            assert await oneid.sign_out("a-token", "https://kabinet.example.org/", soon()) is None
        assert [each["reason"] for each in logged] == [reason]
        assert_private(repr(logged), "a-token")
        (asked,) = server.asked
    assert form(asked) == {
        "grant_type": "one_log_out",
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "access_token": "a-token",
        "scope": SCOPE,
    }
