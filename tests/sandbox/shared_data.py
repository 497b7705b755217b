"""Where the test input lies that is not part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_data(*parts: str) -> Path:
    """Find a file or folder of `shared/data` beside the repository, or skip the test and say why."""
    given = os.environ.get("GRIDGATE_SHARED_DATA")
    folders = [Path(given)] if given else [parent / "shared" / "data" for parent in Path(__file__).parents]
    for folder in folders:
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    pytest.skip(f"test input {'/'.join(parts)} is absent: no shared/data beside the repository")
