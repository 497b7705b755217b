"""The command line of those who look after clients: `gridgate partners ...` and `gridgate keys rotate`."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.office import fail, read_json, run, settings_of
from schema.scopes import Scope

if TYPE_CHECKING:
    from auth.server.partners import Registered
    from connectors.store.audit import AuditRow
    from connectors.store.clients import ClientRow

partners = typer.Typer(
    help="Register the applications that may ask for tokens, and look after them.",
    no_args_is_help=True,
    add_completion=False,
)
keys = typer.Typer(help="Look after the keys that sign access tokens.", no_args_is_help=True, add_completion=False)

Config = Annotated[
    Path | None,
    typer.Option("--config", help="TOML file with settings; else $GRIDGATE_CONFIG, else ./gridgate.toml if it exists."),
]
ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The client's id, as `partners list` shows it.")]
Jwks = Annotated[
    Path | None,
    typer.Option("--jwks", help="File with the client's public keys, a JWK set: EC P-256, RSA or Ed25519."),
]


class ClientKind(StrEnum):
    """What a client is."""

    APP = "app"
    PARTNER = "partner"
    DEVICE = "device"


@partners.command()
def register(  # noqa: PLR0913 -- the options of a command line
    name: Annotated[str, typer.Argument(help="The name that customers read when they are asked.")],
    kind: Annotated[
        ClientKind,
        typer.Option(
            help="app: acts for customers who allow it. partner: acts on its own. device: a kiosk that shows a code."
        ),
    ],
    *,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            help="Where an app's browser comes back to, exactly; may be repeated. https, http://127.0.0.1 (any port), "
            "or a scheme of its own with a dot in it."
        ),
    ] = None,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may ask for; may be repeated. All that its kind may have where left out."),
    ] = None,
    jwks: Jwks = None,
    secret: Annotated[bool, typer.Option("--secret", help="An app on a server: give it a secret.")] = False,
    first_party: Annotated[
        bool, typer.Option("--first-party", help="The utility's own: customers are not asked for consent.")
    ] = False,
    requires_dpop: Annotated[
        bool, typer.Option("--requires-dpop", help="Give it no token that is not bound to a key of its own (DPoP).")
    ] = False,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="How often it may ask.")] = None,
    config: Config = None,
) -> None:
    """Register a client. A secret, where it gets one, is shown this once.

    Partners prove themselves by a key (--jwks, which is better) or by a secret of ours. Apps and devices in people's
    hands can keep neither, and prove by PKCE that they finish what they began.
    """
    from auth.server.registration import Registration  # noqa: PLC0415 -- keeps --help fast

    asked = Registration(
        name=name,
        kind=kind.value,
        redirect_uris=tuple(redirect_uri or ()),
        scopes=tuple(scope or ()),
        jwks=read_json(jwks) if jwks is not None else None,
        is_confidential=secret,
        is_first_party=first_party,
        requires_dpop=requires_dpop,
        requests_per_minute=requests_per_minute,
    )
    _show_registered(run(config, lambda office: office.partners.register(asked)))


@partners.command("list")
def list_clients(config: Config = None) -> None:
    """List every client, the one registered first at the top."""
    for client in run(config, lambda office: office.partners.rows.all()):
        typer.echo(_line(client))


@partners.command()
def rotate(
    client_id: ClientId,
    jwks: Jwks = None,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=720, help="How long the secret before stays good beside the new one.")
    ] = 24,
    config: Config = None,
) -> None:
    """Give a client a new secret, shown this once, or new keys (--jwks), which end its secrets and earlier keys."""
    if jwks is not None:
        new_keys = read_json(jwks)
        run(config, lambda office: office.partners.replace_keys(client_id, new_keys))
        typer.echo(f"{client_id} proves itself by the new keys from now on")
        return
    overlap = timedelta(hours=overlap_hours)
    _show_registered(run(config, lambda office: office.partners.rotate_secret(client_id, overlap)))


@partners.command()
def disable(client_id: ClientId, config: Config = None) -> None:
    """Turn a client away, with every access token that it holds, until it is enabled again."""
    run(config, lambda office: office.partners.disable(client_id))
    typer.echo(f"{client_id} is disabled")


@partners.command()
def enable(client_id: ClientId, config: Config = None) -> None:
    """Let a client in again."""
    run(config, lambda office: office.partners.enable(client_id))
    typer.echo(f"{client_id} is enabled")


@partners.command()
def limit(
    client_id: ClientId,
    requests_per_minute: Annotated[int, typer.Argument(min=0, help="Requests a minute; 0 lifts the limit.")],
    config: Config = None,
) -> None:
    """Limit how often a client that proves itself may ask."""
    run(config, lambda office: office.partners.limit(client_id, requests_per_minute or None))
    typer.echo(f"{client_id} may make {requests_per_minute or 'any number of'} requests a minute")


@partners.command()
def audit(
    client_id: ClientId,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many events to show.")] = 50,
    config: Config = None,
) -> None:
    """Show what a client did and what was done about it, the newest first: when, what, whose account, from where."""
    for row in run(config, lambda office: office.audit.of_client(client_id, last)):
        typer.echo(_audit_line(row))


@keys.command("rotate")
def rotate_keys(
    *,
    leaked: Annotated[
        bool, typer.Option("--leaked", help="Throw all keys away: every token issued so far is refused.")
    ] = False,
    config: Config = None,
) -> None:
    """Sign access tokens by the next key; tokens by the one before stay good until they expire."""
    from auth.keys import UnusableKeyFile, open_keys  # noqa: PLC0415 -- keeps --help fast

    settings = settings_of(config)
    try:
        ring = open_keys(settings.data_dir / "signing-keys.json")
        ring.rotate(leaked=leaked)
    except (UnusableKeyFile, OSError) as error:
        fail(str(error))
    typer.echo(f"key {ring.signing_key.kid} signs from now on; every process follows within a second")


def _show_registered(registered: "Registered") -> None:
    typer.echo(f"client_id      {registered.client.client_id}")
    if registered.secret is not None:
        typer.echo(f"client_secret  {registered.secret}")
        typer.echo("The secret is shown this once and kept nowhere: hand it over now.", err=True)


def _line(client: "ClientRow") -> str:
    facts = [
        client.client_id,
        client.name,
        client.kind + (", first party" if client.is_first_party else ""),
        client.authentication_method + (", DPoP" if client.requires_dpop else ""),
        f"{client.requests_per_minute} a minute" if client.requests_per_minute else "no limit",
        "disabled" if client.disabled_at else "enabled",
        " ".join(client.scopes),
    ]
    return "  ".join(facts)


def _audit_line(row: "AuditRow") -> str:
    facts = [row.at.isoformat(timespec="seconds"), row.kind, row.detail, row.subject, row.account_number, row.network]
    return "  ".join(fact or "-" for fact in facts)
