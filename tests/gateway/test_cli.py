"""The command line, as somebody who types it sees it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.demo_process import DemoProcess

GRIDGATE: Final = Path(sys.executable).with_name("gridgate")
COMMANDS: Final = ["demo", "serve", "sandbox", "schema", "migrate", "doctor"]


def gridgate(
    *arguments: str, folder: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [GRIDGATE, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def settings(demo: DemoProcess, folder: Path) -> dict[str, str]:
    """Write the environment of a gateway in front of a running demo's sandbox."""
    announced = json.loads((demo.data_dir / "sandbox.json").read_text("utf-8"))
    return {
        "GRIDGATE_PROFILE": "ua-kharkiv",
        "GRIDGATE_DATA_DIR": str(folder),
        "GRIDGATE_BILLING__BASE_URL": announced["billing"]["url"],
        "GRIDGATE_BILLING__API_KEY": announced["billing"]["api_key"],
        "GRIDGATE_DISTRIBUTION__ENDPOINT": announced["distribution"]["url"],
        "GRIDGATE_DISTRIBUTION__USER": announced["distribution"]["user"],
        "GRIDGATE_DISTRIBUTION__PASSWORD": announced["distribution"]["password"],
        "GRIDGATE_SUPPLY__URL": announced["supply"]["url"],
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = gridgate(command, "--help")
    assert shown.returncode == 0
    assert "Usage:" in shown.stdout
    assert len(shown.stdout) > 200


def test_the_list_of_commands_is_whole() -> None:
    shown = gridgate("--help").stdout
    assert [command for command in COMMANDS if command not in shown] == []


def test_schema_prints_the_committed_sdl() -> None:
    committed = Path(__file__).parents[2] / "schema" / "schema.graphql"
    assert gridgate("schema").stdout == committed.read_text("utf-8")


def test_serve_without_settings_says_what_is_missing(tmp_path: Path) -> None:
    refused = gridgate("serve", folder=tmp_path)
    assert refused.returncode == 2
    lines = refused.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["profile", "billing", "distribution", "supply"]
    assert "set GRIDGATE_PROFILE or `profile` in the TOML file" in lines[0]


def test_a_port_in_use_is_named(kharkiv: DemoProcess, tmp_path: Path) -> None:
    port = kharkiv.facts["graphql_url"].split(":")[2].split("/")[0]
    refused = gridgate("demo", f"--port={port}", f"--data-dir={tmp_path}")
    assert refused.returncode == 2
    assert refused.stderr.strip() == f"port {port} cannot be used (Address already in use); choose another with --port"


def test_a_demo_of_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    refused = gridgate("demo", "--port=0", "--profile=atlantis", f"--data-dir={tmp_path}")
    assert refused.returncode == 2
    assert "atlantis" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_doctor_finds_everything_in_order(kharkiv: DemoProcess, tmp_path: Path) -> None:
    kharkiv.calm()
    environment = settings(kharkiv, tmp_path)
    assert gridgate("migrate", environment=environment).returncode == 0
    report = gridgate("doctor", f"--account={kharkiv.user(10)['accounts'][0]}", environment=environment)
    assert [line.split(":")[0].split() for line in report.stdout.splitlines()] == [
        ["ok", "settings"],
        ["ok", "store"],
        ["ok", "billing"],
        ["ok", "distribution"],
        ["ok", "supply"],
    ]
    assert report.returncode == 0


def test_doctor_names_what_is_wrong_and_how_to_mend_it(kharkiv: DemoProcess, tmp_path: Path) -> None:
    kharkiv.calm()
    kharkiv.disturb("distribution", maintenance_until="2030-01-01T06:00:00+02:00")
    environment = settings(kharkiv, tmp_path) | {"GRIDGATE_BILLING__API_KEY": "wrong"}
    report = gridgate("doctor", environment=environment)
    kharkiv.calm()
    lines = {line.split(":")[0].split()[1]: line for line in report.stdout.splitlines()}
    assert report.returncode == 1
    assert lines["store"].endswith("-- run gridgate migrate")
    assert lines["billing"].startswith("FAIL")
    assert lines["billing"].endswith("-- check billing.base_url and billing.api_key")
    assert "PLANNED_MAINTENANCE" in lines["distribution"]
    assert lines["supply"].startswith("ok")
    assert "wrong" not in report.stdout


def test_serve_refuses_a_store_that_is_not_migrated(kharkiv: DemoProcess, tmp_path: Path) -> None:
    environment = settings(kharkiv, tmp_path) | {"GRIDGATE_STORE_URL": f"sqlite+aiosqlite:///{tmp_path}/own.db"}
    refused = gridgate("serve", "--port=0", environment=environment)
    assert refused.returncode == 3
    assert "the store is not at the newest revision; run gridgate migrate" in refused.stderr
    assert "Traceback" not in refused.stderr
