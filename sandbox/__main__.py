"""`python -m sandbox`: one process, a listener for each legacy system and one for control."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import tempfile
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from sandbox.clock import Clock
from sandbox.disturbance import QuietTruncation
from sandbox.run import Options, run
from sandbox.utilities import UTILITIES
from sandbox.world import FEWEST_ACCOUNTS, World

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
Profile = StrEnum("Profile", {name: name for name in UTILITIES})  # type: ignore[misc] # the names are data
_USUAL = Profile("ua-kharkiv")
_Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.", show_default=True)]


@app.command()
def sandbox(  # noqa: PLR0913 - every option of the command line
    *,
    profile: Annotated[Profile, typer.Option(help="Which utility to play.")] = _USUAL,
    accounts: Annotated[
        int, typer.Option(min=FEWEST_ACCOUNTS, help="How many accounts; a million start as fast as sixty-one.")
    ] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people, meters and money.")] = 1,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the supply system keeps its file; a temporary directory by default.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    control_port: _Port = 0,
    billing_port: _Port = 0,
    distribution_port: _Port = 0,
    supply_port: _Port = 0,
    supply_url: Annotated[
        str | None,
        typer.Option(
            envvar="SANDBOX_SUPPLY_URL",
            help="postgresql://... of a real PostgreSQL that gets the supply system's tables instead.",
        ),
    ] = None,
    clock_speed: Annotated[
        float, typer.Option(min=0, help="World seconds per second: 86400 is a day per second, 0 stands still.")
    ] = 1.0,
    clock_start: Annotated[
        datetime | None, typer.Option(help="When the world begins (the utility's local time); now by default.")
    ] = None,
    green_button: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="Load every Green Button feed here into the meters of holders of ten."
        ),
    ] = None,
    until_stdin_closes: Annotated[
        bool,
        typer.Option("--until-stdin-closes", help="End when stdin ends, so that the sandbox dies with its parent."),
    ] = False,
) -> None:
    """Play a small electricity utility on loopback: billing (REST), distribution (SOAP) and supply (PostgreSQL).

    When every listener answers, **one line of JSON** goes to stdout with addresses and credentials; logs go to stderr.
    Credentials are new at each start unless SANDBOX_API_KEY, SANDBOX_SOAP_USER, SANDBOX_SOAP_PASSWORD or
    SANDBOX_SUPPLY_PASSWORD are set. Nothing is stored: what an account has is computed from its number.

    The control endpoint makes things happen: `GET /health /calls /faults /faults/known /holders`,
    `PUT /faults/{system}`, `POST /payments /readings /outages /greenbutton /clock`.

    It ends on SIGTERM and SIGINT.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="sandbox: %(levelname)s %(message)s")
    logging.getLogger("uvicorn.error").addFilter(QuietTruncation())
    start = clock_start.replace(tzinfo=UTILITIES[profile].zone) if clock_start else None
    world = World(profile, accounts=accounts, seed=seed, clock=Clock(start, speed=clock_speed))
    gc.freeze()  # what was imported lives as long as the process
    gc.set_threshold(50_000, 20, 20)  # histories are trees without cycles: look for garbage less often
    with tempfile.TemporaryDirectory(prefix="sandbox-") as temporary:
        options = Options(
            host=host,
            control_port=control_port,
            billing_port=billing_port,
            distribution_port=distribution_port,
            supply_port=supply_port,
            supply_url=supply_url,
            data_dir=data_dir or Path(temporary),
            green_button=green_button,
            until_stdin_closes=until_stdin_closes,
        )
        try:
            asyncio.run(run(world, options))
        except (OSError, asyncpg.PostgresError) as error:
            typer.echo(f"The sandbox could not start: {error}", err=True)
            raise typer.Exit(1) from error


if __name__ == "__main__":
    app()
