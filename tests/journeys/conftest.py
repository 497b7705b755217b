"""Fixtures of journeys whose visitors are hostile, careless or many: demos that no other test looks at."""

from collections.abc import Callable, Iterator

import pytest

from tests.demo_process import DemoProcess, running_demo
from tests.demo_store import DemoStore
from tests.journeys.hostile.clients import Clients
from tests.journeys.hostile.siege import Siege


@pytest.fixture(scope="session")
def kharkiv_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """Run a demo under a name, so that it takes passkeys."""
    folder = tmp_path_factory.mktemp("kharkiv_apart")
    with running_demo(folder, profile="ua-kharkiv", accounts=200, public_host="localhost") as demo:
        yield demo


@pytest.fixture(scope="session")
def uzbekistan_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with running_demo(tmp_path_factory.mktemp("uzbekistan_apart"), profile="uz-het", accounts=200) as demo:
        yield demo


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Let a figure be printed when all is over."""
    return lambda text: record_property("figure", text)


@pytest.fixture
def kharkiv_siege(kharkiv_apart: DemoProcess, tell: Callable[[str], None]) -> Siege:
    return Siege(kharkiv_apart, DemoStore.of(kharkiv_apart), tell)


@pytest.fixture
def uzbekistan_siege(uzbekistan_apart: DemoProcess, tell: Callable[[str], None]) -> Siege:
    return Siege(uzbekistan_apart, DemoStore.of(uzbekistan_apart), tell)


@pytest.fixture(scope="session")
def clients(uzbekistan_apart: DemoProcess) -> Clients:
    """Applications and partners of every kind, registered at the demo in Uzbekistan."""
    issuer = uzbekistan_apart.facts["graphql_url"].removesuffix("/graphql")
    return Clients.at(DemoStore.of(uzbekistan_apart), issuer)
