"""The command line: `gridgate demo`, `serve`, `sandbox`, `schema`, `migrate` and `doctor`."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gateway.partners import keys, partners
from schema.systems import System

app = typer.Typer(
    help="Gridgate: one GraphQL schema over a utility's billing, distribution and supply systems.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(partners, name="partners")
app.add_typer(keys, name="keys")

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="TOML file with settings; else $GRIDGATE_CONFIG, else ./gridgate.toml if it exists."),
]


@app.command()
def demo(  # noqa: PLR0913, PLR0917 -- each is an option
    profile: Annotated[
        str, typer.Option(help="Utility profile: ua-kharkiv, uz-het, or the path of a file.")
    ] = "ua-kharkiv",
    port: Port = 8000,
    accounts: Annotated[int, typer.Option(min=61, help="Accounts in the simulated utility.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same utility.")] = 1,
    data_dir: Annotated[Path, typer.Option(help="Where the demo keeps its database and writes demo.json.")] = Path(
        ".gridgate/demo"
    ),
    public_host: Annotated[
        str,
        typer.Option(help="The host in addresses. Passkeys need a name (localhost); OneID wants anything but that."),
    ] = "127.0.0.1",
) -> None:
    """Run a simulated utility and the gateway in front of it, until Ctrl-C.

    Everything listens on loopback. Once it answers, DIR/demo.json holds the addresses and four customers: with no
    account, with 1, with 10 and with 50 linked accounts.
    """
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 -- keeps --help fast

    from gateway.demo import Demo, DemoError  # noqa: PLC0415 -- same

    chosen = Demo(profile=profile, port=port, accounts=accounts, seed=seed, data_dir=data_dir, public_host=public_host)
    try:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(chosen.run())
    except DemoError as error:
        _fail(str(error))


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes; they share nothing but the database.")] = 1,
    config: Config = None,
) -> None:
    """Serve the gateway in front of a real utility, as the settings say.

    Settings come from the environment (GRIDGATE_...) and a TOML file; `gridgate doctor` checks them.
    """
    import uvicorn  # noqa: PLC0415 -- keeps --help fast

    from gateway.settings import load_settings, publish_config  # noqa: PLC0415 -- same

    with _settings_errors():
        load_settings(config)
    publish_config(config)
    uvicorn.run(
        "gateway.app:create_app_from_settings", factory=True, host=host, port=port, workers=workers, log_config=None
    )


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def sandbox(context: typer.Context) -> None:
    """Run the simulated utility alone; `gridgate sandbox --help` lists its options."""
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *context.args])  # noqa: S606 -- our own interpreter


@app.command()
def schema(
    systems: Annotated[
        list[System] | None,
        typer.Option(
            "--system", help="Only the subgraph of this system; may be repeated. The whole house where left out."
        ),
    ] = None,
) -> None:
    """Print the schema (SDL with federation directives)."""
    from resolvers.graph import WHOLE_HOUSE, Graph  # noqa: PLC0415 -- keeps --help fast

    typer.echo(Graph(systems or WHOLE_HOUSE, []).as_str())


@app.command()
def migrate(config: Config = None) -> None:
    """Bring the gateway's own database to the newest revision; safe to run twice or from two places at once."""
    from gateway.doors import StartError, migrate_store  # noqa: PLC0415 -- same
    from gateway.settings import load_settings  # noqa: PLC0415 -- keeps --help fast

    with _settings_errors():
        settings = load_settings(config)
    try:
        revision = asyncio.run(migrate_store(settings))
    except StartError as error:
        _fail(str(error))
    typer.echo(f"the store is at revision {revision}")


@app.command()
def doctor(
    account: Annotated[
        str | None,
        typer.Option(help="The number of a real account: lets each system show its data in a contract check."),
    ] = None,
    config: Config = None,
) -> None:
    """Check the settings, the database and every legacy system by a live contract check; one line per finding."""
    from gateway.doctor import examine  # noqa: PLC0415 -- keeps --help fast
    from gateway.settings import load_settings  # noqa: PLC0415 -- same

    with _settings_errors():
        settings = load_settings(config)
    findings = asyncio.run(examine(settings, account))
    for finding in findings:
        typer.echo(finding.line())
    raise typer.Exit(0 if all(finding.healthy for finding in findings) else 1)


@contextmanager
def _settings_errors() -> Iterator[None]:
    """Say in one place what is wrong with the settings, and stop."""
    from gateway.settings import SettingsError  # noqa: PLC0415 -- keeps --help fast

    try:
        yield
    except SettingsError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(2)
