"""`gridgate partners` and `gridgate keys`, as somebody who types them sees them."""

import asyncio
import json
from pathlib import Path
from typing import Final

import pytest
import typer
from joserfc.jwk import ECKey
from typer.testing import CliRunner

from auth.keys import open_keys
from connectors.store.clients import ClientRow, ClientRows
from connectors.store.engine import open_store
from connectors.store.tickets import key_of
from gateway.partners import keys, partners

COMMANDS: Final = ["register", "list", "rotate", "disable", "enable", "limit", "audit"]
SETTINGS: Final = """
profile = "ua-kharkiv"
data_dir = "{folder}"
[billing]
base_url = "http://127.0.0.1:1"
api_key = "a key of tests"
[distribution]
endpoint = "http://127.0.0.1:1"
user = "a user of tests"
password = "a password of tests"
[supply]
url = "postgresql+asyncpg://127.0.0.1:1/none"
"""
GRIDGATE: Final = typer.Typer(pretty_exceptions_enable=False)
GRIDGATE.add_typer(partners, name="partners")
GRIDGATE.add_typer(keys, name="keys")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the settings of a gateway with a store of its own."""
    (tmp_path / "gridgate.toml").write_text(SETTINGS.format(folder=tmp_path / "data"))
    monkeypatch.setenv("GRIDGATE_CONFIG", str(tmp_path / "gridgate.toml"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def gridgate(*arguments: str, status: int = 0) -> str:
    """Run a command that ends as expected, and return all that it says."""
    result = CliRunner().invoke(GRIDGATE, list(arguments), catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.output


def registered(*arguments: str) -> dict[str, str]:
    """Register a client and return what is shown of it."""
    lines = gridgate("partners", "register", *arguments).splitlines()
    return dict(line.split() for line in lines if line.startswith("client_"))


def stored(folder: Path, client_id: str) -> ClientRow:
    async def read() -> ClientRow | None:
        engine = open_store(f"sqlite+aiosqlite:///{folder}/data/store.db")
        found = await ClientRows(engine).get(client_id)
        await engine.dispose()
        return found

    found = asyncio.run(read())
    assert found is not None
    return found


def write_jwks(folder: Path, *, private: bool = False) -> str:
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": [ECKey.generate_key("P-256", auto_kid=True).as_dict(private=private)]}))
    return str(path)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = gridgate("partners", command, "--help")
    assert "Usage:" in shown
    assert len(shown) > 300


def test_list_of_commands_is_whole() -> None:
    shown = gridgate("partners", "--help")
    assert [command for command in COMMANDS if command not in shown] == []
    assert "rotate" in gridgate("keys", "--help")


def test_partner_gets_a_secret_that_is_shown_once(folder: Path) -> None:
    bank = registered("Kettle Bank", "--kind=partner")
    assert bank["client_secret"].startswith("ggs_")
    row = stored(folder, bank["client_id"])
    assert row.secret_hash == key_of(bank["client_secret"])
    listed = gridgate("partners", "list")
    assert bank["client_secret"] not in listed
    facts = [bank["client_id"], "Kettle Bank", "partner", "client_secret_basic", "no limit", "enabled", "payees:read"]
    assert listed.strip() == "  ".join(facts)


def test_partner_with_keys_gets_no_secret(folder: Path) -> None:
    bank = registered("Kettle Bank", "--kind=partner", "--jwks", write_jwks(folder), "--requires-dpop")
    row = stored(folder, bank["client_id"])
    assert ("client_secret" in bank, row.authentication_method, row.requires_dpop) == (False, "private_key_jwt", True)


def test_app_and_device_are_registered_with_their_scopes(folder: Path) -> None:
    scopes = ("--scope=balance:read", "--scope=charges:read")
    app = registered("Kettle", "--kind=app", "--redirect-uri=com.example.kettle:/back", *scopes)
    device = registered("Kiosk", "--kind=device", "--first-party")
    assert stored(folder, app["client_id"]).scopes == ("balance:read", "charges:read")
    assert stored(folder, app["client_id"]).grant_types == ("authorization_code", "refresh_token")
    assert stored(folder, device["client_id"]).is_first_party
    listed = gridgate("partners", "list").splitlines()
    assert [line.split("  ")[2] for line in listed] == ["app", "device, first party"]


def test_rotation_keeps_the_secret_before_for_a_while(folder: Path) -> None:
    bank = registered("Kettle Bank", "--kind=partner")
    shown = gridgate("partners", "rotate", bank["client_id"], "--overlap-hours=2")
    row = stored(folder, bank["client_id"])
    assert row.previous_secret_hash == key_of(bank["client_secret"])
    assert row.secret_hash == key_of(next(word for word in shown.split() if word.startswith("ggs_")))


def test_rotation_to_keys_ends_the_secret(folder: Path) -> None:
    bank = registered("Kettle Bank", "--kind=partner")
    gridgate("partners", "rotate", bank["client_id"], "--jwks", write_jwks(folder))
    row = stored(folder, bank["client_id"])
    assert (row.secret_hash, row.previous_secret_hash, row.authentication_method) == (None, None, "private_key_jwt")


def test_client_is_disabled_limited_and_looked_into(folder: Path) -> None:
    bank = registered("Kettle Bank", "--kind=partner")["client_id"]
    gridgate("partners", "disable", bank)
    assert stored(folder, bank).disabled_at is not None
    assert "disabled" in gridgate("partners", "list")
    gridgate("partners", "enable", bank)
    assert stored(folder, bank).disabled_at is None
    gridgate("partners", "limit", bank, "60")
    assert stored(folder, bank).requests_per_minute == 60
    gridgate("partners", "limit", bank, "0")
    assert stored(folder, bank).requests_per_minute is None
    lines = gridgate("partners", "audit", bank).splitlines()
    assert [line.split("  ")[1:3] for line in lines] == [
        ["CLIENT_CHANGED", "LIMIT LIFTED"],
        ["CLIENT_CHANGED", "LIMIT 60"],
        ["CLIENT_CHANGED", "ENABLED"],
        ["CLIENT_CHANGED", "DISABLED"],
        ["CLIENT_CHANGED", "REGISTERED"],
    ]
    assert len(gridgate("partners", "audit", bank, "--last=2").splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--kind=app"], "needs redirect URIs"),
        (["--kind=app", "--redirect-uri=http://kettle.example/back"], "http to 127.0.0.1"),
        (["--kind=app", "--redirect-uri=https://kettle.example/#x"], "fragment"),
        (["--kind=app", "--redirect-uri=kettle:/back"], "with a dot in it"),
        (["--kind=partner", "--redirect-uri=https://kettle.example/"], "an app, and nothing else"),
        (["--kind=partner", "--scope=balance:read"], "cannot have balance:read"),
        (["--kind=partner", "--first-party"], "a partner is somebody else"),
        (["--kind=device", "--secret"], "no secret and no key"),
        (["--kind=device", "--requests-per-minute=5"], "has no limit"),
    ],
)
def test_what_cannot_be_registered_is_said_in_a_line(folder: Path, arguments: list[str], text: str) -> None:
    said = gridgate("partners", "register", "Kettle", *arguments, status=2)
    assert text in said
    assert len(said.splitlines()) == 1
    assert gridgate("partners", "list") == ""
    assert (folder / "data").is_dir()


def test_keys_that_cannot_be_used_are_refused(folder: Path) -> None:
    files = {
        "private": write_jwks(folder, private=True),
        "empty": str(folder / "empty.json"),
        "none": str(folder / "none.json"),
        "text": str(folder / "text.json"),
    }
    assert "not public" in gridgate("partners", "register", "B", "--kind=partner", "--jwks", files["private"], status=2)
    Path(files["empty"]).write_text('{"keys": []}')
    Path(files["text"]).write_text("-----BEGIN PUBLIC KEY-----")
    for name in ("empty", "none", "text"):
        gridgate("partners", "register", "B", "--kind=partner", "--jwks", files[name], status=2)
    assert gridgate("partners", "list") == ""


@pytest.mark.parametrize("command", [["rotate"], ["disable"], ["enable"], ["limit", "5"]])
def test_unknown_client_is_named(folder: Path, command: list[str]) -> None:
    verb, *more = command
    said = gridgate("partners", verb, "ggc_unknown", *more, status=2)
    assert said.strip() == "no client 'ggc_unknown' is registered; gridgate partners list shows all"
    assert (folder / "data").is_dir()


def test_keys_are_rotated_or_thrown_away(folder: Path) -> None:
    (folder / "data").mkdir()
    ring = open_keys(folder / "data" / "signing-keys.json")
    first = ring.signing_key.kid
    said = gridgate("keys", "rotate")
    ring.refresh()
    assert str(ring.signing_key.kid) in said
    assert first in [key["kid"] for key in ring.public_jwks()["keys"]]
    gridgate("keys", "rotate", "--leaked")
    ring.refresh()
    assert first not in [key["kid"] for key in ring.public_jwks()["keys"]]
