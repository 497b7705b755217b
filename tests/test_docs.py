"""The documents tell the story of the code."""

import re
from pathlib import Path
from typing import Final

import pytest

from schema.errors import ErrorCode
from schema.refusals import RefusalCode

ROOT: Final = Path(__file__).parents[1]


def documented(heading: str) -> list[str]:
    text = (ROOT / "docs" / "errors.md").read_text("utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([A-Z_]+)` \|", section, flags=re.MULTILINE)


def test_every_error_code_is_documented_once() -> None:
    assert sorted(documented("Errors")) == sorted(ErrorCode)


def test_every_refusal_code_is_documented_once() -> None:
    assert sorted(documented("Refusals")) == sorted(code.value for code in RefusalCode)


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem)
def test_what_a_decision_is_enforced_by_exists(path: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", path.read_text("utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_readme_names_every_room() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rooms = [
        "gateway/",
        "resolvers/",
        "auth/",
        "connectors/",
        "schema/",
        "sandbox/",
        "tests/",
        "benchmarks/",
        "docker/",
    ]
    assert [room for room in rooms if f"`{room}`" not in readme] == []
