"""The benchmarks run and say what they should; bar 7: a million accounts weigh on the gateway like two thousand."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from benchmarks import start
from benchmarks.load import Load, Request, WrongAnswers, by_python, by_wrk
from benchmarks.report import Figures, table

Send = Callable[[Request, int, float], Load]

linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are weighed by /proc")
ways = pytest.mark.parametrize(
    "send",
    [
        by_python,
        pytest.param(by_wrk, marks=pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")),
    ],
)


class Greeter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["content-length"]))
        answer = b'{"greeting": "[[hello]]"}' if (self.headers["x-who"], asked) == ("]] %s", b'{"a": "\\n"}') else b"no"
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's signature
        """Say nothing."""


@pytest.fixture(scope="module")
def greeter() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Greeter) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/greet"
        server.shutdown()


@ways
def test_load_counts_what_was_answered(greeter: str, send: Send) -> None:
    request = Request("POST", greeter, {"x-who": "]] %s"}, '{"a": "\\n"}', '{"greeting": "[[hello]]"}')
    found = send(request, 2, 1)
    assert found.completed > 0
    assert found.unfinished == (0 if send is by_python else 2)
    assert 0 < found.p50_ms <= found.p99_ms < 1000
    assert found.seconds >= 1


@ways
def test_a_wrong_answer_is_not_measured(greeter: str, send: Send) -> None:
    with pytest.raises(WrongAnswers, match="differed from the first"):
        send(Request("POST", greeter, {"x-who": "nobody"}, "{}", "hello"), 2, 1)


def test_ratios_are_taken_within_a_round() -> None:
    def figures(processor_us: float) -> Figures:
        return Figures(processor_us, 10, 1, 2, 7)

    rounds = [{"ours": figures(us), "theirs": figures(us / ratio)} for us, ratio in ((100, 2), (900, 3), (400, 4))]
    written = table(10, rounds, "ours")
    assert "ours / theirs: 3.00 of the processor time (2.00 to 4.00)" in written
    assert "400.0" in written


@linux
@pytest.mark.long
def test_the_home_screen_is_measured_beside_its_peers() -> None:
    written = _run("benchmarks.home_screen", "--accounts=1", "--rounds=1", "--seconds=1", "--connections=2")
    assert "1 account(s), 1 round(s)" in written
    for contestant in ("gateway", "by hand", "stock Strawberry"):
        assert f"\n  {contestant} " in written
    assert "gateway / by hand: " in written
    assert "gateway / stock Strawberry: " in written


@linux
@pytest.mark.long
def test_the_profile_shows_where_time_goes() -> None:
    written = _run("benchmarks.home_screen", "--accounts=1", "--seconds=1", "--profile")
    assert "1 account(s): " in written
    for part in ("graphql-core", "connectors/distribution"):
        assert part in written


@linux
@pytest.mark.long
def test_a_million_accounts_weigh_on_the_gateway_like_two_thousand() -> None:
    found = start.measure(start.SIZES, rounds=3)
    print(start.table(found))
    _, at_start, after_serving, *_ = start.ratios(found)
    assert at_start < 1.1
    assert after_serving < 1.1


def _run(module: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    return done.stdout
