"""Nothing is committed that belongs to a developer's machine, to a package registry, or to nobody but its owner."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Written so that no pattern finds itself.
REGISTRIES = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|npmjs|yarnpkg|crates|docker|quay|ghcr|gcr|nuget|rubygems|jfrog|anaconda)"
    r"\.(?:org|com|io|dev|net)\b"
    r"|(?i:artifactor[y]|devp[i]|verdacci[o]|nexus[\w.-]*/repository)"
    r"|/simpl[e]/|--(?:extra-)?index-url[ =]|--find-links[ =]|--trusted-host[ =]|\bindex-url *=|\bregistry *= *http"
)
PLACES = re.compile(
    r"(?<![\w.$}])/(?:home|Users)/[\w.-]+/|(?<![\w.$}])/(?:root|work|workspace|mnt)/[\w.-]+/|\b[A-Z]:\\Users\\\w"
)
KEYS = re.compile(
    r"-{5}BEGIN [A-Z ]*PRIVATE KEY-{5}"
    r"|\"d\" *: *\"[\w-]{43}\""  # of a P-256 or Ed25519 key as JWK
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bglpat-[\w-]{20}\b"
)
GIT = shutil.which("git")


def committed() -> list[Path]:
    """List the files that are committed or would be by `git add`."""
    if GIT is None:
        pytest.skip("git is not installed")
    command = [GIT, "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, check=False)
    if listing.returncode:
        pytest.skip("this is not a git checkout")
    files = {ROOT / name for name in listing.stdout.decode().split("\0") if name}
    return sorted(path for path in files if path.is_file() and not path.is_symlink())


def findings(pattern: re.Pattern[str]) -> list[str]:
    """Give each place in a committed file where the pattern is found; files that are not text hold none."""
    found = []
    for path in committed():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]
    return found


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (REGISTRIES, "https://files.pythonhosted" + ".org/packages/x"),
        (REGISTRIES, "FROM docker" + ".io/library/python"),
        (REGISTRIES, '"resolved": "https://registry.npmjs' + '.org/graphql"'),
        (REGISTRIES, "-" + "-index-url https://example.org"),
        (REGISTRIES, "https://packages.example.org/si" + "mple/httpx"),
        (PLACES, "open('/ho" + "me/somebody/gridgate/x')"),
        (PLACES, "C:" + r"\Users" + r"\somebody"),
        (KEYS, "-----BEGIN EC PRIVATE " + "KEY-----"),
        (KEYS, '{"kty": "EC", "d": "' + "a" * 43 + '"}'),
    ],
)
def test_pattern_finds_what_it_is_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_no_package_registry_is_named() -> None:
    assert findings(REGISTRIES) == []


def test_no_path_of_a_developers_machine_is_named() -> None:
    here = [re.escape(f"{place}/") for place in (ROOT, Path.home()) if len(place.parts) > 2]  # more than /app

    assert findings(PLACES) == []
    assert not here or findings(re.compile("|".join(here))) == []


def test_no_private_key_is_committed() -> None:
    assert findings(KEYS) == []
