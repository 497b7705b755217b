"""Fixtures that many tests share: a demo of each profile, started once."""

from collections.abc import Iterator

import pytest

from tests.demo_process import DemoProcess, running_demo

pytest_plugins = ("tests.browser", "tests.databases")


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
