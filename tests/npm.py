"""Programs from npm that tests start: installed into a folder of the run, skipped with the reason where that fails."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

INSTALL_S: Final = 120

_FLAGS: Final = ("--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", "--loglevel=error")


def node() -> str:
    """Return node's path, or skip."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on PATH")
    return found


def laid_beside(script: Path, folder: Path, *packages: str) -> Path:
    """Install packages into a folder and lay a script beside them, so that it can import them."""
    node()
    npm = shutil.which("npm") or "npm"
    try:
        subprocess.run(
            [npm, "install", f"--prefix={folder}", *_FLAGS, *packages],
            check=True,
            capture_output=True,
            timeout=INSTALL_S,
        )
    except subprocess.CalledProcessError as error:
        pytest.skip(f"npm cannot install {packages[0]}: {error.stderr.decode().strip().splitlines()[0]}")
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {packages[0]} within {INSTALL_S} s")
    return Path(shutil.copy(script, folder))
