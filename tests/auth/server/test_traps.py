"""Every trap that Authlib's server parts set for whoever builds on them, and every choice about tokens, by name."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import httpx2
import pytest
from joserfc import jwt
from sqlalchemy import Table, select

from auth.server.partners import Registered
from connectors.store import authorization_tables, sign_in_tables
from connectors.store.engine import reading
from schema.refusals import Refusal
from tests.auth.people import KEY
from tests.auth.server.desk import (
    ASSERTION_TYPE,
    DEVICE_GRANT,
    HERE,
    ISSUER,
    VERIFIER,
    Desk,
    asking,
    basic,
    refusal,
    returned,
)

OWN: Final = {"grant_type": "client_credentials"}


async def test_commit_also_when_the_answer_is_an_error(desk: Desk, app: Registered) -> None:
    code = await desk.code(app)
    tokens = (await desk.exchange(app, code)).json()
    assert refusal(await desk.exchange(app, code)) == (400, "invalid_grant")
    (family,) = (await desk.everything())["token_families"]
    assert family[-1] == desk.clock.now()  # revoked_at
    assert not desk.is_good(tokens)
    assert refusal(await desk.refresh(app, tokens["refresh_token"])) == (400, "invalid_grant")
    assert (await desk.audit())[-1] == ("TOKEN_REUSED", "CODE")


async def test_scheme_of_the_request_is_the_issuer_s_whatever_a_proxy_made_of_it(desk: Desk, app: Registered) -> None:
    inner = {"host": "10.0.0.7:8080", "x-forwarded-proto": "http"}
    code = await desk.code(app)
    assert (await desk.exchange(app, code, headers=inner)).status_code == 200
    answer = await desk.http.get("http://inner.example/oauth/authorize", params=asking(app))
    assert returned(answer)["iss"] == ISSUER


async def test_no_token_lives_for_ten_days(desk: Desk, app: Registered) -> None:
    bank, kiosk = await desk.partner(), await desk.register("device", is_first_party=True)
    by_code = await desk.issued(app)
    issued = [
        by_code,
        (await desk.refresh(app, by_code["refresh_token"])).json(),
        (await desk.post("/oauth/token", bank, **OWN)).json(),
        (await let_in(desk, kiosk)).json(),
    ]
    for tokens in issued:
        expires_at = desk.read(tokens).expires_at
        assert expires_at is not None
        assert (tokens["expires_in"], (expires_at - desk.clock.now()).total_seconds()) == (600, 600)


async def test_each_grant_takes_each_way_of_proving(desk: Desk) -> None:
    desk.sign_in()
    by_key = (await desk.partner()).client.jwks
    for given in ({}, {"is_confidential": True}, {"jwks": by_key}):
        client = await desk.register(**given)
        assert (await desk.exchange(client, await desk.code(client))).status_code == 200
    with_secret = await desk.register("partner")
    in_form = {"client_id": with_secret.client.client_id, "client_secret": with_secret.secret}
    answers = [
        await desk.post("/oauth/token", await desk.partner(), **OWN),
        await desk.post("/oauth/token", with_secret, **OWN),
        await desk.post("/oauth/token", Registered(with_secret.client), **OWN, **in_form),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize("given", [{}, {"is_confidential": True}], ids=["public", "confidential"])
async def test_pkce_by_s256_is_asked_of_every_client_at_authorize(desk: Desk, given: dict[str, Any]) -> None:
    desk.sign_in()
    client = await desk.register(**given)
    before = await desk.everything()
    for changes in (
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": VERIFIER * 2},
        {"code_challenge_method": "s256"},
    ):
        assert returned(await desk.authorize(client, **changes))["error"] == "invalid_request"
    assert await desk.everything() == before
    code = await desk.code(client)
    assert refusal(await desk.exchange(client, code, code_verifier=None)) == (400, "invalid_request")
    assert (await desk.exchange(client, code)).status_code == 200


async def test_old_refresh_token_is_not_kept_and_its_reuse_is_noticed(desk: Desk, app: Registered) -> None:
    old = (await desk.issued(app))["refresh_token"]
    new = (await desk.refresh(app, old)).json()["refresh_token"]
    assert new != old
    await desk.refresh(app, new)
    assert refusal(await desk.refresh(app, old)) == (400, "invalid_grant")
    assert (await desk.audit())[-1] == ("TOKEN_REUSED", "REFRESH_TOKEN")


async def test_device_code_is_used_up(desk: Desk) -> None:
    kiosk = await desk.register("device")
    shown = (await desk.post("/oauth/device_authorization", kiosk)).json()
    first = await let_in(desk, kiosk, shown)
    replayed = await desk.post("/oauth/token", kiosk, grant_type=DEVICE_GRANT, device_code=shown["device_code"])
    assert (first.status_code, refusal(replayed)) == (200, (400, "invalid_grant"))
    assert len((await desk.everything())["token_families"]) == 1
    assert (await desk.refresh(kiosk, first.json()["refresh_token"])).status_code == 200


async def test_every_redirect_back_names_the_issuer(desk: Desk, app: Registered) -> None:
    good = await desk.decide(await desk.authorize(app))
    denied = await desk.decide(await desk.authorize(app, scope="profile:read"), decision="deny")
    wrong = await desk.authorize(app, response_type="token")
    silent = await desk.authorize(app, prompt="none", scope="readings:read")
    assert [returned(answer)["iss"] for answer in (good, denied, wrong, silent)] == [ISSUER] * 4


async def test_nothing_secret_stands_in_the_store(desk: Desk, app: Registered) -> None:
    kiosk, bank, by_key = await desk.register("device"), await desk.register("partner"), await desk.partner()
    shown = (await desk.post("/oauth/device_authorization", kiosk)).json()
    assertion, code = desk.assertion(by_key.client.client_id), await desk.code(app)
    answers = [
        (await desk.exchange(app, code)).json(),
        (await desk.post("/oauth/token", bank, **OWN)).json(),
        (await desk.post("/oauth/token", by_key, **OWN, client_assertion=assertion)).json(),
        (await let_in(desk, kiosk, shown)).json(),
    ]
    tokens = [answer[name] for answer in answers for name in ("access_token", "refresh_token") if name in answer]
    user_code = shown["user_code"]
    secrets = [*tokens, code, assertion, bank.secret, shown["device_code"], user_code, user_code.replace("-", "")]
    stored = await text_of(desk, authorization_tables, sign_in_tables)
    assert len(secrets) == 12
    assert [at for at, secret in enumerate(secrets) if str(secret) in stored] == []
    assert len(stored) > 3000


async def test_token_of_another_client_is_revoked_by_nobody_and_the_answer_is_200(desk: Desk, app: Registered) -> None:
    other, tokens = await desk.register(), await desk.issued(app)
    before = await desk.everything()
    for name in ("access_token", "refresh_token"):
        answer = await desk.post("/oauth/revoke", other, token=tokens[name])
        assert (answer.status_code, answer.json()) == (200, {})
    assert await desk.everything() == before
    assert desk.is_good(tokens)
    assert (await desk.refresh(app, tokens["refresh_token"])).status_code == 200


async def test_token_of_another_type_is_no_access_token(desk: Desk) -> None:
    bank = await desk.partner()
    good = (await desk.post("/oauth/token", bank, **OWN)).json()["access_token"]
    decoded = jwt.decode(good, KEY, algorithms=["ES256"])
    for typ in (None, "JWT", "at+jwt"):
        header = {name: value for name, value in {**decoded.header, "typ": typ}.items() if value is not None}
        token = jwt.encode(header, decoded.claims, KEY, default_type=None)
        answer = await desk.post("/oauth/introspect", bank, token=token)
        assert answer.json()["active"] is (typ == "at+jwt")


async def test_neither_passwords_nor_implicit_answers_are_taken(desk: Desk, app: Registered) -> None:
    for grant_type in ("password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "", "a" * 5000, '"\\é'):
        answer = await desk.post("/oauth/token", app, grant_type=grant_type, username="u", password="p")
        assert refusal(answer) == (400, "unsupported_grant_type")
    for response_type in ("token", "code token", "id_token", "none", "code\x00", '"\\é'):
        assert returned(await desk.authorize(app, response_type=response_type))["error"] == "unsupported_response_type"


async def test_access_token_is_what_rfc_9068_says(desk: Desk, app: Registered) -> None:
    tokens = await desk.issued(app)
    decoded = jwt.decode(tokens["access_token"], KEY, algorithms=["ES256"])
    assert (decoded.header["alg"], decoded.header["typ"]) == ("ES256", "at+jwt")
    required = {"iss", "aud", "sub", "client_id", "scope", "jti", "iat", "exp", "auth_time", "acr", "amr"}
    assert required <= decoded.claims.keys()
    assert (decoded.claims["aud"], decoded.claims["iss"]) == (ISSUER, ISSUER)


async def test_partner_gets_no_refresh_token(desk: Desk) -> None:
    bank = await desk.partner()
    assert "refresh_token" not in (await desk.post("/oauth/token", bank, **OWN)).json()
    refused = await desk.post("/oauth/token", bank, grant_type="refresh_token", refresh_token="ggr_any")
    assert refusal(refused) == (400, "unauthorized_client")


async def test_customer_is_asked_before_somebody_else_s_application_gets_anything(desk: Desk, app: Registered) -> None:
    assert (await desk.authorize(app)).json()["page"] == "consent"
    tables = await desk.everything()
    assert (tables["authorization_codes"], tables["grants"]) == ([], [])


async def test_scopes_are_bounded_by_client_and_by_kind(desk: Desk, app: Registered) -> None:
    narrow, own = await desk.register(scopes=()), await desk.register(is_first_party=True)
    await desk.partners.rows.change(narrow.client.client_id, scopes=("balance:read",))
    refused: Sequence[tuple[Registered, str]] = [
        (narrow, "charges:read"),
        (narrow, "balance:read charges:read"),
        (app, "profile:write"),
        (app, "accounts:link"),
        (app, "access:read"),
        (app, "payees:read"),
        (own, "payees:read"),
        (app, "openid"),
    ]
    for client, scope in refused:
        assert returned(await desk.authorize(client, scope=scope))["error"] == "invalid_scope"
    bank = await desk.partner()
    for scope in ("balance:read", "payees:read balance:read", "world:rule"):
        assert refusal(await desk.post("/oauth/token", bank, **OWN, scope=scope)) == (400, "invalid_scope")


async def test_grant_types_are_bounded_by_client(desk: Desk, app: Registered) -> None:
    bank, kiosk = await desk.partner(), await desk.register("device")
    assert refusal(await desk.post("/oauth/token", app, **OWN)) == (401, "invalid_client")
    web = await desk.register(is_confidential=True)
    assert refusal(await desk.post("/oauth/token", web, **OWN)) == (400, "unauthorized_client")
    assert refusal(await desk.exchange(bank, "a code")) == (400, "unauthorized_client")
    assert refusal(await desk.exchange(kiosk, "a code")) == (400, "unauthorized_client")
    polled = await desk.post("/oauth/token", app, grant_type=DEVICE_GRANT, device_code="ggd_any")
    assert refusal(polled) == (400, "unauthorized_client")
    assert (await desk.authorize(kiosk)).json()["error"] == "invalid_request"


async def test_one_resource_is_served_and_no_other(desk: Desk, app: Registered) -> None:
    for resource in (ISSUER, f"{ISSUER}/graphql"):
        code = await desk.code(app, resource=resource)
        assert (await desk.exchange(app, code, resource=resource)).status_code == 200
    bank = await desk.partner()
    for other in ("https://other.example", f"{ISSUER}/graphql/other", [ISSUER, "https://other.example"]):
        assert refusal(await desk.post("/oauth/token", bank, **OWN, resource=other)) == (400, "invalid_target")
    assert returned(await desk.authorize(app, resource="https://other.example"))["error"] == "invalid_target"


async def test_secret_of_a_client_is_compared_as_a_hash_and_shown_once(desk: Desk) -> None:
    bank = await desk.register("partner")
    row = await desk.partners.rows.get(bank.client.client_id)
    assert row is not None
    assert row.secret_hash is not None
    by_hash = basic(bank.client.client_id, row.secret_hash)
    assert refusal(await desk.post("/oauth/token", bank, **OWN, authorization=by_hash)) == (401, "invalid_client")


async def test_client_proves_itself_in_one_way_at_a_time(desk: Desk) -> None:
    bank, with_secret = await desk.partner(), await desk.register("partner")
    both = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": desk.assertion(bank.client.client_id)}
    assert refusal(await desk.post("/oauth/token", with_secret, **OWN, **both)) == (400, "invalid_request")
    twice = {"client_id": with_secret.client.client_id, "client_secret": with_secret.secret}
    assert refusal(await desk.post("/oauth/token", with_secret, **OWN, **twice)) == (400, "invalid_request")
    named = await desk.post("/oauth/token", with_secret, **OWN, client_id=bank.client.client_id)
    assert refusal(named) == (401, "invalid_client")


async def test_refresh_tokens_come_in_another_client_s_hands_to_nothing(desk: Desk, app: Registered) -> None:
    other, tokens = await desk.register(), await desk.issued(app)
    before = await desk.everything()
    assert refusal(await desk.refresh(other, tokens["refresh_token"])) == (400, "invalid_grant")
    assert refusal(await desk.refresh(replace(app, secret="ggs_x"), tokens["refresh_token"])) == (401, "invalid_client")
    assert await desk.everything() == before
    child = (await desk.refresh(app, tokens["refresh_token"])).json()["refresh_token"]
    grandchild = (await desk.refresh(app, child)).json()["refresh_token"]
    assert refusal(await desk.refresh(other, tokens["refresh_token"])) == (400, "invalid_grant")
    assert (await desk.refresh(app, grandchild)).status_code == 200


async def let_in(desk: Desk, kiosk: Registered, shown: dict[str, Any] | None = None) -> httpx2.Response:
    """Let a kiosk in, and poll as it does."""
    shown = shown or (await desk.post("/oauth/device_authorization", kiosk)).json()
    found = await desk.server.devices.find(shown["user_code"], "s1", HERE)
    assert not isinstance(found, Refusal)
    assert await desk.server.devices.approve(found, "s1", desk.sign_in(), found.scopes)
    return await desk.post("/oauth/token", kiosk, grant_type=DEVICE_GRANT, device_code=shown["device_code"])


async def text_of(desk: Desk, *modules: object) -> str:
    """Return everything that stands in some tables, as one text."""
    tables = [each for module in modules for each in vars(module).values() if isinstance(each, Table)]
    async with reading(desk.store) as connection:
        return repr([(await connection.execute(select(table))).all() for table in tables])
