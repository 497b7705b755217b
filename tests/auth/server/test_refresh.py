"""Refresh tokens: each is good once, a lost answer harms nobody, and what is in two hands ends."""

import pytest

from auth.server.partners import Registered
from tests.auth.server.desk import Desk, refusal

REUSED = ("TOKEN_REUSED", "REFRESH_TOKEN")


async def refreshed(desk: Desk, app: Registered, token: str) -> str:
    answer = await desk.refresh(app, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["refresh_token"])


async def test_token_is_exchanged_for_the_next_one(desk: Desk, app: Registered) -> None:
    tokens = await desk.issued(app)
    desk.clock.move(minutes=5)
    answer = (await desk.refresh(app, tokens["refresh_token"])).json()
    assert answer["refresh_token"] != tokens["refresh_token"]
    first, second = desk.read(tokens), desk.read(answer)
    assert (second.session, second.grant, second.scopes) == (first.session, first.grant, first.scopes)
    assert second.authentication == first.authentication
    assert await refreshed(desk, app, answer["refresh_token"])
    (grant,) = await desk.server.grants.of_subject("s1")
    assert grant.last_used_at == desk.clock.now()


async def test_client_that_lost_the_answer_asks_again(desk: Desk, app: Registered) -> None:
    parent = (await desk.issued(app))["refresh_token"]
    lost = await refreshed(desk, app, parent)
    for _ in range(3):
        desk.clock.move(seconds=10)
        child = await refreshed(desk, app, parent)
    assert child != lost
    grandchild = await refreshed(desk, app, child)
    assert await refreshed(desk, app, grandchild)
    assert REUSED not in await desk.audit()


async def test_lost_token_that_turns_up_after_all_ends_the_family(desk: Desk, app: Registered) -> None:
    parent = (await desk.issued(app))["refresh_token"]
    lost = await refreshed(desk, app, parent)
    child = await refreshed(desk, app, parent)
    assert refusal(await desk.refresh(app, lost)) == (400, "invalid_grant")
    assert refusal(await desk.refresh(app, child)) == (400, "invalid_grant")
    assert (await desk.audit())[-1] == REUSED


@pytest.mark.parametrize("waited_s", [0, 29, 31])
async def test_parent_after_its_child_was_used_ends_the_family(desk: Desk, app: Registered, waited_s: int) -> None:
    tokens = await desk.issued(app)
    child = await refreshed(desk, app, tokens["refresh_token"])
    grandchild = (await desk.refresh(app, child)).json()
    desk.clock.move(seconds=waited_s)
    assert desk.is_good(tokens)
    assert refusal(await desk.refresh(app, tokens["refresh_token"])) == (400, "invalid_grant")
    for token in (child, grandchild["refresh_token"]):
        assert refusal(await desk.refresh(app, token)) == (400, "invalid_grant")
    assert not desk.is_good(tokens)
    assert not desk.is_good(grandchild)
    assert (await desk.audit()).count(REUSED) == 1


async def test_parent_after_the_window_ends_the_family_though_its_child_is_unused(desk: Desk, app: Registered) -> None:
    parent = (await desk.issued(app))["refresh_token"]
    child = await refreshed(desk, app, parent)
    desk.clock.move(seconds=30, microseconds=1)
    assert refusal(await desk.refresh(app, parent)) == (400, "invalid_grant")
    assert refusal(await desk.refresh(app, child)) == (400, "invalid_grant")


async def test_asking_again_does_not_lengthen_the_window(desk: Desk, app: Registered) -> None:
    parent = (await desk.issued(app))["refresh_token"]
    for _ in range(3):
        await refreshed(desk, app, parent)
        desk.clock.move(seconds=12)
    assert refusal(await desk.refresh(app, parent)) == (400, "invalid_grant")


async def test_other_families_of_the_customer_go_on(desk: Desk, app: Registered) -> None:
    stolen, other = await desk.issued(app), await desk.issued(app)
    child = await refreshed(desk, app, stolen["refresh_token"])
    await refreshed(desk, app, child)
    await desk.refresh(app, stolen["refresh_token"])
    assert not desk.is_good(stolen)
    assert desk.is_good(other)
    assert await refreshed(desk, app, other["refresh_token"])


async def test_token_unused_for_thirty_days_expires(desk: Desk, app: Registered) -> None:
    token = (await desk.issued(app))["refresh_token"]
    desk.clock.move(days=30)
    assert refusal(await desk.refresh(app, token)) == (400, "invalid_grant")
    assert REUSED not in await desk.audit()


async def test_family_ends_after_half_a_year_however_often_it_is_used(desk: Desk, app: Registered) -> None:
    token = (await desk.issued(app))["refresh_token"]
    for _ in range(8):
        desk.clock.move(days=20)
        token = await refreshed(desk, app, token)
    desk.clock.move(days=20, minutes=-5)
    answer = (await desk.refresh(app, token)).json()
    assert answer["expires_in"] == 300
    desk.clock.move(minutes=5)
    assert refusal(await desk.refresh(app, answer["refresh_token"])) == (400, "invalid_grant")


async def test_fewer_scopes_for_one_access_token_leave_the_family_as_it_was(desk: Desk, app: Registered) -> None:
    token = (await desk.issued(app))["refresh_token"]
    fewer = (await desk.refresh(app, token, scope="balance:read")).json()
    assert fewer["scope"] == "balance:read"
    assert (await desk.refresh(app, fewer["refresh_token"])).json()["scope"] == "balance:read charges:read"


async def test_grant_taken_back_ends_its_families_and_no_others(desk: Desk, app: Registered) -> None:
    other = await desk.register(name="Other")
    tokens, others = await desk.issued(app), await desk.issued(other)
    grant = desk.read(tokens).grant
    assert grant is not None
    grants, now = desk.server.grants, desk.clock.now()
    assert await grants.revoke("s2", grant, now) is None
    closed = await grants.revoke("s1", grant, now)
    assert closed is not None
    assert closed.scopes == frozenset({"balance:read", "charges:read"})
    assert await grants.revoke("s1", grant, now) is None
    assert await grants.accounts(grant) is None
    assert refusal(await desk.refresh(app, tokens["refresh_token"])) == (400, "invalid_grant")
    assert await refreshed(desk, other, others["refresh_token"])
    assert [each.client_name for each in await grants.of_subject("s1")] == ["Other"]


async def test_client_that_loses_a_scope_gets_it_in_no_more_tokens(desk: Desk, app: Registered) -> None:
    token = (await desk.issued(app))["refresh_token"]
    rows = desk.partners.rows
    await rows.change(app.client.client_id, scopes=("charges:read",))
    answer = (await desk.refresh(app, token)).json()
    assert answer["scope"] == "charges:read"
    await rows.change(app.client.client_id, scopes=())
    assert refusal(await desk.refresh(app, answer["refresh_token"])) == (400, "invalid_grant")
