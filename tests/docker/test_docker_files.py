"""The image's recipe, the versions it installs, and the values it is run with."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.docker.compose import DOCKER

ROOT = DOCKER.parent
RECIPE = (DOCKER / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
INSTRUCTIONS = [line.split(maxsplit=1) for line in RECIPE.splitlines() if line.strip() and not line.startswith("#")]
CONSTRAINTS = (DOCKER / "constraints.txt").read_text("utf-8").splitlines()


def of(kind: str, instructions: list[list[str]] = INSTRUCTIONS) -> list[str]:
    return [arguments for name, arguments in instructions if name == kind]


def final_stage() -> list[list[str]]:
    last = max(index for index, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM")
    return INSTRUCTIONS[last:]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def let_in(path: str) -> bool:
    """Tell whether the ignore file, which begins by refusing everything, lets a path into the build."""
    rules = (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    return any(rule.startswith("!") and fnmatch(path, rule[1:]) for rule in rules)


def test_base_images_are_named_by_an_exact_tag() -> None:
    assert [image.split()[0] for image in of("FROM")] == ["python:3.11-slim-bookworm"] * 2


def test_image_runs_without_root() -> None:
    users = of("USER", final_stage())

    assert users == ["10001:10001"]
    assert [name for name, _ in final_stage()].index("USER") < [name for name, _ in final_stage()].index("ENTRYPOINT")


def test_final_stage_installs_nothing_and_keeps_no_installer() -> None:
    (run,) = of("RUN", final_stage())

    assert "pip uninstall" in run
    assert not re.search(r"apt|apk|curl|wget|pip install", run)


def test_image_serves_by_default_and_asks_itself_without_a_shell() -> None:
    (check,) = of("HEALTHCHECK", final_stage())

    assert of("ENTRYPOINT", final_stage()) == ['["/opt/venv/bin/gridgate"]']
    assert of("CMD", final_stage()) == ['["serve", "--host", "0.0.0.0"]']
    assert '["/opt/venv/bin/python", "-c"' in check
    assert "/health/ready" in check


def test_every_copied_file_exists_and_enters_the_build() -> None:
    copied = [path for arguments in of("COPY") if "--from" not in arguments for path in arguments.split()[:-1]]

    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert [path for path in copied if path != "." and not let_in(path)] == []


def test_everything_the_wheel_is_made_of_enters_the_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    operations = [str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "operations").iterdir()]
    needed = ["pyproject.toml", "README.md", *project["project"]["license-files"], *wheel["packages"], *operations]

    assert wheel["force-include"] == {"docs/operations": "gateway/examples"}
    assert [path for path in needed if not let_in(path)] == []


def test_ignore_file_names_nothing_that_is_not_there() -> None:
    rules = (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()

    assert [rule for rule in rules if rule.startswith("!") and not any(ROOT.glob(rule[1:]))] == []


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_constraint_is_one_exact_version_from_anywhere(line: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+( ; [A-Za-z0-9_ .'<>=!()]+)?", line)


def test_everything_declared_has_a_constraint() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {plain(re.split(r"[\[<>=;~! ]", requirement, maxsplit=1)[0]) for requirement in declared}

    assert names - {plain(line.split("==")[0]) for line in CONSTRAINTS} == set()


def test_readme_names_every_file_here() -> None:
    named = set(re.findall(r"^\| `([^`]+)` \|", (DOCKER / "README.md").read_text("utf-8"), re.MULTILINE))
    own = {"README.md", ".gitignore", "Dockerfile.dockerignore", ".env"}

    assert named == {path.name for path in DOCKER.iterdir()} - own


def test_filled_in_values_are_never_committed() -> None:
    assert Path(DOCKER / ".gitignore").read_text("utf-8").split() == [".env"]
