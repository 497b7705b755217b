"""Read as much of `docker/compose.yaml` as its own plain style allows: no YAML parser is among the test packages.

Every service starts at two spaces, every key of it at four; a value of several lines is kept as their text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

DOCKER = Path(__file__).parents[2] / "docker"
COMPOSE = (DOCKER / "compose.yaml").read_text("utf-8")
EXAMPLE = (DOCKER / ".env.example").read_text("utf-8")

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<word>[^}]*))?\}")


def variables() -> list[tuple[str, str]]:
    """Give each variable that is put in, with `?` where it must be set, `-` where it has a default, else nothing."""
    return [(found["name"], found["kind"] or "") for found in _VARIABLE.finditer(COMPOSE)]


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Put values in, and defaults where there is none."""
    return _VARIABLE.sub(lambda found: values.get(found["name"], found["word"] or ""), text)


def blocks(text: str, indent: int) -> dict[str, str]:
    """Cut a mapping into its keys and their text; comments and blank lines go."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        starts = re.match(rf" {{{indent}}}([\w<.-]+):(.*)$", line)
        if starts:
            name = starts[1]
            found[name] = [starts[2].strip()]
        elif name:
            found[name].append(line)
    return {key: "\n".join(kept).strip("\n") for key, kept in found.items()}


def services() -> dict[str, dict[str, str]]:
    """Give the services with their keys."""
    return {name: blocks(text, 4) for name, text in blocks(blocks(COMPOSE, 0)["services"], 2).items()}


def example() -> dict[str, str]:
    """Give what `.env.example` sets."""
    return dict(line.split("=", 1) for line in EXAMPLE.splitlines() if "=" in line and not line.startswith("#"))
