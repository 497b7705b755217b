"""Settings: one frozen object, read once, from the environment and a TOML file.

SettingsError   a value is wrong or missing; names it and says how to mend it
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from connectors.billing.feed import Pace
from connectors.billing.settings import BillingSettings
from connectors.distribution.settings import DistributionSettings
from connectors.supply.settings import SupplySettings
from gateway.identity_settings import IdentitySettings
from gateway.operations import Limits
from gateway.profiles import ProfileError, load_profile
from resolvers.graph import WHOLE_HOUSE
from schema.profile import UtilityProfile
from schema.systems import System

PREFIX: Final = "GRIDGATE_"
CONFIG_VARIABLE: Final = "GRIDGATE_CONFIG"
CONNECTORS: Final = {"billing": BillingSettings, "distribution": DistributionSettings, "supply": SupplySettings}
PROFILE_FACTS: Final = ("time_zone", "currency", "account_digits")
"""What the profile says of every connector unless its own settings do."""

DEFAULT_CONFIG: Final = Path("gridgate.toml")


class SettingsError(Exception):
    """The settings cannot be used; the text has one line for each value that is wrong, with its remedy."""


class Settings(BaseSettings):
    """How one gateway is set up. Every value is checked before anything starts."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid", env_ignore_empty=True
    )

    profile: str = Field(description="A shipped utility profile or the path of a TOML file.")
    data_dir: Path = Field(Path(".gridgate"), description="Where the embedded database and the signing keys are kept.")
    store_url: SecretStr | None = Field(
        None, description="sqlite+aiosqlite:///... or postgresql+asyncpg://...; SQLite in data_dir where left out."
    )
    issuer: str = Field("http://127.0.0.1:8000", description="The public address, `iss` and `aud` of access tokens.")
    token_lifetime_s: int = Field(600, ge=60, le=600)
    session_idle_s: int = Field(86_400, ge=300, description="How long a browser stays signed in unused.")
    session_lifetime_s: int = Field(2_592_000, ge=300, description="How long a browser stays signed in at most.")
    minimum_password_length: int = Field(10, ge=8, le=64)
    systems: frozenset[System] = Field(WHOLE_HOUSE, min_length=1, description="The subgraph to serve; all by default.")
    graphiql: bool = Field(default=True, description="Serve the GraphiQL page.")
    allowed_origins: tuple[str, ...] = Field((), description="Browser origins that may call the gateway.")
    deadline_s: float = Field(
        5.0, gt=0, le=60, description="The budget of one operation; no upstream call outlives it."
    )
    stale_balance_s: int = Field(86_400, ge=0, description="How long the last known balance may stand in for billing.")
    log_format: str = Field("json", pattern="json|console")
    billing: BillingSettings
    distribution: DistributionSettings
    supply: SupplySettings
    limits: Limits = Limits()
    live: Pace = Pace()
    identity: IdentitySettings = IdentitySettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- no .env file: it hides where a value comes from
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let arguments win over the environment, and the environment over the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: dict[str, Any]) -> dict[str, Any]:
        _check_names(values)
        name = values.get("profile")
        return _with_facts(values, load_profile(name)) if isinstance(name, str) else values

    def load_profile(self) -> UtilityProfile:
        """Load the utility's profile; raises ProfileError."""
        return load_profile(self.profile)

    def store_location(self) -> str:
        """Return the URL of the store's database."""
        if self.store_url is not None:
            return self.store_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'store.db'}"


class GivenSettings(Settings):
    """Settings given in code alone: neither the environment nor a file is looked at."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments only."""
        return (init_settings,)


def _check_names(values: Mapping[str, Any]) -> None:
    """Refuse names inside a section that mean nothing; raises ValueError."""
    for name, section in (*CONNECTORS.items(), ("identity", IdentitySettings)):
        _check_section(name, section, values.get(name))


def _check_section(name: str, section: type, given: object) -> None:
    """Refuse what a section, or a section inside it, does not have."""
    if not isinstance(given, Mapping):
        return
    known = get_type_hints(section)
    if not given.keys() <= known.keys():
        unknown = ", ".join(sorted(given.keys() - known.keys()))
        raise ValueError(f"{name} has no setting {unknown}; it has {', '.join(sorted(known))}")
    for inner, value in given.items():
        for candidate in (known[inner], *get_args(known[inner])):
            if is_dataclass(candidate) and isinstance(candidate, type):
                for each in value if isinstance(value, list | tuple) else [value]:
                    _check_section(f"{name}.{inner}", candidate, each)


def _with_facts(values: Mapping[str, Any], profile: UtilityProfile) -> dict[str, Any]:
    """Fill in what the profile says and a connector's own settings leave out."""
    facts = dict(zip(PROFILE_FACTS, (profile.time_zone, profile.currency, profile.account_number.digits), strict=True))
    filled = dict(values)
    for name, connector in CONNECTORS.items():
        given = values.get(name)
        if isinstance(given, Mapping):
            known = {field.name for field in fields(connector)}
            filled[name] = {**{key: value for key, value in facts.items() if key in known}, **given}
    return filled


def config_file() -> Path | None:
    """Return the TOML file in use, if any."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    return DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None


def publish_config(config: Path | None) -> None:
    """Let processes that this one starts read the same file."""
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config)


def load_settings(config: Path | None = None, **values: Any) -> Settings:  # noqa: ANN401 -- any setting by name
    """Read the settings; raises SettingsError with one line for each value that is wrong."""
    publish_config(config)
    file = config_file()
    if file is not None and not file.is_file():
        raise SettingsError(f"{file}: there is no such file; correct --config or {CONFIG_VARIABLE}")
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError("\n".join(_line(each["loc"], each["msg"]) for each in error.errors())) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not TOML: {error}") from error
    except ProfileError as error:
        raise SettingsError(f"{error}; set {PREFIX}PROFILE") from error


def _line(location: tuple[int | str, ...], message: str) -> str:
    """Write what is wrong with a value, and where to set it; a whole section that is missing names what it needs."""
    name = ".".join(map(str, location))
    if not name:
        return message.removeprefix("Value error, ")
    if name in CONNECTORS:
        needed = [field.name for field in fields(CONNECTORS[name]) if field.default is field.default_factory is MISSING]
        variables = [f"{PREFIX}{name}__{each}".upper() for each in needed if each not in PROFILE_FACTS]
        return f"{name}: {message}; set {', '.join(variables)} or the section [{name}] of the TOML file"
    return f"{name}: {message}; set {PREFIX}{name.upper().replace('.', '__')} or `{name}` in the TOML file"
