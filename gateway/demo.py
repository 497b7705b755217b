"""Demo: a simulated utility in a process of its own, the gateway in front of it, and four customers to try it with.

DemoError   the demo cannot run here; says what and how to mend it
"""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import uvicorn
from rich.console import Console
from rich.table import Table

from gateway.app import GRAPHQL_PATH, create_app
from gateway.demo_identity import identity_settings, tell_operator
from gateway.demo_users import DemoUser, front_door
from gateway.logs import configure_logs
from gateway.profiles import ProfileError
from gateway.settings import GivenSettings, Settings

HOST: Final = "127.0.0.1"
HOLDERS: Final = {"none": 0, "one": 1, "ten": 10, "fifty": 50}
SANDBOX_START_S: Final = 60


class DemoError(Exception):
    """The demo cannot run here; the text says what is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class DemoAddresses:
    """Where everything is; the first keys of demo.json."""

    graphql_url: str
    websocket_url: str
    graphiql_url: str
    sign_in_url: str
    control_url: str
    phones_url: str
    signatures_url: str

    @classmethod
    def at(cls, address: str, announced: Mapping[str, Any]) -> Self:
        """Return the addresses of a gateway at a public address, and of what the sandbox announced."""
        return cls(
            graphql_url=f"{address}{GRAPHQL_PATH}",
            websocket_url=f"{address.replace('http', 'ws', 1)}{GRAPHQL_PATH}",
            graphiql_url=f"{address}/graphiql",
            sign_in_url=f"{address}/sign-in?return_to=/security",
            control_url=announced["control_url"],
            phones_url=announced["identity"]["sms"]["url"],
            signatures_url=f"{announced['identity']['e_imzo']['url']}/phone",
        )


class ToldServer(uvicorn.Server):
    """uvicorn's server, which tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start and tell."""
        await super().startup(sockets)
        self.up.set()


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo with its options; `run` lasts until Ctrl-C."""

    profile: str
    port: int
    accounts: int
    seed: int
    data_dir: Path
    public_host: str = HOST
    console: Console = Console()  # noqa: RUF009 -- stateless

    async def run(self) -> None:
        """Start the sandbox, then the gateway, then register the customers; stop all of it together."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "demo.json").unlink(missing_ok=True)  # an earlier demo's: whoever waits for it waits for ours
        with _listen(self.port) as listener:
            async with self._sandbox() as (sandbox, announced):
                settings = self._settings(announced, listener.getsockname()[1])
                configure_logs(settings.log_format)
                await self._serve(settings, listener, sandbox, announced)

    async def _serve(
        self, settings: Settings, listener: socket.socket, sandbox: Process, announced: Mapping[str, Any]
    ) -> None:
        server = ToldServer(uvicorn.Config(create_app(settings), log_config=None, timeout_graceful_shutdown=3))
        serving = asyncio.create_task(_serve(server, listener))
        sandbox_ended = asyncio.create_task(sandbox.wait())
        try:
            await self._introduce(server, serving, settings, DemoAddresses.at(settings.issuer, announced))
            await asyncio.wait({serving, sandbox_ended}, return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                raise DemoError("the simulated utility has stopped; its messages are above")
        finally:
            server.should_exit = True
            sandbox_ended.cancel()
            await serving

    async def _introduce(
        self, server: ToldServer, serving: asyncio.Task[None], settings: Settings, addresses: DemoAddresses
    ) -> None:
        """Register the customers through the front door, then tell where everything is."""
        up = asyncio.create_task(server.up.wait())
        await asyncio.wait({up, serving}, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            await serving
        async with front_door(addresses.graphql_url, addresses.control_url) as door:
            users = [await door.settle(name, size) for name, size in HOLDERS.items()]
            await tell_operator(door.transport, addresses.phones_url, settings)
        _write_private(self.data_dir / "demo.json", {**asdict(addresses), "users": [asdict(user) for user in users]})
        self._greet(addresses, users)

    @asynccontextmanager
    async def _sandbox(self) -> AsyncIterator[tuple[Process, dict[str, Any]]]:
        """Start the sandbox, wait for its announcement and note it in sandbox.json.

        It ends when our end of its input closes, so it never outlives us.
        """
        options = {"profile": self.profile, "accounts": self.accounts, "seed": self.seed, "data-dir": self.data_dir}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sandbox", *arguments, "--until-stdin-closes", stdin=PIPE, stdout=PIPE
        )
        try:
            announced = await _announcement(process)
            _write_private(self.data_dir / "sandbox.json", announced)
            yield process, announced
        finally:
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()

    def _settings(self, announced: Mapping[str, Any], port: int) -> Settings:
        distribution = announced["distribution"]
        given: dict[str, Any] = {
            "profile": self.profile,
            "data_dir": self.data_dir.absolute() / f"{Path(self.profile).stem}-{self.accounts}-{self.seed}",
            "issuer": f"http://{self.public_host}:{port}",
            "log_format": "console",
            "billing": {"base_url": announced["billing"]["url"], "api_key": announced["billing"]["api_key"]},
            "distribution": {
                "endpoint": distribution["url"],
                "user": distribution["user"],
                "password": distribution["password"],
            },
            "supply": {"url": announced["supply"]["url"]},
            "identity": identity_settings(announced["identity"]),
        }
        _write_text_privately(self.data_dir / "gridgate.toml", as_toml(given))
        try:
            return GivenSettings(**given)
        except (ProfileError, ValueError) as error:
            raise DemoError(f"the profile {self.profile} cannot be used: {error}") from error

    def _greet(self, addresses: DemoAddresses, users: list[DemoUser]) -> None:
        table = Table(title="Gridgate answers. Everything here is simulated. Ctrl-C ends it.", title_justify="left")
        table.add_column("What")
        table.add_column("Where", overflow="fold")
        for name, url in asdict(addresses).items():
            table.add_row(name.replace("_url", ""), url)
        for user in users:
            plural = "account" if len(user.accounts) == 1 else "accounts"
            table.add_row(f"customer with {len(user.accounts)} {plural}", f"{user.login} / {user.password}")
        table.add_row("all of this, for scripts", str(self.data_dir / "demo.json"))
        self.console.print(table)


async def _announcement(process: Process) -> dict[str, Any]:
    if process.stdout is None:
        raise DemoError("the simulated utility has no standard output")
    try:
        async with asyncio.timeout(SANDBOX_START_S):
            line = await process.stdout.readline()
    except TimeoutError as error:
        raise DemoError(f"the simulated utility did not answer within {SANDBOX_START_S} seconds") from error
    if not line:
        raise DemoError("the simulated utility could not start; its messages are above")
    announced: dict[str, Any] = json.loads(line)
    return announced


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    try:
        await server.serve(sockets=[listener])
    except SystemExit as error:  # uvicorn's way to say that the application could not start
        raise DemoError("the gateway could not start; its messages are above") from error


def _listen(port: int) -> socket.socket:
    # Without the protocol spelled out, asyncio leaves Nagle's algorithm on: 40 ms for each answer on a kept connection.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno or 0)
        raise DemoError(f"port {port} cannot be used ({reason}); choose another with --port") from error
    return listener


def as_toml(settings: Mapping[str, Any], *path: str) -> str:
    """Write settings as TOML, a line for each; `gridgate partners` and `doctor` read them by `--config`."""
    lines = []
    for name, value in settings.items():
        if isinstance(value, Mapping):
            lines.append(as_toml(value, *path, name))
        else:
            key = ".".join(json.dumps(part) for part in (*path, name))
            lines.append(f"{key} = {json.dumps(str(value))}\n")
    return "".join(lines)


def _write_private(path: Path, value: Mapping[str, object]) -> None:
    _write_text_privately(path, json.dumps(value, indent=2))


def _write_text_privately(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_suffix(".part")
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(path)
