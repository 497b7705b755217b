"""Office: what the command line of clients runs in: the store of the settings. Mistakes are said in a line."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from auth.server.partners import Partners
    from connectors.store.audit import AuditRows
    from gateway.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Office:
    """Where clients are looked after."""

    partners: "Partners"
    audit: "AuditRows"


def run(config: Path | None, work: Callable[[Office], Awaitable[T]]) -> T:
    """Do something in the office; what cannot be done is said in a line, and the command ends with 2."""
    from auth.server.registration import RegistrationRefused  # noqa: PLC0415 -- keeps --help fast
    from gateway.doors import StartError  # noqa: PLC0415 -- same

    settings = settings_of(config)
    try:
        return asyncio.run(_work(settings, work))
    except (RegistrationRefused, StartError) as error:
        fail(str(error))


async def _work(settings: "Settings", work: Callable[[Office], Awaitable[T]]) -> T:
    from auth.audit import Audit  # noqa: PLC0415 -- keeps --help fast
    from auth.revocations import Revocations  # noqa: PLC0415 -- same
    from auth.server.partners import Partners  # noqa: PLC0415 -- same
    from connectors.store.audit import AuditRows  # noqa: PLC0415 -- same
    from connectors.store.clients import ClientRows  # noqa: PLC0415 -- same
    from connectors.store.revocations import RevocationRows  # noqa: PLC0415 -- same
    from gateway.doors import opened_store  # noqa: PLC0415 -- same

    async with opened_store(settings) as store:
        rows, revocations = AuditRows(store), Revocations(RevocationRows(store), _now)
        return await work(Office(Partners(ClientRows(store), revocations, Audit(rows, _now), _now), rows))


def settings_of(config: Path | None) -> "Settings":
    """Read the settings, or say what is wrong with them and stop."""
    from gateway.settings import SettingsError, load_settings  # noqa: PLC0415 -- keeps --help fast

    try:
        return load_settings(config)
    except SettingsError as error:
        fail(str(error))


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object from a file, or say why that cannot be done and stop."""
    try:
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{file} cannot be read as JSON: {error}")
    return read if isinstance(read, dict) else {}


def _now() -> datetime:
    return datetime.now(UTC)


def fail(message: str) -> NoReturn:
    """Say what is wrong, and stop with 2."""
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(2)
