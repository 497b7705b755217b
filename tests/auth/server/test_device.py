"""The device grant (RFC 8628): a kiosk shows a code, somebody types it elsewhere, and the kiosk is let in once."""

from typing import Any

import httpx2
import pytest

from auth.server.device_authorization import read_user_code
from auth.server.devices import DeviceRequest
from auth.server.partners import Registered
from schema.refusals import Refusal, RefusalCode
from schema.scopes import CUSTOMER_SCOPES, Scope
from tests.auth.server.desk import ACCOUNTS, DEVICE_GRANT, HERE, ISSUER, Desk, refusal


@pytest.fixture
async def kiosk(desk: Desk) -> Registered:
    return await desk.register("device", name="Kiosk")


async def begin(desk: Desk, kiosk: Registered, **form: str) -> dict[str, Any]:
    answer = await desk.post("/oauth/device_authorization", kiosk, **form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def poll(desk: Desk, kiosk: Registered, shown: dict[str, Any], **changes: Any) -> httpx2.Response:  # noqa: ANN401 -- see `post`
    form = {"grant_type": DEVICE_GRANT, "device_code": shown["device_code"], **changes}
    return await desk.post("/oauth/token", kiosk, **form)


async def find(desk: Desk, user_code: str, subject: str = "s1") -> DeviceRequest:
    found = await desk.server.devices.find(user_code, subject, HERE)
    assert isinstance(found, DeviceRequest)
    return found


async def test_kiosk_is_let_in_by_the_code_that_it_shows(desk: Desk, kiosk: Registered) -> None:
    shown = await begin(desk, kiosk, scope="balance:read charges:read")
    assert (shown["expires_in"], shown["interval"]) == (600, 5)
    assert shown["verification_uri"] == f"{ISSUER}/device"
    assert shown["verification_uri_complete"] == f"{ISSUER}/device?user_code={shown['user_code']}"
    assert refusal(await poll(desk, kiosk, shown)) == (400, "authorization_pending")
    found = await find(desk, f" {shown['user_code'].lower().replace('-', ' ')}")
    assert (found.client_name, found.scopes) == ("Kiosk", frozenset({Scope.BALANCE_READ, Scope.CHARGES_READ}))
    authentication = desk.sign_in()
    assert await desk.server.devices.approve(
        found, "s1", authentication, [Scope.BALANCE_READ, Scope.PROFILE_WRITE], [ACCOUNTS[0]], visitor=HERE
    )
    tokens = (await poll(desk, kiosk, shown)).json()
    principal = desk.read(tokens)
    assert (principal.subject, principal.client, principal.scopes) == (
        "s1",
        kiosk.client.client_id,
        frozenset({Scope.BALANCE_READ}),
    )
    assert principal.authentication == authentication
    assert principal.grant is not None
    assert await desk.server.grants.accounts(principal.grant) == frozenset({ACCOUNTS[0]})
    assert (await desk.refresh(kiosk, tokens["refresh_token"])).status_code == 200
    assert await desk.audit() == [("ACCESS_GRANTED", "balance:read")]


async def test_kiosk_of_our_own_needs_no_grant(desk: Desk) -> None:
    own = await desk.register("device", is_first_party=True)
    shown = await begin(desk, own)
    found = await find(desk, shown["user_code"])
    assert await desk.server.devices.approve(found, "s1", desk.sign_in(), found.scopes)
    principal = desk.read((await poll(desk, own, shown)).json())
    assert (principal.scopes, principal.grant) == (CUSTOMER_SCOPES, None)


async def test_kiosk_that_asks_too_often_waits_longer_each_time(desk: Desk, kiosk: Registered) -> None:
    shown, said = await begin(desk, kiosk), []
    for wait_s in (0, 4, 9, 15, 20):
        desk.clock.move(seconds=wait_s)
        said.append(refusal(await poll(desk, kiosk, shown))[1])
    assert said == ["authorization_pending", "slow_down", "slow_down", "authorization_pending", "authorization_pending"]


async def test_code_expires_unused(desk: Desk, kiosk: Registered) -> None:
    shown = await begin(desk, kiosk)
    found = await find(desk, shown["user_code"])
    desk.clock.move(minutes=10)
    assert refusal(await poll(desk, kiosk, shown)) == (400, "expired_token")
    assert not await desk.server.devices.approve(found, "s1", desk.sign_in(), found.scopes)
    gone = await desk.server.devices.find(shown["user_code"], "s1", HERE)
    assert isinstance(gone, Refusal)
    assert (await desk.everything())["grants"] == []


async def test_denied_kiosk_stays_out(desk: Desk, kiosk: Registered) -> None:
    shown = await begin(desk, kiosk)
    found = await find(desk, shown["user_code"])
    assert await desk.server.devices.deny(found, "s1", HERE)
    assert not await desk.server.devices.approve(found, "s1", desk.sign_in(), found.scopes)
    assert refusal(await poll(desk, kiosk, shown)) == (400, "access_denied")
    assert await desk.audit() == [("ACCESS_REFUSED", "BY_CUSTOMER")]


async def test_allowing_nothing_turns_the_kiosk_away(desk: Desk, kiosk: Registered) -> None:
    shown = await begin(desk, kiosk)
    found = await find(desk, shown["user_code"])
    assert await desk.server.devices.approve(found, "s1", desk.sign_in(), [])
    assert refusal(await poll(desk, kiosk, shown)) == (400, "access_denied")
    assert await desk.audit() == [("ACCESS_REFUSED", "BY_CUSTOMER")]


async def test_only_the_first_decision_counts(desk: Desk, kiosk: Registered) -> None:
    shown = await begin(desk, kiosk)
    found = await find(desk, shown["user_code"])
    assert await desk.server.devices.approve(found, "s1", desk.sign_in(), found.scopes, ACCOUNTS)
    assert not await desk.server.devices.approve(found, "s2", desk.sign_in(), found.scopes, ACCOUNTS)
    assert not await desk.server.devices.deny(found, "s2")
    assert desk.read((await poll(desk, kiosk, shown)).json()).subject == "s1"


async def test_guessing_codes_is_slowed_down_by_customer(desk: Desk, kiosk: Registered) -> None:
    shown = await begin(desk, kiosk)
    guesses = [await desk.server.devices.find(f"BBBB-BBB{letter}", "s1", HERE) for letter in "BCDFGH"]
    codes = [guess.code for guess in guesses if isinstance(guess, Refusal)]
    assert codes == [RefusalCode.INVALID_INPUT] * 5 + [RefusalCode.TOO_MANY_ATTEMPTS]
    right = await desk.server.devices.find(shown["user_code"], "s1", HERE)
    assert isinstance(right, Refusal)
    assert right.retry_after_seconds == 2
    assert (await find(desk, shown["user_code"], "s2")).client_name == "Kiosk"


async def test_codes_of_one_s_own_buy_no_guesses(desk: Desk, kiosk: Registered) -> None:
    codes = []
    for letter in "BCDFGHJ":
        await desk.server.devices.find((await begin(desk, kiosk))["user_code"], "s1", HERE)
        guess = await desk.server.devices.find(f"BBBB-BBB{letter}", "s1", HERE)
        codes.append(guess.code if isinstance(guess, Refusal) else None)
    assert codes == [RefusalCode.INVALID_INPUT] * 5 + [RefusalCode.TOO_MANY_ATTEMPTS] * 2


async def test_only_devices_may_wait(desk: Desk, app: Registered) -> None:
    bank = await desk.partner()
    assert refusal(await desk.post("/oauth/device_authorization", app)) == (400, "unauthorized_client")
    assert refusal(await desk.post("/oauth/device_authorization", bank)) == (400, "unauthorized_client")
    assert (await desk.everything())["device_codes"] == []


async def test_kiosk_cannot_ask_for_more_than_it_may_have(desk: Desk, kiosk: Registered) -> None:
    for scope in ("profile:write", "payees:read", "world:rule"):
        refused = await desk.post("/oauth/device_authorization", kiosk, scope=scope)
        assert refusal(refused) == (400, "invalid_scope")


async def test_disabled_kiosk_is_not_found(desk: Desk, kiosk: Registered) -> None:
    shown = await begin(desk, kiosk)
    found = await find(desk, shown["user_code"])
    await desk.partners.disable(kiosk.client.client_id)
    assert isinstance(await desk.server.devices.find(shown["user_code"], "s1", HERE), Refusal)
    assert not await desk.server.devices.approve(found, "s1", desk.sign_in(), found.scopes)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("BCDF-GHJK", "BCDFGHJK"),
        ("bcdf ghjk", "BCDFGHJK"),
        ("b.c.d.f/g-h_j-k", "BCDFGHJK"),
        ("BCDFGHJ", None),
        ("BCDFGHJKL", None),
        ("ACDF-GHJK", None),
        ("0CDF-GHJK", None),
        ("\N{CYRILLIC CAPITAL LETTER VE}CDF-GHJK", None),
        ("", None),
    ],
)
def test_code_is_read_as_people_type_it(typed: str, read: str | None) -> None:
    assert read_user_code(typed) == read
