"""One sandbox for the tests of the connectors, with good manners before and after each test."""

from collections.abc import Iterator

import pytest

from tests.sandbox_process import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running
