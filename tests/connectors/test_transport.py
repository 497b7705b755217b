"""The outgoing port: errors, repetition, limits, deadline and tracing, against servers on real sockets."""

import asyncio
import gzip
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from opentelemetry import context, trace

from connectors.transport.deadline import Deadline
from connectors.transport.encoding import Undecodable, decode_text, utf8_xml
from connectors.transport.http import HttpTransport, PoolLimits
from connectors.transport.port import Answer, Exchange
from connectors.transport.reading import LARGE_BODY, read_answer
from schema.errors import UpstreamError, UpstreamMalformed, UpstreamTimeout, UpstreamUnavailable
from schema.systems import System
from tests.connectors.scripted import Reply, Scripted, Silence, http, scripted

FINE = http("fine")


@asynccontextmanager
async def transport(**limits: float) -> AsyncIterator[HttpTransport]:
    opened = HttpTransport(System.SUPPLY, PoolLimits(**limits))  # type: ignore[arg-type] # whole numbers where asked
    try:
        yield opened
    finally:
        await opened.aclose()


async def ask(server: Scripted, *, may_repeat: bool = True, seconds: float = 10) -> Answer:
    exchange = Exchange("ask", "POST", server.url, body=b"question", may_repeat=may_repeat)
    async with transport() as opened:
        return await opened.send(exchange, Deadline.within(seconds))


async def test_an_answer_comes_whole_whatever_its_status() -> None:
    async with scripted(http("no such thing", 404, x_Reason="none")) as server:
        answer = await ask(server)
    assert (answer.status, answer.body, answer.headers["x-reason"]) == (404, b"no such thing", "none")
    assert server.asked[0].body == b"question"


@pytest.mark.parametrize("passing", [Silence.HANG_UP, http(status=502), http(status=503), http(status=504)], ids=repr)
async def test_a_passing_failure_is_asked_once_more(passing: Reply) -> None:
    async with scripted(passing, FINE) as server:
        assert (await ask(server)).body == b"fine"
        assert len(server.asked) == 2


async def test_a_lasting_failure_is_asked_no_more_than_twice() -> None:
    async with scripted(Silence.HANG_UP) as server:
        with pytest.raises(UpstreamUnavailable):
            await ask(server)
        assert len(server.asked) == 2
    async with scripted(http(status=502)) as server:
        assert (await ask(server)).status == 502
        assert len(server.asked) == 2


@pytest.mark.parametrize("final", [http(status=500), http(status=429), http(status=503, retry_after="3600")], ids=repr)
async def test_a_failure_that_will_not_pass_is_not_asked_again(final: Reply) -> None:
    async with scripted(final, FINE) as server:
        assert (await ask(server)).status >= 429
        assert len(server.asked) == 1


async def test_what_must_not_be_repeated_is_sent_once() -> None:
    async with scripted(Silence.HANG_UP, FINE) as server:
        with pytest.raises(UpstreamUnavailable):
            await ask(server, may_repeat=False)
        assert len(server.asked) == 1


async def test_an_answer_that_breaks_off_is_malformed_and_not_asked_again() -> None:
    async with scripted(http("half", declared=100), FINE) as server:
        with pytest.raises(UpstreamMalformed):
            await ask(server)
        assert len(server.asked) == 1


async def test_what_is_not_http_is_not_available() -> None:
    async with scripted(b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as server:
        with pytest.raises(UpstreamUnavailable):
            await ask(server)


async def test_nobody_listening_is_not_available(free_tcp_port: int) -> None:
    async with transport() as opened:
        with pytest.raises(UpstreamUnavailable) as refused:
            await opened.send(Exchange("ask", "GET", f"http://127.0.0.1:{free_tcp_port}"), Deadline.within(10))
    assert refused.value.extensions["system"] == "supply"


async def test_a_redirect_is_not_followed() -> None:
    async with scripted(FINE) as elsewhere, scripted(http(status=302, location=elsewhere.url)) as server:
        assert (await ask(server)).status == 302
        assert elsewhere.asked == []


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted(FINE) as proxy, scripted(FINE) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        await ask(server)
        assert (len(server.asked), proxy.asked) == (1, [])


TOO_LARGE = {"plain": http(b"x" * 1001), "gzip": http(gzip.compress(b"x" * 1001), content_encoding="gzip")}


@pytest.mark.parametrize("reply", TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_a_body_that_is_too_large_is_malformed(reply: bytes) -> None:
    async with scripted(reply) as server, transport(max_body_bytes=1000) as opened:
        with pytest.raises(UpstreamMalformed) as refused:
            await opened.send(Exchange("ask", "GET", server.url), Deadline.within(10))
    assert str(refused.value.__cause__) == "more than 1000 bytes"


async def test_a_body_that_does_not_decompress_is_malformed() -> None:
    async with scripted(http(b"not gzip", content_encoding="gzip")) as server:
        with pytest.raises(UpstreamMalformed):
            await ask(server)


async def test_a_hang_ends_at_the_deadline() -> None:
    async with scripted(Silence.HANG) as server:
        began_at = time.monotonic()
        with pytest.raises(UpstreamTimeout):
            await ask(server, seconds=0.2)
        assert 0.2 <= time.monotonic() - began_at < 2


async def test_waiting_for_a_connection_counts() -> None:
    async with scripted(Silence.HANG) as server, transport(max_connections=1) as opened:
        exchange = Exchange("ask", "GET", server.url)
        both = [opened.send(exchange, Deadline.within(0.2)) for _ in range(2)]
        failures = await asyncio.gather(*both, return_exceptions=True)
    assert [type(failure) for failure in failures] == [UpstreamTimeout] * 2


async def test_a_pool_works_again_after_timeouts() -> None:
    async with scripted(Silence.HANG, Silence.HANG, FINE) as server, transport(max_connections=1) as opened:
        exchange = Exchange("ask", "GET", server.url)
        for _ in range(2):
            with pytest.raises(UpstreamTimeout):
                await opened.send(exchange, Deadline.within(0.1))
        assert (await opened.send(exchange, Deadline.within(10))).body == b"fine"


async def test_nothing_is_sent_after_the_deadline() -> None:
    async with scripted(FINE) as server:
        with pytest.raises(UpstreamTimeout):
            await ask(server, seconds=0)
        assert server.asked == []


async def test_a_connection_is_used_again() -> None:
    async with scripted(FINE) as server, transport(max_connections=1) as opened:
        for _ in range(3):
            assert (await opened.send(Exchange("ask", "GET", server.url), Deadline.within(10))).body == b"fine"


async def test_the_trace_is_handed_on() -> None:
    parent = trace.SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=trace.TraceFlags(1))
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(parent)))
    try:
        async with scripted(FINE) as server:
            await ask(server)
    finally:
        context.detach(token)
    assert f"traceparent: 00-{0xABC:032x}-{0xDEF:016x}-01" in server.asked[0].head.lower()


def test_the_sooner_deadline_wins() -> None:
    deadline = Deadline.within(10)
    assert deadline.sooner(60) == deadline
    assert deadline.sooner(1).remaining() <= 1
    assert Deadline.within(-1).remaining() == 0


async def test_a_deadline_names_the_system_that_was_late() -> None:
    with pytest.raises(UpstreamTimeout) as late:
        async with Deadline.within(0.01).scope(System.BILLING):
            await asyncio.Event().wait()
    assert late.value.extensions["system"] == "billing"


async def test_a_large_answer_is_read_aside() -> None:
    loop_s_thread = (await _thread_of(b""), await _thread_of(b"x" * (LARGE_BODY - 1)))
    assert loop_s_thread[0] == loop_s_thread[1]
    assert await _thread_of(b"x" * LARGE_BODY) != loop_s_thread[0]


async def _thread_of(body: bytes) -> int:
    return await read_answer(Answer(200, {}, body), lambda _: threading.get_ident())


def test_utf_8_is_utf_8_whatever_was_declared() -> None:
    assert decode_text("Їжак".encode(), "text/plain; charset=windows-1251", ()) == "Їжак"
    assert decode_text("Їжак".encode("utf-8-sig"), "text/plain", ()) == "Їжак"


def test_other_text_is_as_declared_or_a_fallback() -> None:
    assert decode_text("Їжак".encode("cp1251"), "application/json; charset=utf-8", ["cp1251"]) == "Їжак"
    assert decode_text("Їжак".encode("utf-16"), "text/plain; charset=UTF-16", ["cp1251"]) == "Їжак"
    assert decode_text("Зелёный ёж".encode("cp866"), "", ["no such codec", "cp866"]) == "Зелёный ёж"
    with pytest.raises(Undecodable, match="the body is in none of utf-8-sig, ascii"):
        decode_text(b"\x98", "", ["ascii"])


def test_an_xml_declaration_is_not_believed() -> None:
    document = '<?xml version="1.0" encoding="utf-8"?><a>Їжак</a>'
    assert utf8_xml(document.encode("cp1251"), "text/xml", ["cp1251"]) == "<a>Їжак</a>".encode()
    assert utf8_xml(document.encode(), "text/xml", ["cp1251"]) == "<a>Їжак</a>".encode()
    truthful = document.replace("utf-8", "cp866")
    assert utf8_xml(truthful.encode("cp866"), "text/xml", ["cp1251"]) == "<a>Їжак</a>".encode()
    assert utf8_xml(b"<a/>", "text/xml", ()) == b"<a/>"


def test_every_failure_of_the_port_names_its_system() -> None:
    for kind in (UpstreamUnavailable, UpstreamTimeout, UpstreamMalformed):
        error: UpstreamError = kind(System.SUPPLY)
        assert error.system is System.SUPPLY
