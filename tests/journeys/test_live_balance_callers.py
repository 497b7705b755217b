"""Who may follow a balance: each refusal word for word, and a stream ends when its caller may no longer."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from websockets.exceptions import ConnectionClosedError

from auth.keys import KEYS_FILE, open_keys
from auth.tokens import FIRST_PARTY, AccessTokens, Bearer
from schema.scopes import CUSTOMER_SCOPES
from tests.demo_process import DemoProcess, operation
from tests.live import current, following, holder, link, next_shown, pay, unlink

LIFETIME_S: Final = 3
NOT_FOUND: Final = {"message": "There is no such object among yours.", "extensions": {"code": "NOT_FOUND"}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def quiet_upstream(demo: DemoProcess) -> AsyncIterator[None]:
    """Expect that no system is asked anything."""
    demo.forget_calls()
    yield
    assert demo.calls() == {}


async def refusal(demo: DemoProcess, token: str | None, numbers: list[str]) -> dict[str, Any]:
    """Return the only message that a refused subscription gets, but for the completion of a begun one."""
    async with quiet_upstream(demo), following(demo, token, numbers) as connection:
        message = await connection.message()
        if message["type"] == "next":
            assert await connection.message() == {"id": "1", "type": "complete"}
        await connection.is_silent_for(0.1)
    return message


async def test_nobody_is_refused(demo: DemoProcess) -> None:
    assert await refusal(demo, None, demo.user(1)["accounts"]) == {
        "id": "1",
        "type": "error",
        "payload": [
            {
                "message": "This field needs a valid access token; sign in.",
                "locations": [{"line": 3, "column": 3}],
                "path": ["balanceChanged"],
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ],
    }


async def test_the_owner_without_the_scope_is_refused(demo: DemoProcess) -> None:
    token = demo.token(1, ["ACCOUNTS_READ", "PAYMENTS_READ"])
    assert await refusal(demo, token, demo.user(1)["accounts"]) == {
        "id": "1",
        "type": "error",
        "payload": [
            {
                "message": "This field needs the scope balance:read.",
                "locations": [{"line": 3, "column": 3}],
                "path": ["balanceChanged"],
                "extensions": {"code": "FORBIDDEN", "requiredScopes": ["balance:read"]},
            }
        ],
    }


async def test_the_owner_without_the_scope_for_payments_sees_the_balance_alone(demo: DemoProcess) -> None:
    async with following(demo, demo.token(1, ["BALANCE_READ"]), demo.user(1)["accounts"]) as connection:
        result = await connection.event()
    assert result["data"]["balanceChanged"]["balance"]["pendingTotal"] is None
    assert [error["extensions"] for error in result["errors"]] == [
        {"code": "FORBIDDEN", "requiredScopes": ["payments:read"]}
    ]


@pytest.mark.parametrize("size", [0, 10])
async def test_a_stranger_is_refused_as_if_the_account_did_not_exist(demo: DemoProcess, size: int) -> None:
    number = demo.user(1)["accounts"][0]
    refused = await refusal(demo, demo.token(size), [number])
    assert refused == {"id": "1", "type": "next", "payload": {"data": None, "errors": [NOT_FOUND]}}
    assert refused == await refusal(demo, demo.token(size), ["9" * len(number)])


async def test_one_account_of_a_stranger_refuses_the_whole_subscription(demo: DemoProcess) -> None:
    mixed = [*demo.user(10)["accounts"], demo.user(1)["accounts"][0]]
    refused = await refusal(demo, demo.token(10), mixed)
    assert refused == {"id": "1", "type": "next", "payload": {"data": None, "errors": [NOT_FOUND]}}


@pytest.mark.parametrize("count", [0, 101])
async def test_the_list_is_bounded(demo: DemoProcess, count: int) -> None:
    digits = len(demo.user(1)["accounts"][0])
    refused = await refusal(demo, demo.token(1), [f"{number:0{digits}}" for number in range(count)])
    extensions = {"code": "VALIDATION_FAILED", "argument": "accounts"}
    error = {"message": "accounts is a list of 1 to 100 numbers.", "extensions": extensions}
    assert refused == {"id": "1", "type": "next", "payload": {"data": None, "errors": [error]}}


async def test_a_token_that_is_none_closes_the_connection(demo: DemoProcess) -> None:
    with pytest.raises(ConnectionClosedError) as closed:
        async with following(demo, "x.y.z", demo.user(1)["accounts"]):
            pass
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "Forbidden")


@pytest.fixture
def linked_again(kharkiv: DemoProcess) -> Iterator[list[str]]:
    """Give two accounts of the customer with fifty; they are linked again afterwards, whatever happened."""
    kharkiv.calm()
    held = holder(kharkiv, 50)[:2]
    yield [account["number"] for account in held]
    for account in held:
        link(kharkiv, account, kharkiv.token(50))


async def test_a_stream_ends_when_one_of_its_accounts_is_unlinked(
    kharkiv: DemoProcess, linked_again: list[str]
) -> None:
    token = kharkiv.token(50)
    async with following(kharkiv, token, linked_again) as connection:
        before = await current(connection, linked_again)
        unlink(kharkiv, linked_again[1], token)
        pay(kharkiv, linked_again[1], 100)
        message = await connection.message()
        assert await connection.message() == {"id": "1", "type": "complete"}
    assert message == {"id": "1", "type": "next", "payload": {"data": None, "errors": [NOT_FOUND]}}
    async with following(kharkiv, token, linked_again[:1]) as connection:
        assert await next_shown(connection) == before[linked_again[0]]


@pytest.fixture
def short_lived(kharkiv: DemoProcess) -> str:
    """Sign a token of the customer with one account for a few seconds only, with the running demo's own key."""
    kharkiv.calm()
    (key_file,) = kharkiv.data_dir.glob(f"*/{KEYS_FILE}")
    issuer = kharkiv.facts["graphql_url"].removesuffix("/graphql")
    tokens = AccessTokens(open_keys(key_file), issuer=issuer, audience=issuer, lifetime=timedelta(seconds=LIFETIME_S))
    now = datetime.now(UTC)
    known = tokens.read(kharkiv.token(1), now)
    return tokens.issue(Bearer(known.require(), FIRST_PARTY, CUSTOMER_SCOPES, known.authentication), now).token


async def test_a_stream_ends_when_its_token_expires(kharkiv: DemoProcess, short_lived: str) -> None:
    numbers = kharkiv.user(1)["accounts"]
    async with following(kharkiv, short_lived, numbers) as connection:
        await current(connection, numbers)
        ended = await connection.message()
        assert await connection.message() == {"id": "1", "type": "complete"}
        pay(kharkiv, numbers[0], 100)
        await connection.is_silent_for(0.3)
        await connection.subscribe(operation("balance-changed"), {"accounts": numbers}, "2")
        refused = await connection.message()
    error = {
        "message": "The token has expired; sign in again and subscribe again.",
        "extensions": {"code": "UNAUTHENTICATED"},
    }
    assert ended == {"id": "1", "type": "next", "payload": {"data": None, "errors": [error]}}
    assert (refused["id"], refused["type"]) == ("2", "error")
    assert refused["payload"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    with pytest.raises(ConnectionClosedError, match="4403"):
        async with following(kharkiv, short_lived, numbers):
            pass
