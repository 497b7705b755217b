"""Load: one request again and again over some connections, each answer compared with the first; wrk, else Python."""

import http.client
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

LONGEST_ANSWER_S: Final = 60

_SCRIPT: Final = """
local expected, wrong, threads = %(expected)s, 0, {}
wrk.method, wrk.body = %(method)s, %(body)s
%(headers)s
function setup(thread) table.insert(threads, thread) end
function init() wrongs = 0 end
function response(status, _, body) if status ~= 200 or body ~= expected then wrongs = wrongs + 1 end end
function done(summary, latency)
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrongs") end
  local e = summary.errors
  io.stderr:write(string.format('{"completed": %%d, "wrong": %%d, "seconds": %%f, "p50_ms": %%f, "p99_ms": %%f}',
    summary.requests, wrong + e.connect + e.read + e.write + e.timeout, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and the answer that it must get each time."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    expected: str


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. `unfinished` requests were sent, so the server works on them, but no answer was waited for."""

    completed: int
    unfinished: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def served(self) -> int:
        """The requests that the server has worked on once it is quiet again."""
        return self.completed + self.unfinished


class WrongAnswers(Exception):
    """Some answers were not the expected one, so nothing was measured."""

    def __init__(self, wrong: int, request: Request) -> None:
        super().__init__(f"{wrong} answers of {request.url} failed or differed from the first")


def load(request: Request, *, connections: int, seconds: float) -> Load:
    """Send a request over some connections for some seconds; raises WrongAnswers."""
    send = by_wrk if shutil.which("wrk") else by_python
    return send(request, connections, seconds)


def by_wrk(request: Request, connections: int, seconds: float) -> Load:
    """Send by wrk, which leaves one unfinished request on each connection."""
    headers = "\n".join(f"wrk.headers[ {_lua(name)} ] = {_lua(value)}" for name, value in request.headers.items())
    texts = {"expected": _lua(request.expected), "method": _lua(request.method), "body": _lua(request.body)}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        script.write_text(_SCRIPT % {**texts, "headers": headers}, "utf-8")
        options = [f"-c{connections}", "-t1", f"-d{max(1, round(seconds))}s", f"--timeout={LONGEST_ANSWER_S}s"]
        command = ["wrk", *options, "-s", str(script), request.url]
        told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- our own arguments
    found = json.loads(told.stderr)
    if wrong := found.pop("wrong"):
        raise WrongAnswers(wrong, request)
    return Load(unfinished=connections, **found)


def by_python(request: Request, connections: int, seconds: float) -> Load:
    """Send from a thread for each connection; every request is waited for."""
    began_at = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        each = [pool.submit(_repeat, request, began_at + seconds) for _ in range(connections)]
        latencies = [latency for one in each for latency in one.result()]
    took_s = time.monotonic() - began_at
    hundredths = statistics.quantiles(latencies, n=100, method="inclusive") if len(latencies) > 1 else latencies * 99
    return Load(len(latencies), 0, took_s, hundredths[49] * 1e3, hundredths[98] * 1e3)


def _repeat(request: Request, until: float) -> list[float]:
    """Return how long each request took; at least one is sent."""
    target = urlsplit(request.url)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=LONGEST_ANSWER_S)
    latencies: list[float] = []
    try:
        while not latencies or time.monotonic() < until:
            sent_at = time.monotonic()
            connection.request(request.method, target.path, request.body.encode(), dict(request.headers))
            answer = connection.getresponse()
            if answer.read() != request.expected.encode() or answer.status != http.client.OK:
                raise WrongAnswers(1, request)
            latencies.append(time.monotonic() - sent_at)
    finally:
        connection.close()
    return latencies


def _lua(text: str) -> str:
    """Write a text as Lua source."""
    return f"[=====[\n{text}]=====]"
