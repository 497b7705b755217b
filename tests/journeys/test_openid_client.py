"""npm `openid-client`, which knows nothing of us, drives our authorization server; skipped with the reason without npm.

It finds everything by the metadata, checks what it is told, and reads our access tokens by our published keys.
"""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.applications import (
    BACK,
    app_of_others,
    codes,
    customer,
    decided,
    issuer,
    registered,
    visitor_of,
)
from tests.demo_process import DemoProcess
from tests.gateway.reader import Visitor
from tests.openid_client import KEYS, laid, proof_by, running

SCOPE: Final = "accounts:read balance:read profile:read"
OWN: Final = {"query": "{ me { accounts { nodes { number } } } }", "scope": SCOPE}
PAYEE: Final = {"query": "query($n: AccountNumber!) { payee(number: $n) { number } }", "scope": "payees:read"}
CLAIMS: Final = "acr amr aud auth_time client_id exp grant_id iat iat_us iss jti scope sid sub"


@pytest.fixture(autouse=True)
def calm(kharkiv: DemoProcess) -> None:
    kharkiv.calm()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid(tmp_path_factory.mktemp("openid-client"))


def chosen(demo: DemoProcess, *indices: int) -> list[str]:
    """Return some of the ten accounts."""
    numbers = sorted(demo.user(10)["accounts"])
    return [numbers[index] for index in indices]


def seen(answer: dict[str, Any]) -> list[str]:
    """Return the accounts that an application was shown."""
    assert "errors" not in answer, answer
    return [node["number"] for node in answer["data"]["me"]["accounts"]["nodes"]]


@pytest.mark.parametrize("dpop", [None, "ES256", "Ed25519"])
def test_public_app_gets_in_by_code_and_pkce_and_stays_in_by_refreshing(
    kharkiv: DemoProcess, folder: Path, dpop: str | None
) -> None:
    options = ["--requires-dpop"] if dpop else []
    app = app_of_others(kharkiv, "Kettle", *SCOPE.split(), options=options)
    accounts = chosen(kharkiv, 2, 7)
    with running(folder, "code", kharkiv, app, **OWN, method="none", dpop=dpop) as script:
        script.say(decided(customer(kharkiv, 10), script.hear()["address"], accounts))
        report = script.hear()
    tokens, claims = report["tokens"], report["claims"]
    assert sorted(tokens) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert (tokens["token_type"], tokens["scope"]) == ("dpop" if dpop else "bearer", SCOPE)
    assert sorted(claims) == sorted(CLAIMS.split() + ["cnf"] * bool(dpop))
    assert (claims["client_id"], claims["scope"], claims["acr"]) == (app.client_id, SCOPE, "low")
    assert seen(report["seen"]) == seen(report["seenNext"]) == accounts
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
    options, key = ([], KEYS[algorithm]) if algorithm else (["--secret"], None)
    app = registered(kharkiv, "Kettle Online", "--kind=app", f"--redirect-uri={BACK}", *options, key=key)
    with running(folder, "code", kharkiv, app, **OWN, **proof_by(method, algorithm)) as script:
        script.say(decided(customer(kharkiv, 10), script.hear()["address"], chosen(kharkiv, 0)))
        report = script.hear()
    assert sorted(report["tokens"]) == ["access_token", "expires_in", "scope", "token_type"]
    assert seen(report["seen"]) == chosen(kharkiv, 0)
    said = report["introspected"]
    assert (said["active"], said["client_id"], said["scope"]) == (True, app.client_id, SCOPE)
    assert (said["iss"], said["acr"], said["token_type"]) == (issuer(kharkiv), "low", "Bearer")
    assert report["introspectedAfterRevocation"] == {"active": False}
    assert codes(report["seenAfterRevocation"]) == ["UNAUTHENTICATED"]


def test_metadata_name_every_endpoint(kharkiv: DemoProcess, folder: Path) -> None:
    app = app_of_others(kharkiv, "Kettle")
    with running(folder, "code", kharkiv, app, **OWN, method="none") as script:
        metadata = script.hear()["metadata"]
        script.say(f"{BACK}?error=access_denied")
        assert script.hear()["refused"] == "OAUTH_INVALID_RESPONSE"  # for it does not say who answers (RFC 9207)
    addresses = {name: url for name, url in metadata.items() if name.endswith(("_endpoint", "_uri"))}
    assert {name: url.removeprefix(issuer(kharkiv)) for name, url in addresses.items()} == {
        "authorization_endpoint": "/oauth/authorize",
        "token_endpoint": "/oauth/token",
        "revocation_endpoint": "/oauth/revoke",
        "introspection_endpoint": "/oauth/introspect",
        "device_authorization_endpoint": "/oauth/device_authorization",
        "jwks_uri": "/oauth/jwks",
    }


@pytest.mark.parametrize(
    ("size", "prompt", "error"),
    [(10, "consent", "access_denied"), (None, "none", "login_required"), (10, "none", "consent_required")],
)
def test_refusal_comes_back_to_the_client_with_its_state_and_our_name(
    kharkiv: DemoProcess, folder: Path, size: int | None, prompt: str, error: str
) -> None:
    app = app_of_others(kharkiv, "Kettle", *SCOPE.split())
    visitor = visitor_of(kharkiv) if size is None else customer(kharkiv, size)
    with running(folder, "code", kharkiv, app, **OWN, method="none", more={"prompt": prompt}) as script:
        script.say(decided(visitor, script.hear()["address"], decision="deny"))
        assert script.hear() == {"mixedUp": "OAUTH_INVALID_RESPONSE", "refused": error}


@pytest.mark.parametrize(("algorithm", "dpop"), [("ES256", "ES256"), ("PS256", "RS256"), ("RS256", "Ed25519")])
def test_partner_proves_itself_by_a_key_and_binds_its_tokens(
    kharkiv: DemoProcess, folder: Path, algorithm: str, dpop: str
) -> None:
    bank = registered(kharkiv, "Kettle Bank", "--kind=partner", key=KEYS[algorithm])
    number = kharkiv.user(1)["accounts"][0]
    task = {**PAYEE, "variables": {"n": number}, "dpop": dpop, **proof_by("private_key_jwt", algorithm)}
    with running(folder, "partner", kharkiv, bank, **task) as script:
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
    task = {**PAYEE, "variables": {"n": number}, "dpop": "ES256", **proof_by("private_key_jwt", "ES256")}
    with running(folder, "partner", kharkiv, bank, **task, requires_dpop=True) as script:
        report = script.hear()
    assert report["unbound"] == "invalid_dpop_proof"
    assert report["seen"] == {"data": {"payee": {"number": number}}}


def test_device_is_let_in_by_its_code(kharkiv: DemoProcess, folder: Path) -> None:
    kiosk = registered(kharkiv, "Kiosk", "--kind=device", *(f"--scope={scope}" for scope in SCOPE.split()))
    visitor, accounts = customer(kharkiv, 10), chosen(kharkiv, 1, 8)
    with running(folder, "device", kharkiv, kiosk, **OWN, method="none") as script:
        first, second = script.hear()
        assert first["verification_uri"] == f"{issuer(kharkiv)}/device"
        assert "The device is connected." in typed(visitor, first["user_code"], "allow", accounts)
        assert "The device was turned away." in typed(visitor, second["user_code"], "deny", [])
        report = script.hear()
    assert report["refused"] == "access_denied"
    assert seen(report["seen"]) == seen(report["seenNext"]) == accounts
    assert report["codeAgain"] == "invalid_grant"


def typed(visitor: Visitor, code: str, decision: str, accounts: list[str]) -> str:
    """Type a device's code at the page, decide on the next one, and return what is said then."""
    page = visitor.post("/device", {**visitor.get("/device").form, "user_code": code.lower()})
    assert "Kiosk asks for access" in page.words
    ticked = [("accounts", number) for number in accounts]
    done = visitor.post("/device", [*page.form.items(), *ticked, ("decision", decision)])
    assert done.status == 200
    return done.words
