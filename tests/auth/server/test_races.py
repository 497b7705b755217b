"""Races between processes over one store: a secret is used once, and nobody honest is signed out."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from auth.server.partners import Registered
from connectors.store.engine import open_store
from schema.refusals import Refusal
from tests.auth.people import Counter
from tests.auth.server.desk import ASSERTION_TYPE, DEVICE_GRANT, HERE, REDIRECT_URI, VERIFIER, Desk, wire
from tests.race import race

FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


def post_in_process(
    start: Callable[[], None], runner: int, url: str, forms: list[Mapping[str, str]]
) -> tuple[int, dict[str, Any]]:
    """Post one of the forms to the token endpoint of a process of its own."""

    async def run() -> tuple[int, dict[str, Any]]:
        engine = open_store(url)
        desk = wire(engine, Counter())
        async with desk.http:
            start()
            answer = await desk.http.post("/oauth/token", content=urlencode(forms[runner]), headers=FORM)
        await engine.dispose()
        return answer.status_code, answer.json()

    return asyncio.run(run())


def raced(url: str, *forms: Mapping[str, str]) -> list[tuple[int, dict[str, Any]]]:
    return race(post_in_process, url, list(forms), runners=len(forms))


def refreshing(app: Registered, token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "client_id": app.client.client_id, "refresh_token": token}


async def test_refresh_race_has_one_winner_and_signs_nobody_out(desk: Desk, app: Registered, store_url: str) -> None:
    parent = (await desk.issued(app))["refresh_token"]
    answers = raced(store_url, *[refreshing(app, parent)] * 3)
    assert [status for status, _ in answers] == [200] * 3
    children = [row for row in (await desk.everything())["refresh_tokens"] if row[2] is not None]
    assert len(children) == 3
    assert len([row for row in children if row[6] is None]) == 1  # revoked_at
    again = await desk.refresh(app, parent)  # as the client does whose answer was lost on the way
    assert again.status_code == 200
    assert (await desk.refresh(app, again.json()["refresh_token"])).status_code == 200
    assert "TOKEN_REUSED" not in [kind for kind, _ in await desk.audit()]


async def test_parent_and_child_at_once_end_the_family(desk: Desk, app: Registered, store_url: str) -> None:
    parent = (await desk.issued(app))["refresh_token"]
    child = (await desk.refresh(app, parent)).json()["refresh_token"]
    answers = raced(store_url, refreshing(app, parent), refreshing(app, child))
    assert sorted(status for status, _ in answers) == [200, 400]
    (given,) = [body["refresh_token"] for status, body in answers if status == 200]
    assert (await desk.refresh(app, given)).status_code == 400
    assert [kind for kind, _ in await desk.audit()].count("TOKEN_REUSED") == 1


async def test_code_race_has_one_winner_whose_tokens_end(desk: Desk, app: Registered, store_url: str) -> None:
    given = {"code": await desk.code(app), "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
    form = {"grant_type": "authorization_code", "client_id": app.client.client_id, **given}
    answers = raced(store_url, *[form] * 3)
    assert sorted(status for status, _ in answers) == [200, 400, 400]
    (tokens,) = [body for status, body in answers if status == 200]
    assert (await desk.refresh(app, tokens["refresh_token"])).status_code == 400
    assert [kind for kind, _ in await desk.audit()].count("TOKEN_REUSED") == 1


async def test_assertion_race_has_one_winner(desk: Desk, store_url: str) -> None:
    bank = await desk.partner()
    assertion = desk.assertion(bank.client.client_id)
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, "grant_type": "client_credentials"}
    assert sorted(status for status, _ in raced(store_url, *[form] * 3)) == [200, 401, 401]


async def test_device_race_has_one_winner(desk: Desk, store_url: str) -> None:
    kiosk = await desk.register("device")
    shown = (await desk.post("/oauth/device_authorization", kiosk)).json()
    found = await desk.server.devices.find(shown["user_code"], "s1", HERE)
    assert not isinstance(found, Refusal)
    assert await desk.server.devices.approve(found, "s1", desk.sign_in(), found.scopes)
    form = {"grant_type": DEVICE_GRANT, "client_id": kiosk.client.client_id, "device_code": shown["device_code"]}
    assert sorted(status for status, _ in raced(store_url, *[form] * 3)) == [200, 400, 400]
    assert len((await desk.everything())["token_families"]) == 1


async def test_limit_holds_for_all_processes_together(desk: Desk, store_url: str) -> None:
    bank = await desk.register("partner", requests_per_minute=2)
    assert bank.secret is not None
    given = {"client_id": bank.client.client_id, "client_secret": bank.secret}
    form = {**given, "grant_type": "client_credentials"}
    assert sorted(status for status, _ in raced(store_url, *[form] * 4)) == [200, 200, 429, 429]
