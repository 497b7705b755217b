"""One sandbox for the tests of the connectors; whoever gives it bad manners takes them back."""

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
