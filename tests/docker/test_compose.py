"""The composition: what it hardens, what it publishes, and that the gateway and the sandbox understand their values."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from gateway.settings import Settings, load_settings
from sandbox.__main__ import app
from tests.docker.compose import COMPOSE, DOCKER, blocks, example, filled_in, services, variables

VALUES = {name: f"value{index}" for index, (name, value) in enumerate(example().items()) if not value}
SETTINGS = {
    name: filled_in(value, VALUES)
    for name, value in blocks(blocks(COMPOSE, 0)["x-settings"], 2).items()
    if name != "<<"
}


def listed(text: str) -> list[str]:
    return re.findall(r"^\s*- (.+)$", text, re.MULTILINE)


def options() -> dict[str, object]:
    """Read the sandbox's command line as the sandbox does, without starting it."""
    arguments = [filled_in(argument, VALUES) for argument in listed(services()["sandbox"]["command"])]
    return get_command(app).make_context("sandbox", arguments).params


def test_composition_has_these_services() -> None:
    assert set(services()) == {"postgres", "sandbox", "migrate", "gateway"}


@pytest.mark.parametrize("name", services())
def test_service_is_hardened(name: str) -> None:
    anchors = blocks(COMPOSE, 0)
    merged = services()[name]["<<"]

    assert merged in {"*hardened", "*gridgate"}
    assert blocks(anchors["x-gridgate"], 2)["<<"] == "*hardened"
    assert blocks(anchors["x-hardened"], 2) == {
        "read_only": "true",
        "cap_drop": "[ALL]",
        "security_opt": '["no-new-privileges:true"]',
        "tmpfs": "[/tmp]",
    }
    assert services()[name].keys().isdisjoint({"read_only", "cap_add", "cap_drop", "security_opt", "privileged"})


@pytest.mark.parametrize("name", services())
def test_service_has_a_health_check_of_its_own_or_none(name: str) -> None:
    expected = {"postgres": "pg_isready", "sandbox": "/health", "migrate": "disable: true", "gateway": ""}

    assert expected[name] in services()[name].get("healthcheck", "")


def test_only_the_gateway_is_published_and_only_on_loopback() -> None:
    assert {name: listed(keys["ports"]) for name, keys in services().items() if "ports" in keys} == {
        "gateway": ["127.0.0.1:${GRIDGATE_PORT:-8000}:8000"]
    }
    assert {name for name, keys in services().items() if keys["networks"] != "[inside]"} == {"gateway"}
    assert "internal: true" in blocks(blocks(COMPOSE, 0)["networks"], 2)["inside"]


def test_every_secret_is_asked_for_and_has_no_default() -> None:
    secret = {name for name, value in example().items() if not value}

    assert {name for name, kind in variables() if kind == "?"} == secret
    assert {name for name, kind in variables() if kind == "-"} == example().keys() - secret
    assert {kind for _, kind in variables()} == {"?", "-"}


def test_nothing_secret_is_written_down() -> None:
    written = re.findall(r"^\s*(\w*(?:PASSWORD|KEY|URL)): (.+)$", COMPOSE, re.MULTILINE)

    assert [name for name, value in written if "${" not in value and "://sandbox:" not in value] == []


def test_defaults_are_those_of_the_example() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE))

    assert defaults == {name: value for name, value in example().items() if value}


def test_every_file_of_ours_that_is_mounted_exists() -> None:
    mounted = re.findall(r"^\s*- (\./[^:]+):", COMPOSE, re.MULTILINE)

    assert mounted == ["./postgres-init.sql"]
    assert [path for path in mounted if not (DOCKER / path).is_file()] == []


def test_databases_are_made_with_the_passwords_that_are_used() -> None:
    script = (DOCKER / "postgres-init.sql").read_text("utf-8")
    asked = set(re.findall(r"^\\getenv \w+ (\w+)$", script, re.MULTILINE))
    roles = set(re.findall(r"^create role (\w+) login password :'\w+';$", script, re.MULTILINE))

    assert asked | {"POSTGRES_PASSWORD"} == blocks(services()["postgres"]["environment"], 6).keys()
    assert set(re.findall(r"://(\w+):\$\{\w+:\?[^}]*\}@postgres:", COMPOSE)) == roles


@pytest.mark.parametrize("profile", ["ua-kharkiv", "uz-het"])
def test_gateway_understands_its_settings(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SETTINGS, "GRIDGATE_PROFILE": profile}.items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert settings.profile == profile
    assert settings.store_location().endswith("@postgres:5432/gridgate")
    assert {name.removeprefix("GRIDGATE_").split("__")[0].lower() for name in SETTINGS} <= Settings.model_fields.keys()


def test_gateway_looks_for_the_sandbox_where_it_listens() -> None:
    sandbox = options()

    assert sandbox["host"] == "0.0.0.0"  # noqa: S104 -- inside a network of its own
    assert SETTINGS["GRIDGATE_BILLING__BASE_URL"] == f"http://sandbox:{sandbox['billing_port']}"
    assert SETTINGS["GRIDGATE_DISTRIBUTION__ENDPOINT"] == f"http://sandbox:{sandbox['distribution_port']}/soap"
    assert f":{sandbox['control_port']}" in "".join((DOCKER / "README.md").read_text("utf-8"))
    assert f"'127.0.0.1', {sandbox['control_port']}" in services()["sandbox"]["healthcheck"]


def test_sandbox_fills_the_database_that_the_gateway_reads() -> None:
    filled, read = str(options()["supply_url"]), SETTINGS["GRIDGATE_SUPPLY__URL"]

    assert filled.split("@")[1] == read.split("@")[1] == "postgres:5432/supply"
    assert "supply_owner:" in filled
    assert "supply_reader:" in read


def test_sandbox_accepts_the_credentials_that_the_gateway_sends() -> None:
    given = {name: filled_in(value, VALUES) for name, value in blocks(services()["sandbox"]["environment"], 6).items()}

    assert given == {
        "SANDBOX_API_KEY": SETTINGS["GRIDGATE_BILLING__API_KEY"],
        "SANDBOX_SOAP_USER": SETTINGS["GRIDGATE_DISTRIBUTION__USER"],
        "SANDBOX_SOAP_PASSWORD": SETTINGS["GRIDGATE_DISTRIBUTION__PASSWORD"],
    }
