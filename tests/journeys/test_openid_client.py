"""npm `openid-client`, which knows nothing of us, drives our authorization server; skipped with a reason without npm."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from tests.applications import (
    BACK,
    Application,
    app_of_others,
    codes,
    customer,
    decided,
    issuer,
    parameters,
    registered,
    signed_in,
)
from tests.demo_process import DemoProcess
from tests.gateway.reader import Visitor
from tests.npm import laid_beside, node

SCRIPTS: Final = Path(__file__).with_name("openid_client")
PACKAGE: Final = "openid-client@6.8.9"
GOODBYE_S: Final = 10
SCOPE: Final = "accounts:read balance:read profile:read"
ACCOUNTS: Final = "{ me { accounts { nodes { number balance { standing } } } } }"
PAYEE: Final = "query($n: AccountNumber!) { payee(number: $n) { number } }"
CLAIMS: Final = [
    "iss",
    "aud",
    "sub",
    "client_id",
    "scope",
    "jti",
    "iat",
    "exp",
    "auth_time",
    "acr",
    "amr",
    "grant_id",
    "sid",
]
KEYS: Final[dict[str, Key]] = {
    "ES256": ECKey.generate_key("P-256", auto_kid=True),
    "RS256": RSAKey.generate_key(2048, auto_kid=True),
    "PS256": RSAKey.generate_key(2048, auto_kid=True),
    "Ed25519": OKPKey.generate_key("Ed25519", auto_kid=True),
}


@dataclass(frozen=True, slots=True)
class Script:
    """A running script: lines of JSON to it and from it."""

    process: "subprocess.Popen[str]"

    def say(self, value: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:  # noqa: ANN401 -- whatever the script reports
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the script ended without a word; its error is above"
        return json.loads(line)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay the scripts beside the package that they import."""
    folder = tmp_path_factory.mktemp("openid-client")
    laid_beside(SCRIPTS / "lines.mjs", folder, PACKAGE)
    shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True)
    return folder


@contextmanager
def running(folder: Path, name: str, demo: DemoProcess, application: Application, **task: object) -> Iterator[Script]:
    """Run a script as an application, which finds everything else by the issuer's address."""
    addresses = {"issuer": issuer(demo), "graphql": demo.facts["graphql_url"], "redirect_uri": BACK}
    given = {"client_id": application.client_id, "secret": application.secret}
    with subprocess.Popen(
        [node(), folder / f"{name}.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        script = Script(process)
        script.say({**addresses, **given, "query": ACCOUNTS, "scope": SCOPE, **task})
        yield script
        assert process.wait(GOODBYE_S) == 0


def private(algorithm: str) -> dict[str, object]:
    key = KEYS[algorithm]
    return {"kid": key.kid, "algorithm": algorithm, "jwk": key.as_dict(private=True)}


def of(demo: DemoProcess, *chosen: int) -> list[str]:
    """Some of the ten accounts."""
    numbers = sorted(demo.user(10)["accounts"])
    return [numbers[index] for index in chosen]


def seen(answer: dict[str, Any]) -> list[str]:
    assert "errors" not in answer, answer
    return [node["number"] for node in answer["data"]["me"]["accounts"]["nodes"]]


@pytest.mark.parametrize("dpop", [None, "ES256", "Ed25519"])
def test_public_app_gets_in_by_code_and_pkce_and_stays_in_by_refreshing(
    kharkiv: DemoProcess, folder: Path, dpop: str | None
) -> None:
    options = ["--requires-dpop"] if dpop else []
    app = app_of_others(kharkiv, "Kettle", *SCOPE.split(), options=options)
    chosen = of(kharkiv, 2, 7)
    with running(folder, "code", kharkiv, app, method="none", dpop=dpop) as script:
        asked = script.hear()
        script.say(decided(customer(kharkiv, 10), path_of(kharkiv, asked["address"]), chosen))
        report = script.hear()
    tokens = report["tokens"]
    assert sorted(tokens) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert (tokens["token_type"], tokens["scope"]) == ("dpop" if dpop else "bearer", SCOPE)
    assert seen(report["seen"]) == seen(report["seenNext"]) == chosen
    claims = report["claims"]
    assert sorted(claims) == sorted([*CLAIMS, *(["cnf"] if dpop else [])])
    assert (claims["client_id"], claims["scope"], claims["acr"]) == (app.client_id, SCOPE, "low")
    assert report["mixedUp"] == "OAUTH_INVALID_RESPONSE"
    assert report["rotated"]
    assert report["refreshAfterRevocation"] == "invalid_grant"
    assert codes(report["seenAfterRevocation"]) == ["UNAUTHENTICATED"]
    if dpop:
        assert report["codeWithoutProof"] == report["refreshWithoutProof"] == "invalid_dpop_proof"
        assert codes(report["asBearer"]) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("method", "algorithm"),
    [("client_secret_basic", None), ("client_secret_post", None), ("private_key_jwt", "Ed25519")],
)
def test_app_on_a_server_proves_itself_and_gets_no_refresh_token(
    kharkiv: DemoProcess, folder: Path, method: str, algorithm: str | None
) -> None:
    given = ("--kind=app", f"--redirect-uri={BACK}")
    key = KEYS[algorithm] if algorithm else None
    app = registered(kharkiv, "Kettle Online", *given, *([] if key else ["--secret"]), key=key)
    proof = {"method": method, "key": private(algorithm) if algorithm else None}
    with running(folder, "code", kharkiv, app, **proof) as script:
        script.say(decided(customer(kharkiv, 10), path_of(kharkiv, script.hear()["address"]), of(kharkiv, 0)))
        report = script.hear()
    assert sorted(report["tokens"]) == ["access_token", "expires_in", "scope", "token_type"]
    assert seen(report["seen"]) == of(kharkiv, 0)
    said = report["introspected"]
    assert (said["active"], said["client_id"], said["scope"]) == (True, app.client_id, SCOPE)
    assert (said["iss"], said["acr"], said["token_type"]) == (issuer(kharkiv), "low", "Bearer")
    assert report["introspectedAfterRevocation"] == {"active": False}
    assert codes(report["seenAfterRevocation"]) == ["UNAUTHENTICATED"]


def test_metadata_are_read_and_whole(kharkiv: DemoProcess, folder: Path) -> None:
    app = app_of_others(kharkiv, "Kettle")
    with running(folder, "code", kharkiv, app, method="none") as script:
        metadata = script.hear()["metadata"]
        script.say(f"{BACK}?error=access_denied")
        script.hear()
    addresses = {name: url for name, url in metadata.items() if name.endswith(("_endpoint", "_uri"))}
    assert {name: url.removeprefix(issuer(kharkiv)) for name, url in addresses.items()} == {
        "authorization_endpoint": "/oauth/authorize",
        "token_endpoint": "/oauth/token",
        "revocation_endpoint": "/oauth/revoke",
        "introspection_endpoint": "/oauth/introspect",
        "device_authorization_endpoint": "/oauth/device_authorization",
        "jwks_uri": "/oauth/jwks",
    }
    assert kharkiv.client.get(metadata["jwks_uri"]).json()["keys"]


@pytest.mark.parametrize("how", ["deny", "silent, nobody signed in", "silent, not allowed yet"])
def test_refusal_comes_back_to_the_client_with_its_state_and_our_name(
    kharkiv: DemoProcess, folder: Path, how: str
) -> None:
    app = app_of_others(kharkiv, "Kettle", *SCOPE.split())
    visitor = Visitor(customer(kharkiv, 10).host) if "nobody" in how else customer(kharkiv, 10)
    more = {"prompt": "none"} if "silent" in how else {}
    expected = {"deny": "access_denied", "silent, nobody signed in": "login_required"}.get(how, "consent_required")
    with running(folder, "code", kharkiv, app, method="none", more=more) as script:
        address = decided(visitor, path_of(kharkiv, script.hear()["address"]), decision="deny")
        script.say(address)
        report = script.hear()
    assert report["refused"] == expected
    assert parameters(address)["iss"] == issuer(kharkiv)


@pytest.mark.parametrize(("algorithm", "dpop"), [("ES256", "ES256"), ("PS256", "RS256"), ("RS256", "Ed25519")])
def test_partner_proves_itself_by_a_key_and_binds_its_tokens(
    kharkiv: DemoProcess, folder: Path, algorithm: str, dpop: str
) -> None:
    bank = registered(kharkiv, "Kettle Bank", "--kind=partner", key=KEYS[algorithm])
    number = kharkiv.user(1)["accounts"][0]
    task = {"query": PAYEE, "variables": {"n": number}, "scope": "payees:read", "dpop": dpop}
    with running(folder, "partner", kharkiv, bank, method="private_key_jwt", key=private(algorithm), **task) as script:
        report = script.hear()
    found = {"data": {"payee": {"number": number}}}
    assert report["unbound"] == {"kind": "bearer", "seen": found}
    assert (report["kind"], report["isBound"]) == ("dpop", True)
    assert report["seen"] == report["seenAgain"] == found
    for refused in ("replayed", "withoutProof", "asBearer", "byAnotherKey", "seenAfterRevocation"):
        assert codes(report[refused]) == ["UNAUTHENTICATED"], refused
        assert report[refused]["data"] == {"payee": None}
    said = report["introspected"]
    assert (said["active"], said["client_id"], said["sub"]) == (True, bank.client_id, bank.client_id)
    assert report["introspectedAfterRevocation"] == {"active": False}


def test_partner_that_moves_money_gets_no_token_without_a_proof(kharkiv: DemoProcess, folder: Path) -> None:
    bank = registered(kharkiv, "Kettle Bank", "--kind=partner", "--requires-dpop", key=KEYS["ES256"])
    number = kharkiv.user(1)["accounts"][0]
    task = {"query": PAYEE, "variables": {"n": number}, "scope": "payees:read", "dpop": "ES256", "requires_dpop": True}
    with running(folder, "partner", kharkiv, bank, method="private_key_jwt", key=private("ES256"), **task) as script:
        report = script.hear()
    assert report["unbound"] == "invalid_dpop_proof"
    assert report["seen"] == {"data": {"payee": {"number": number}}}


def test_device_is_let_in_by_its_code(kharkiv: DemoProcess, folder: Path) -> None:
    kiosk = registered(kharkiv, "Kiosk", "--kind=device", *(f"--scope={scope}" for scope in SCOPE.split()))
    visitor = signed_in(kharkiv, kharkiv.user(10)["login"])
    with running(folder, "device", kharkiv, kiosk, method="none") as script:
        first, second = script.hear()
        assert first["verification_uri"] == f"{issuer(kharkiv)}/device"
        assert "The device is connected." in typed(visitor, first["user_code"], "allow", of(kharkiv, 1, 8))
        assert "The device was turned away." in typed(visitor, second["user_code"], "deny", [])
        report = script.hear()
    assert report["refused"] == "access_denied"
    assert seen(report["seen"]) == seen(report["seenNext"]) == of(kharkiv, 1, 8)
    assert report["codeAgain"] == "invalid_grant"


def typed(visitor: Visitor, code: str, decision: str, accounts: list[str]) -> str:
    """Type a device's code at the page, decide on the next one, and return what is said then."""
    page = visitor.post("/device", {**visitor.get("/device").form, "user_code": code.lower()})
    assert "Kiosk asks for access" in page.words
    chosen = [("accounts", number) for number in accounts]
    done = visitor.post("/device", [*page.form.items(), *chosen, ("decision", decision)])
    assert done.status == 200
    return done.words


def path_of(demo: DemoProcess, address: str) -> str:
    assert address.startswith(issuer(demo))
    return address.removeprefix(issuer(demo))
