"""Fixtures of this folder: a sandbox that fronts stand before."""

from collections.abc import Iterator

import pytest

from tests.sandbox_process import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(accounts=61) as running:
        yield running
