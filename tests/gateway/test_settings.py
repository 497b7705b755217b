"""Settings: read once, from the environment and a file; a wrong value stops the start with its name and the remedy."""

import pathlib

import pytest

from gateway.settings import Settings, SettingsError, load_settings
from schema.metering import ConnectionState, ReadingSource, ReadingStatus
from schema.payments import PaymentState
from schema.systems import System

WHOLE = """
profile = "ua-kharkiv"
[billing]
base_url = "http://127.0.0.1:1"
api_key = "key"
[distribution]
endpoint = "http://127.0.0.1:1/soap"
user = "u"
password = "p"
[supply]
url = "postgresql+asyncpg://u:p@127.0.0.1:1/supply"
"""


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """An empty folder and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRIDGATE_CONFIG", raising=False)


def load(text: str, tmp_path: pathlib.Path) -> Settings:
    config = tmp_path / "settings.toml"
    config.write_text(text)
    return load_settings(config)


def test_a_connector_takes_from_the_profile_what_it_does_not_say(tmp_path: pathlib.Path) -> None:
    settings = load(WHOLE, tmp_path)
    assert (settings.billing.time_zone, settings.billing.currency) == ("Europe/Kyiv", "UAH")
    assert settings.distribution.account_digits == 12
    assert load(WHOLE.replace("[supply]", '[supply]\ntime_zone = "UTC"'), tmp_path).supply.time_zone == "UTC"


def test_the_environment_wins_over_the_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDGATE_BILLING__API_KEY", "other")
    monkeypatch.setenv("GRIDGATE_DEADLINE_S", "2.5")
    monkeypatch.setenv("GRIDGATE_SYSTEMS", '["billing"]')
    settings = load(WHOLE, tmp_path)
    assert settings.billing.api_key == "other"
    assert settings.deadline_s == 2.5
    assert settings.systems == {System.BILLING}


def test_codes_are_mapped_in_the_file(tmp_path: pathlib.Path) -> None:
    codes = """
[distribution.sources]
1 = "AMR"
[distribution.statuses]
7 = "ADJUSTED"
[distribution.connection_states]
ON = "connected"
[supply.states]
5 = "SETTLED"
"""
    settings = load(WHOLE + codes, tmp_path)
    assert settings.distribution.sources == {"1": ReadingSource.AMR}
    assert settings.distribution.statuses == {"7": ReadingStatus.ADJUSTED}
    assert settings.distribution.connection_states == {"ON": ConnectionState.CONNECTED}
    assert settings.supply.states == {5: PaymentState.SETTLED}
    assert settings.supply.waiting_states == [5]


def test_settings_cannot_be_changed(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(WHOLE, tmp_path).deadline_s = 1


def test_no_secret_shows(tmp_path: pathlib.Path) -> None:
    shown = repr(load(WHOLE.replace('"key"', '"hidden-1"').replace('"p"', '"hidden-2"'), tmp_path))
    assert "hidden" not in shown
    assert "u:p@" not in shown


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('profile = "ua-kharkiv"', ""), "profile: Field required; set GRIDGATE_PROFILE or `profile`"),
        (("ua-kharkiv", "ua-lviv"), "profile ua-lviv: No such file or directory; name one of ua-kharkiv, uz-het"),
        (('api_key = "key"', ""), "billing.api_key: .* set GRIDGATE_BILLING__API_KEY or `billing.api_key`"),
        (('api_key = "key"', 'api_kei = "key"'), "billing has no setting api_kei; it has account_digits, api_key"),
        (("[billing]", "deadline_s = 0\n[billing]"), "deadline_s: .*greater than 0; set GRIDGATE_DEADLINE_S"),
        (("[billing]", "dead_line = 1\n[billing]"), "dead_line: Extra inputs are not permitted"),
        (("[billing]", "[billing"), "not TOML"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(tmp_path: pathlib.Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(WHOLE.replace(*change), tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no such file; correct --config or GRIDGATE_CONFIG"):
        load_settings(tmp_path / "none.toml")
