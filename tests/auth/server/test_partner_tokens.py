"""Partners' own tokens: by a key or a secret, within their scopes and their limit, and never refreshed."""

from datetime import timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from auth.server.limits import ClientLimits
from auth.server.partners import Registered
from schema.scopes import PARTNER_SCOPES
from tests.auth.server.desk import PARTNER_KEY, TOKEN_URL, Desk, basic, refusal

OWN = {"grant_type": "client_credentials"}


async def test_partner_proves_itself_by_its_key(desk: Desk) -> None:
    bank = await desk.partner()
    answer = await desk.post("/oauth/token", bank, **OWN)
    assert {**answer.json(), "access_token": ""} == {
        "access_token": "",
        "expires_in": 600,
        "scope": "payees:read",
        "token_type": "Bearer",
    }
    principal = desk.read(answer.json())
    assert (principal.subject, principal.client, principal.scopes) == (None, bank.client.client_id, PARTNER_SCOPES)
    assert (principal.grant, principal.session, principal.authentication) == (None, None, None)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("audience", [TOKEN_URL, [TOKEN_URL]])
async def test_assertion_may_name_the_token_endpoint(desk: Desk, audience: object) -> None:
    bank = await desk.partner()
    assertion = desk.assertion(bank.client.client_id, aud=audience)
    assert (await desk.post("/oauth/token", bank, **OWN, client_assertion=assertion)).status_code == 200


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSAKey.generate_key(2048, auto_kid=True), "RS256"),
        (RSAKey.generate_key(2048, auto_kid=True), "PS256"),
        (OKPKey.generate_key("Ed25519", auto_kid=True), "Ed25519"),
    ],
    ids=["RS256", "PS256", "Ed25519"],
)
async def test_each_kind_of_key_will_do(desk: Desk, key: RSAKey | OKPKey, algorithm: str) -> None:
    bank = await desk.partner(jwks={"keys": [PARTNER_KEY.as_dict(private=False), key.as_dict(private=False)]})
    assertion = desk.assertion(bank.client.client_id, key, {"alg": algorithm, "kid": key.kid})
    assert (await desk.post("/oauth/token", bank, **OWN, client_assertion=assertion)).status_code == 200


async def test_only_key_of_a_partner_needs_no_name(desk: Desk) -> None:
    bank = await desk.partner()
    assertion = desk.assertion(bank.client.client_id, header={"alg": "ES256"})
    assert (await desk.post("/oauth/token", bank, **OWN, client_assertion=assertion)).status_code == 200


async def test_partner_without_a_key_proves_itself_by_a_secret_sent_in_either_way(desk: Desk) -> None:
    bank = await desk.register("partner")
    assert bank.secret is not None
    assert bank.secret.startswith("ggs_")
    in_form = {"client_id": bank.client.client_id, "client_secret": bank.secret}
    answers = [
        await desk.post("/oauth/token", bank, **OWN),
        await desk.post("/oauth/token", Registered(bank.client), **OWN, **in_form),
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert bank.secret not in repr((await desk.partners.rows.get(bank.client.client_id), bank))


async def test_two_secrets_are_good_while_they_are_exchanged(desk: Desk) -> None:
    bank = await desk.register("partner")
    renewed = await desk.partners.rotate_secret(bank.client.client_id, timedelta(hours=1))
    for each in (bank, renewed):
        assert (await desk.post("/oauth/token", each, **OWN)).status_code == 200
    desk.clock.move(hours=1)
    assert refusal(await desk.post("/oauth/token", bank, **OWN)) == (401, "invalid_client")
    assert (await desk.post("/oauth/token", renewed, **OWN)).status_code == 200


async def test_third_secret_ends_the_first(desk: Desk) -> None:
    first = await desk.register("partner")
    second = await desk.partners.rotate_secret(first.client.client_id, timedelta(hours=1))
    third = await desk.partners.rotate_secret(first.client.client_id, timedelta(hours=1))
    answers = [await desk.post("/oauth/token", each, **OWN) for each in (first, second, third)]
    assert [answer.status_code for answer in answers] == [401, 200, 200]


async def test_partner_that_brings_keys_loses_its_secret(desk: Desk) -> None:
    bank = await desk.register("partner")
    client_id = bank.client.client_id
    await desk.partners.replace_keys(client_id, {"keys": [PARTNER_KEY.as_dict(private=False)]})
    assert refusal(await desk.post("/oauth/token", bank, **OWN)) == (401, "invalid_client")
    renewed = await desk.partners.rows.get(client_id)
    assert renewed is not None
    assert (await desk.post("/oauth/token", Registered(renewed), **OWN)).status_code == 200


async def test_key_that_was_replaced_proves_nothing(desk: Desk) -> None:
    bank = await desk.partner()
    new = ECKey.generate_key("P-256", auto_kid=True)
    await desk.partners.replace_keys(bank.client.client_id, {"keys": [new.as_dict(private=False)]})
    assert refusal(await desk.post("/oauth/token", bank, **OWN)) == (401, "invalid_client")
    assertion = desk.assertion(bank.client.client_id, new)
    assert (await desk.post("/oauth/token", bank, **OWN, client_assertion=assertion)).status_code == 200


async def test_disabled_partner_is_turned_away_with_its_tokens(desk: Desk) -> None:
    bank = await desk.partner()
    tokens = (await desk.post("/oauth/token", bank, **OWN)).json()
    await desk.partners.disable(bank.client.client_id)
    assert not desk.is_good(tokens)
    assert refusal(await desk.post("/oauth/token", bank, **OWN)) == (401, "invalid_client")
    desk.clock.move(seconds=1)
    await desk.partners.enable(bank.client.client_id)
    again = (await desk.post("/oauth/token", bank, **OWN)).json()
    assert (desk.is_good(tokens), desk.is_good(again)) == (False, True)


async def test_limit_is_by_the_minute_and_says_how_long_to_wait(desk: Desk) -> None:
    bank = await desk.partner(requests_per_minute=2)
    desk.clock.move(seconds=18.4)
    answers = [await desk.post("/oauth/token", bank, **OWN) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refusal(answers[2])[1] == "temporarily_unavailable"
    assert answers[2].headers["retry-after"] == "42"
    desk.clock.move(seconds=42)
    assert (await desk.post("/oauth/token", bank, **OWN)).status_code == 200


async def test_limit_holds_where_tokens_are_used_as_well(desk: Desk) -> None:
    bank, free, clock = await desk.partner(requests_per_minute=2), await desk.partner(), desk.clock
    limits = ClientLimits(desk.server.turns.rows, clock.now)
    clock.move(seconds=18.4)
    assert (await desk.post("/oauth/token", bank, **OWN)).status_code == 200
    assert [await limits.begin(bank.client.client_id) for _ in range(2)] == [None, 42]
    assert [await limits.begin(free.client.client_id) for _ in range(3)] == [None] * 3
    assert await limits.begin("ggc_unknown") is None
    clock.move(seconds=42)
    assert await limits.begin(bank.client.client_id) is None


async def test_whoever_cannot_prove_to_be_the_client_uses_nothing_of_its_limit_up(desk: Desk) -> None:
    bank = await desk.register("partner", requests_per_minute=1)
    for _ in range(3):
        wrong = await desk.post("/oauth/token", bank, **OWN, authorization=basic(bank.client.client_id, "ggs_wrong"))
        assert refusal(wrong) == (401, "invalid_client")
    assert (await desk.post("/oauth/token", bank, **OWN)).status_code == 200


async def test_token_is_bound_to_the_key_of_its_proof(desk: Desk) -> None:
    bank = await desk.partner(requires_dpop=True)
    assert refusal(await desk.post("/oauth/token", bank, **OWN)) == (400, "invalid_dpop_proof")
    answer = (await desk.post("/oauth/token", bank, **OWN, headers=desk.dpop())).json()
    assert answer["token_type"] == "DPoP"
    assert desk.read(answer).proof_key is not None
