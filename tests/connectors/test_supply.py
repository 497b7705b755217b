"""SqlSupply against the sandbox: the contract of supply, and every bad manner."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import make_url

from connectors.supply.sql import SqlSupply
from connectors.transport.deadline import Deadline
from schema.errors import PlannedMaintenance, UpstreamError, UpstreamMalformed, UpstreamTimeout, UpstreamUnavailable
from schema.paging import Page
from tests.connectors.contract.supply import SupplyContract, SupplySample, good
from tests.connectors.legacy_supply import UNKNOWN, sample_of, settings
from tests.sandbox_process import Sandbox

BATCH = 40


@pytest.fixture(scope="module")
async def supply(sandbox: Sandbox) -> AsyncIterator[SqlSupply]:
    opened = SqlSupply(settings(sandbox.supply["url"], batch_size=BATCH, pool_size=3))
    yield opened
    await opened.aclose()


@pytest.fixture(scope="module")
def sample(sandbox: Sandbox) -> SupplySample:
    return sample_of(sandbox)


class TestOnTheSandbox(SupplyContract):
    pass


async def ask_everything(supply: SqlSupply, sample: SupplySample, seconds: float = 10) -> list[Any]:
    """Ask both reads and return every answer."""
    deadline = Deadline.within(seconds)
    payments, pending = await asyncio.gather(
        supply.payments(sample.known, Page(12), deadline), supply.pending(sample.known, deadline)
    )
    return [*payments, *pending]


async def test_many_accounts_cost_one_statement_a_batch(
    supply: SqlSupply, sample: SupplySample, sandbox: Sandbox
) -> None:
    for numbers, statements in ((sample.known[:1], 1), (sample.known, 1), (sample.many, 2)):
        sandbox.forget_calls()
        await supply.payments(numbers, Page(12), Deadline.within(10))
        await supply.pending(numbers, Deadline.within(10))
        assert sandbox.calls("supply") == {"platezhi.select": statements, "plat_vhod.select": statements}


HARMLESS: list[dict[str, Any]] = [
    {"latency_ms": 20, "jitter_ms": 20},
    {"strip_zeros": True},
    {"repeat_rows": True},
    {"strip_zeros": True, "repeat_rows": True},
]


@pytest.mark.parametrize("faults", HARMLESS, ids=str)
async def test_harmless_manners_change_no_answer(
    supply: SqlSupply, sample: SupplySample, sandbox: Sandbox, faults: dict[str, Any]
) -> None:
    some = [number for number in sample.many if number.startswith("0")]
    assert len(some) > 2
    zeros = SupplySample(some, sample.many, UNKNOWN, "UAH", "Europe/Kyiv")
    before = good(await ask_everything(supply, zeros))
    with sandbox.faults("supply", **faults):
        assert good(await ask_everything(supply, zeros)) == before


HARMFUL: list[tuple[dict[str, Any], type[UpstreamError]]] = [
    ({"error_rate": 1.0}, UpstreamUnavailable),
    ({"truncate": True}, UpstreamUnavailable),
    ({"malformed": True}, UpstreamUnavailable),
    ({"maintenance_until": "2030-01-01T10:00:00+02:00"}, PlannedMaintenance),
]


@pytest.mark.parametrize(("faults", "error"), HARMFUL, ids=str)
async def test_harmful_manners_are_errors_in_each_place_and_pass(
    supply: SqlSupply, sample: SupplySample, sandbox: Sandbox, faults: dict[str, Any], error: type[UpstreamError]
) -> None:
    before = good(await ask_everything(supply, sample))
    with sandbox.faults("supply", **faults):
        answers = await ask_everything(supply, sample)
        with pytest.raises(error):
            await supply.ping(Deadline.within(10))
    assert {type(answer) for answer in answers} == {error}
    assert good(await ask_everything(supply, sample)) == before


async def test_text_in_another_encoding_cannot_be_read(
    supply: SqlSupply, sample: SupplySample, sandbox: Sandbox
) -> None:
    with sandbox.faults("supply", wrong_encoding=True):
        answers = await supply.payments(sample.known, Page(12), Deadline.within(10))
    assert {type(answer) for answer in answers} == {UpstreamMalformed}
    good(await supply.payments(sample.known, Page(12), Deadline.within(10)))


def test_every_manner_of_the_sandbox_is_answered(sandbox: Sandbox) -> None:
    tried = {name for faults in [*HARMLESS, *(faults for faults, _ in HARMFUL)] for name in faults}
    known = sandbox.control.get("/faults/known").json()["supply"]
    assert set(known) <= tried | {"hang", "wrong_encoding"}


async def test_maintenance_tells_its_end(supply: SqlSupply, sample: SupplySample, sandbox: Sandbox) -> None:
    with sandbox.faults("supply", maintenance_until="2030-07-01T10:00:00+03:00"):
        (answer,) = await supply.payments(sample.known[:1], Page(1), Deadline.within(10))
        fresh = SqlSupply(settings(sandbox.supply["url"]))
        (connecting,) = await fresh.pending(sample.known[:1], Deadline.within(10))
        await fresh.aclose()
    for error in (answer, connecting):
        assert isinstance(error, PlannedMaintenance)
        assert error.until == datetime.fromisoformat("2030-07-01T10:00:00+03:00")


async def test_no_hang_outlives_the_deadline_and_the_pool_serves_again(
    supply: SqlSupply, sample: SupplySample, sandbox: Sandbox
) -> None:
    before = good(await ask_everything(supply, sample))
    with sandbox.faults("supply", hang=True):
        began = time.monotonic()
        crowd = await asyncio.gather(*(ask_everything(supply, sample, 0.3) for _ in range(10)))  # 20 wait for 3
        assert time.monotonic() - began < 1
    assert {type(answer) for answers in crowd for answer in answers} == {UpstreamTimeout}
    assert good(await ask_everything(supply, sample)) == before


async def test_caller_who_leaves_gives_the_connection_back(
    supply: SqlSupply, sample: SupplySample, sandbox: Sandbox
) -> None:
    with sandbox.faults("supply", hang=True):
        asking = [asyncio.ensure_future(ask_everything(supply, sample)) for _ in range(5)]
        done, _ = await asyncio.wait(asking, timeout=0.2)
        assert not done
        began = time.monotonic()
        for each in asking:
            each.cancel()
        await asyncio.wait(asking)
        assert time.monotonic() - began < 1
    good(await ask_everything(supply, sample))


async def test_silent_server_does_not_outlive_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections are made, and nobody takes them
        supply = SqlSupply(settings(f"postgresql+asyncpg://u:p@127.0.0.1:{silent.getsockname()[1]}/d"))
        began = time.monotonic()
        (answer,) = await supply.pending([UNKNOWN], Deadline.within(0.2))
        assert time.monotonic() - began < 1
        assert isinstance(answer, UpstreamTimeout)
        await supply.aclose()


async def test_server_that_is_not_there_is_not_available() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    supply = SqlSupply(settings(f"postgresql+asyncpg://u:p@127.0.0.1:{port}/d"))
    (answer,) = await supply.pending([UNKNOWN], Deadline.within(5))
    assert isinstance(answer, UpstreamUnavailable)
    await supply.aclose()


async def test_wrong_password_is_not_available(sandbox: Sandbox) -> None:
    url = make_url(sandbox.supply["url"]).set(password="wrong")
    supply = SqlSupply(settings(url.render_as_string(hide_password=False)))
    with pytest.raises(UpstreamUnavailable):
        await supply.ping(Deadline.within(5))
    await supply.aclose()
