"""The official npm client of graphql-transport-ws follows a balance; skipped with the reason where npm has none."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.demo_process import DemoProcess, operation
from tests.live import Shown, pay
from tests.npm import laid_beside, node

SCRIPT: Final = Path(__file__).with_name("graphql_ws_client.mjs")
PACKAGES: Final = ("graphql-ws@6.4.2", "graphql@16.11.0", "ws@8.18.3")
GOODBYE_S: Final = 10


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay the script beside the packages that it imports."""
    return laid_beside(SCRIPT, tmp_path_factory.mktemp("graphql-ws"), *PACKAGES)


@pytest.fixture
def client(script: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen([node(), script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_the_official_client_receives_a_payment(kharkiv: DemoProcess, client: "subprocess.Popen[str]") -> None:
    kharkiv.calm()
    numbers = kharkiv.user(1)["accounts"]
    task = {
        "url": kharkiv.facts["websocket_url"],
        "token": kharkiv.token(1),
        "query": operation("balance-changed"),
        "variables": {"accounts": numbers},
    }
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(json.dumps(task) + "\n")
    client.stdin.close()
    before = Shown.in_event(json.loads(client.stdout.readline()))
    pay(kharkiv, numbers[0], 4_200)
    assert Shown.in_event(json.loads(client.stdout.readline())) == replace(before, owes=before.owes - 4_200)
    assert client.wait(GOODBYE_S) == 0
