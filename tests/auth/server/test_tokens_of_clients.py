"""Revocation (RFC 7009) and introspection (RFC 7662): a client's own tokens, and nobody else's."""

import pytest

from auth.server.partners import Registered
from connectors.store.grants import GrantRows
from tests.auth.server.desk import ISSUER, ON_SQLITE, Desk, refusal

pytestmark = ON_SQLITE

OWN = {"grant_type": "client_credentials"}
HINTS = [None, "access_token", "refresh_token", "anything"]


async def revoke(desk: Desk, client: Registered, token: str, hint: str | None = None) -> tuple[int, object]:
    answer = await desk.post("/oauth/revoke", client, token=token, token_type_hint=hint)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("hint", HINTS)
async def test_revoked_refresh_token_ends_its_family(desk: Desk, app: Registered, hint: str | None) -> None:
    tokens = await desk.issued(app)
    assert await revoke(desk, app, tokens["refresh_token"], hint) == (200, {})
    assert not desk.is_good(tokens)
    assert refusal(await desk.refresh(app, tokens["refresh_token"])) == (400, "invalid_grant")
    assert await revoke(desk, app, tokens["refresh_token"], hint) == (200, {})
    assert [each for each in await desk.audit() if each[0] != "ACCESS_GRANTED"] == [("ACCESS_REVOKED", "BY_CLIENT")]
    assert len(await GrantRows(desk.store).of_subject("s1")) == 1


@pytest.mark.parametrize("hint", HINTS)
async def test_revoked_access_token_ends_alone(desk: Desk, app: Registered, hint: str | None) -> None:
    tokens = await desk.issued(app)
    assert await revoke(desk, app, tokens["access_token"], hint) == (200, {})
    assert not desk.is_good(tokens)
    again = (await desk.refresh(app, tokens["refresh_token"])).json()
    assert desk.is_good(again)


async def test_token_of_nobody_is_revoked_without_a_word(desk: Desk, app: Registered) -> None:
    before = await desk.everything()
    for token in ("ggr_unknown", "a.b.c", "\x00", "ї" * 5000):
        assert await revoke(desk, app, token) == (200, {})
    assert await desk.everything() == before
    assert refusal(await desk.post("/oauth/revoke", app)) == (400, "invalid_request")


async def test_partner_asks_what_its_token_is_good_for(desk: Desk) -> None:
    bank = await desk.partner()
    tokens = (await desk.post("/oauth/token", bank, **OWN, headers=desk.dpop())).json()
    now, principal = int(desk.clock.now().timestamp()), desk.read(tokens)
    answer = await desk.post("/oauth/introspect", bank, token=tokens["access_token"])
    assert answer.json() == {
        "active": True,
        "iss": ISSUER,
        "client_id": bank.client.client_id,
        "sub": bank.client.client_id,
        "scope": "payees:read",
        "jti": principal.revocable[0].removeprefix("jti:"),
        "iat": now,
        "exp": now + 600,
        "token_type": "DPoP",
        "cnf": {"jkt": principal.proof_key},
    }


async def test_application_on_a_server_asks_what_a_customer_s_token_is_good_for(desk: Desk) -> None:
    desk.sign_in()
    web = await desk.register(is_confidential=True)
    tokens = await desk.issued(web)
    answer = (await desk.post("/oauth/introspect", web, token=tokens["access_token"])).json()
    now = int(desk.clock.now().timestamp())
    assert (answer["sub"], answer["scope"]) == ("s1", "balance:read charges:read")
    assert (answer["acr"], answer["auth_time"], answer["token_type"]) == ("low", now, "Bearer")


async def test_token_that_is_over_is_not_active(desk: Desk) -> None:
    bank = await desk.partner()
    revoked, expired = [(await desk.post("/oauth/token", bank, **OWN)).json()["access_token"] for _ in range(2)]
    await revoke(desk, bank, revoked)
    assert (await desk.post("/oauth/introspect", bank, token=revoked)).json() == {"active": False}
    assert (await desk.post("/oauth/introspect", bank, token=expired)).json()["active"] is True
    desk.clock.move(minutes=10)
    assert (await desk.post("/oauth/introspect", bank, token=expired)).json() == {"active": False}


async def test_who_cannot_prove_itself_is_told_nothing(desk: Desk, app: Registered) -> None:
    tokens = await desk.issued(app)
    refused = await desk.post("/oauth/introspect", app, token=tokens["access_token"])
    assert refusal(refused) == (401, "invalid_client")


async def test_token_of_somebody_else_is_not_active(desk: Desk, app: Registered) -> None:
    bank, other = await desk.partner(), await desk.partner(name="Other Bank")
    theirs = (await desk.post("/oauth/token", other, **OWN)).json()["access_token"]
    customer = await desk.issued(app)
    for token in (theirs, customer["access_token"], customer["refresh_token"], "unknown"):
        assert (await desk.post("/oauth/introspect", bank, token=token)).json() == {"active": False}
    assert refusal(await desk.post("/oauth/introspect", bank)) == (400, "invalid_request")
