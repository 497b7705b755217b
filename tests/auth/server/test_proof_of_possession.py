"""DPoP at the authorization server (RFC 9449, sections 5, 10): tokens bound to the key that asked for them."""

from joserfc.jwk import ECKey

from auth.server.partners import Registered
from tests.auth import proof_maker
from tests.auth.server.desk import ISSUER, ON_SQLITE, Desk, refusal

pytestmark = ON_SQLITE

OTHER = ECKey.generate_key("P-256")
JKT = proof_maker.EC.thumbprint()


async def test_application_binds_its_tokens_and_refreshing_to_its_key(desk: Desk, app: Registered) -> None:
    answer = await desk.exchange(app, await desk.code(app), headers=desk.dpop())
    tokens = answer.json()
    assert (tokens["token_type"], desk.read(tokens).proof_key) == ("DPoP", JKT)
    before = await desk.everything()
    without = await desk.refresh(app, tokens["refresh_token"])
    by_another = await desk.refresh(app, tokens["refresh_token"], headers=desk.dpop(OTHER))
    assert refusal(without) == (400, "invalid_dpop_proof")
    assert refusal(by_another) == (400, "invalid_grant")
    assert await desk.everything() == before
    by_the_same = await desk.refresh(app, tokens["refresh_token"], headers=desk.dpop())
    assert desk.read(by_the_same.json()).proof_key == JKT


async def test_code_asked_for_with_a_key_is_exchanged_by_that_key_alone(desk: Desk, app: Registered) -> None:
    code, before = await desk.code(app, dpop_jkt=JKT), await desk.everything()
    assert refusal(await desk.exchange(app, code)) == (400, "invalid_dpop_proof")
    assert refusal(await desk.exchange(app, code, headers=desk.dpop(OTHER))) == (400, "invalid_grant")
    assert await desk.everything() == before
    assert (await desk.exchange(app, code, headers=desk.dpop())).status_code == 200


async def test_client_that_must_bind_its_tokens_gets_no_others(desk: Desk) -> None:
    desk.sign_in()
    careful = await desk.register(requires_dpop=True)
    code = await desk.code(careful)
    assert refusal(await desk.exchange(careful, code)) == (400, "invalid_dpop_proof")
    tokens = (await desk.exchange(careful, code, headers=desk.dpop())).json()
    assert tokens["token_type"] == "DPoP"
    assert refusal(await desk.refresh(careful, tokens["refresh_token"])) == (400, "invalid_dpop_proof")


async def test_proof_counts_once_and_for_this_endpoint(desk: Desk) -> None:
    bank = await desk.partner()
    proof = desk.dpop()
    own = {"grant_type": "client_credentials"}
    assert (await desk.post("/oauth/token", bank, **own, headers=proof)).status_code == 200
    refused = [
        proof,
        desk.dpop(htu=f"{ISSUER}/oauth/revoke"),
        desk.dpop(htu="https://elsewhere.example/oauth/token"),
        desk.dpop(htm="GET"),
        desk.dpop(iat=int(desk.clock.now().timestamp()) - 3600),
        {"dpop": "no proof"},
    ]
    answers = [await desk.post("/oauth/token", bank, **own, headers=each) for each in refused]
    assert [refusal(answer) for answer in answers] == [(400, "invalid_dpop_proof")] * 6


async def test_request_takes_no_dpop_jkt_that_is_no_thumbprint(desk: Desk, app: Registered) -> None:
    for value in ("short", f"{JKT}=", f"{JKT}\n"):
        answer = await desk.authorize(app, dpop_jkt=value)
        assert "error=invalid_request" in answer.headers["location"]
