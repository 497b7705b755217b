"""Utility profiles: the two that ship, and any file of the same shape."""

import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from schema.places import Places, read_places
from schema.profile import UtilityProfile

SHIPPED: Final = ("ua-kharkiv", "uz-het")
"""The profiles that ship; any other is given as the path of a TOML file."""

TABLES_OF_PLACES: Final = ("kharkiv-oblast", "uzbekistan")
"""The tables of places that ship; any other is given as the path of a file, from the profile's folder."""


class ProfileError(Exception):
    """A profile cannot be used; the text says what is wrong, where, and how to mend it."""


def load_profile(name_or_path: str) -> UtilityProfile:
    """Load a shipped profile by name or any other by the path of its TOML file; raises ProfileError."""
    try:
        values = tomllib.loads(_read(name_or_path))
        unknown = values.keys() - {field.name for field in fields(UtilityProfile)}
        if unknown:
            raise ProfileError(f"profile {name_or_path}: {', '.join(sorted(unknown))}: no such setting")
        if "places" in values:
            values["places"] = _load_places(str(values["places"]), name_or_path)
        return TypeAdapter(UtilityProfile).validate_python(values)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"profile {name_or_path}: not TOML: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ProfileError(f"profile {name_or_path}: {wrong}; compare gateway/utilities/ua-kharkiv.toml") from error


def _read(name_or_path: str) -> str:
    if name_or_path in SHIPPED:
        return files("gateway").joinpath("utilities", f"{name_or_path}.toml").read_text("utf-8")
    try:
        return Path(name_or_path).read_text("utf-8")
    except OSError as error:
        raise ProfileError(
            f"profile {name_or_path}: {error.strerror}; name one of {', '.join(SHIPPED)} or the path of a TOML file"
        ) from error


def _load_places(name_or_path: str, profile: str) -> Places:
    try:
        if name_or_path in TABLES_OF_PLACES:
            table = files("gateway").joinpath("utilities", "places", f"{name_or_path}.csv").read_text("utf-8")
        else:
            table = Path(profile).parent.joinpath(name_or_path).read_text("utf-8")
        return read_places(table)
    except OSError as error:
        raise ProfileError(
            f"profile {profile}: places {name_or_path}: {error.strerror}; name one of {', '.join(TABLES_OF_PLACES)} "
            "or the path of a table, from the profile's folder"
        ) from error
    except ValueError as error:
        raise ProfileError(
            f"profile {profile}: places {name_or_path}: {error}; compare gateway/utilities/places/kharkiv-oblast.csv"
        ) from error
