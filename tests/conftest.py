"""Fixtures that many tests share: a demo of each profile, started once, and a search of all that was emitted."""

from collections.abc import Generator, Iterator

import pytest

from tests.demo_process import DemoProcess, running_demo
from tests.emitted import EMITTED

pytest_plugins = ("tests.browser", "tests.databases")


@pytest.fixture(scope="session", autouse=True)
def nothing_secret_is_emitted() -> Iterator[None]:
    """Search, after every other fixture has ended, all that demos and tests wrote."""
    yield
    assert EMITTED.findings() == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look at what a test wrote to the streams and to the log."""
    report = yield
    for name, text in report.sections:
        if name.startswith("Captured"):
            EMITTED.notice(report.nodeid, text)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests have told (`record_property("figure", ...)`), in whichever process they ran."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, ())]
    figures = [text for each in reports for name, text in each.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(map(str, figures)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def kharkiv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with running_demo(tmp_path_factory.mktemp("kharkiv"), profile="ua-kharkiv") as demo:
        yield demo


@pytest.fixture(scope="session")
def uzbekistan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with running_demo(tmp_path_factory.mktemp("uzbekistan"), profile="uz-het") as demo:
        yield demo


@pytest.fixture(params=["kharkiv", "uzbekistan"])
def demo(request: pytest.FixtureRequest) -> Iterator[DemoProcess]:
    running: DemoProcess = request.getfixturevalue(request.param)
    running.calm()
    yield running
    running.calm()
