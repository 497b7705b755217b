"""Applications in front of a running demo: registered by the command line, let in by customers at their browsers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # Authlib ships no types
from joserfc.jwk import ECKey, Key
from typer.testing import CliRunner

from gateway.cli import app
from tests.demo_process import DemoProcess
from tests.gateway.reader import Answer, Visitor

BACK: Final = "https://kettle.example/back"
"""Where the browser comes back to; nobody listens there, for the tests take the address from the page."""
VERIFIER: Final = "a-verifier-of-forty-three-characters-or-more"

_CHALLENGE: Final[str] = create_s256_code_challenge(VERIFIER)


@dataclass(frozen=True, slots=True)
class Application:
    """A registered client by its name and id, with the secret or the private key that it proves itself by."""

    name: str
    client_id: str
    secret: str | None = field(default=None, repr=False)
    key: Key | None = field(default=None, repr=False)


def issuer(demo: DemoProcess) -> str:
    """Return the gateway's public address."""
    url: str = demo.facts["graphql_url"]
    return url.removesuffix("/graphql")


def partners(demo: DemoProcess, *arguments: str) -> str:
    """Run a command of `gridgate partners` on the demo's store, and return what it says."""
    settings = {"GRIDGATE_CONFIG": str(demo.data_dir / "gridgate.toml"), "COLUMNS": "200"}
    result = CliRunner().invoke(app, ["partners", *arguments], env=settings, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def registered(demo: DemoProcess, name: str, *options: str, key: Key | None = None) -> Application:
    """Register a client; with a key, its public half is what the client proves itself by."""
    with_key = () if key is None else ("--jwks", str(_write_jwks(demo, key)))
    lines = partners(demo, "register", name, *options, *with_key).splitlines()
    shown = dict(line.split() for line in lines)
    return Application(name, shown["client_id"], shown.get("client_secret"), key)


def app_of_others(demo: DemoProcess, name: str, *scopes: str, options: Sequence[str] = ()) -> Application:
    """Register somebody else's application, which customers let in at BACK."""
    asked = [f"--scope={scope}" for scope in scopes]
    return registered(demo, name, "--kind=app", f"--redirect-uri={BACK}", *asked, *options)


def visitor_of(demo: DemoProcess) -> Visitor:
    """Open a browser at which nobody has signed in."""
    return Visitor(urlsplit(issuer(demo)).netloc)


def customer(demo: DemoProcess, accounts: int) -> Visitor:
    """Sign the customer with so many accounts in at a browser of their own."""
    user, visitor = demo.user(accounts), visitor_of(demo)
    assert visitor.sign_in(user["login"], user["password"]).status == 303
    return visitor


def asking(application: Application, scope: str, **more: str) -> str:
    """Return the path by which an application asks a customer, with PKCE by VERIFIER."""
    asked = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": BACK,
        "scope": scope,
        "state": "what only the application knows",
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"/oauth/authorize?{urlencode({**asked, **more})}"


def decided(visitor: Visitor, address: str, accounts: Sequence[str] = (), decision: str = "allow") -> str:
    """Go where an application asks, decide on the page that is shown, and return where the browser is sent back to."""
    page = visitor.get(address.removeprefix(f"http://{visitor.host}"))
    if page.status == 303:
        return page.location
    assert page.status == 200, page.words
    chosen = [("accounts", number) for number in accounts]
    return sent_to(visitor.post("/oauth/authorize", [*page.form.items(), *chosen, ("decision", decision)]))


def sent_to(page: Answer) -> str:
    """Return the address of another host that a page sends the browser on to."""
    assert page.status == 200, page.words
    (address,) = [link for link in page.links if not link.startswith(("/", "#"))]
    return address


def parameters(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


def token_request(demo: DemoProcess, application: Application, **form: str) -> tuple[int, dict[str, Any]]:
    """Ask the token endpoint as a client with a secret, or without any proof; returns status and answer."""
    proof = {} if application.secret is None else {"client_secret": application.secret}
    given = {"client_id": application.client_id, **proof, **form}
    answer = demo.client.post(f"{issuer(demo)}/oauth/token", data=given)
    return answer.status_code, answer.json()


def exchanged(demo: DemoProcess, application: Application, address: str) -> dict[str, Any]:
    """Exchange the code of the address that the browser was sent back to; returns the tokens."""
    code = parameters(address)["code"]
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    status, tokens = token_request(demo, application, **given)
    assert status == 200, tokens
    return tokens


def refreshed(demo: DemoProcess, application: Application, token: str, **more: str) -> tuple[int, dict[str, Any]]:
    """Present a refresh token; returns status and answer."""
    return token_request(demo, application, grant_type="refresh_token", refresh_token=token, **more)


def own_token(demo: DemoProcess, application: Application) -> str:
    """Return a token of a partner with a secret, on its own."""
    status, answer = token_request(demo, application, grant_type="client_credentials")
    assert status == 200, answer
    token: str = answer["access_token"]
    return token


def codes(answer: dict[str, Any]) -> list[str]:
    """Return the codes of an answer's errors."""
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


def new_key() -> ECKey:
    """Make a key to prove oneself by."""
    return ECKey.generate_key("P-256", auto_kid=True)


def _write_jwks(demo: DemoProcess, key: Key) -> Path:
    path = demo.data_dir / f"{key.kid}.json"
    path.write_text(json.dumps({"keys": [{**key.as_dict(private=False), "kid": key.kid}]}), "utf-8")
    return path
