"""Utility profiles: the two that ship, and any file of the same shape."""

import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from schema.profile import UtilityProfile

SHIPPED: Final = ("ua-kharkiv", "uz-het")
"""The profiles that ship; any other is given as the path of a TOML file."""


class ProfileError(Exception):
    """A profile cannot be used; the text says what is wrong, where, and how to mend it."""


def load_profile(name_or_path: str) -> UtilityProfile:
    """Load a shipped profile by name or any other by the path of its TOML file; raises ProfileError."""
    try:
        values = tomllib.loads(_read(name_or_path))
        unknown = values.keys() - {field.name for field in fields(UtilityProfile)}
        if unknown:
            raise ProfileError(f"profile {name_or_path}: {', '.join(sorted(unknown))}: no such setting")
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
