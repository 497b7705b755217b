"""Assets: the files that pages load, served from the package under addresses that change with what is in them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

# Spelled out because a browser runs a script only under its right type (nosniff) and the system's own table may differ.
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of one folder; `versions` maps each name to the start of its SHA-256."""

    address: str
    versions: Mapping[str, str]
    files: StaticFiles

    @classmethod
    def of(cls, folder: Path, address: str) -> Self:
        """Serve a folder's files under an address without a slash at its end; raises OSError without a folder."""
        files = [file for file in folder.iterdir() if file.suffix in _MEDIA_TYPES]
        versions = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files}
        return cls(address, versions, StaticFiles(directory=folder))

    def link(self, name: str) -> str:
        """Return the address of a file as it is now; raises KeyError where there is none."""
        return f"{self.address}/{name}?v={self.versions[name]}"

    async def answer(self, request: Request) -> Response:
        """Serve the file that the path parameter `name` names."""
        name = request.path_params["name"]
        if name not in self.versions:
            raise HTTPException(404)
        response = await self.files.get_response(name, request.scope)
        unchanging = request.query_params.get("v") == self.versions[name]
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if unchanging else "no-cache"
        if "content-type" in response.headers:  # a 304 has none
            response.headers["content-type"] = _MEDIA_TYPES[Path(name).suffix]
        return response
