"""RestBilling against the sandbox: the contract of billing, and every bad manner."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.billing.rest import RestBilling
from connectors.transport.deadline import Deadline
from schema.billing import AccountDetails, Balance
from schema.errors import (
    PlannedMaintenance,
    UpstreamError,
    UpstreamMalformed,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from schema.identifiers import AccountNumber
from schema.notices import NoticeKind
from schema.paging import Page
from schema.systems import System
from tests.connectors.contract.billing import BillingContract, BillingSample
from tests.connectors.systems import billing_of, billing_sample, open_billing, soon
from tests.sandbox_process import Sandbox

UNKNOWN = AccountNumber("999999999999")


@pytest.fixture(scope="module")
async def billing(sandbox: Sandbox) -> AsyncIterator[RestBilling]:
    async with open_billing(billing_of(sandbox)) as opened:
        yield opened


@pytest.fixture(scope="module")
def sample(sandbox: Sandbox) -> BillingSample:
    return billing_sample(sandbox, UNKNOWN, "UAH")


@pytest.fixture(scope="module")
def zeros(sample: BillingSample) -> list[AccountNumber]:
    found = [number for number in sample.many if number.startswith("0")]
    assert len(found) > 10
    return found


class TestRestBilling(BillingContract):
    pass


HARMLESS = [
    {"latency_ms": 20, "jitter_ms": 20},
    {"single_element": True},
    {"strip_zeros": True},
    {"repeat_rows": True},
    {"decimal_comma": True},
    {"empty_list": "item"},
    {"empty_list": "nil"},
    {"empty_list": "missing"},
    {
        "single_element": True,
        "strip_zeros": True,
        "repeat_rows": True,
        "decimal_comma": True,
        "empty_list": "item",
        "wrong_encoding": True,
    },
]
HARMFUL = [
    ({"error_rate": 1}, UpstreamUnavailable),
    ({"fault_in_200": True}, UpstreamUnavailable),
    ({"malformed": True}, UpstreamMalformed),
    ({"truncate": True}, UpstreamMalformed),
]


async def everything(billing: RestBilling, numbers: Sequence[AccountNumber]) -> list[Any]:
    """Ask all that a customer may see, without what changes from second to second."""
    balances = await billing.balances(numbers, soon())
    details = await billing.details(numbers, soon())
    return [
        [each.holder.first_name if isinstance(each, AccountDetails) else each for each in details],
        [each.amount_owed_by_customer if isinstance(each, Balance) else each for each in balances],
        await billing.charges(numbers, Page(5, "2026-05-01"), soon()),
        await billing.bills(numbers, Page(5), soon()),
        await billing.charges(numbers, Page(5, "2024-01-01"), soon()),
    ]


def kinds(answers: Sequence[object]) -> set[type]:
    return {type(answer) for answer in answers}


@pytest.mark.parametrize("manner", HARMLESS, ids=str)
async def test_a_harmless_manner_changes_nothing(
    sandbox: Sandbox, billing: RestBilling, zeros: list[AccountNumber], manner: dict[str, object]
) -> None:
    for asked in (zeros[:1], [UNKNOWN], [*zeros, UNKNOWN]):
        polite = await everything(billing, asked)
        with sandbox.faults("billing", **manner):
            assert await everything(billing, asked) == polite


@pytest.mark.parametrize(("manner", "expected"), HARMFUL, ids=str)
async def test_a_harmful_manner_is_an_error_of_each_number(
    sandbox: Sandbox,
    billing: RestBilling,
    sample: BillingSample,
    manner: dict[str, object],
    expected: type[UpstreamError],
) -> None:
    with sandbox.faults("billing", **manner):
        for answers in (
            await billing.details(sample.known, soon()),
            await billing.balances(sample.known, soon()),
            await billing.charges(sample.known, Page(12), soon()),
            await billing.bills(sample.known, Page(12), soon()),
        ):
            assert kinds(answers) == {expected}
            assert len(answers) == len(sample.known)
        with pytest.raises(expected):
            await billing.ping(soon())
        with pytest.raises(expected):
            await billing.notices(soon())


async def test_a_hanging_system_is_a_timeout_at_the_deadline(
    sandbox: Sandbox, billing: RestBilling, sample: BillingSample
) -> None:
    with sandbox.faults("billing", hang=True):
        began_at = time.monotonic()
        answers = await billing.balances(sample.many, Deadline.within(0.3))
        took = time.monotonic() - began_at
    assert kinds(answers) == {UpstreamTimeout}
    assert 0.3 <= took < 3


async def test_a_timeout_of_the_system_is_shorter_than_the_request_s(sandbox: Sandbox, sample: BillingSample) -> None:
    async with open_billing(replace(billing_of(sandbox), timeout_s=0.2)) as hasty:
        deadline = Deadline.within(60)
        with sandbox.faults("billing", hang=True):
            assert kinds(await hasty.balances(sample.known, deadline)) == {UpstreamTimeout}
        assert deadline.remaining() > 55


async def test_names_survive_a_wrongly_declared_encoding(sandbox: Sandbox, billing: RestBilling) -> None:
    numbers = [AccountNumber(number) for number in sandbox.holder(60).numbers]
    polite = await billing.details(numbers, soon())
    with sandbox.faults("billing", wrong_encoding=True):
        damaged = await billing.details(numbers, soon())
    assert kinds(damaged) == {AccountDetails}
    assert [_name(each) for each in damaged] == [_name(each) for each in polite]


async def test_planned_maintenance_tells_its_end(sandbox: Sandbox, billing: RestBilling, sample: BillingSample) -> None:
    until = datetime.now().astimezone().replace(microsecond=0) + timedelta(hours=2)
    sandbox.forget_calls()
    with sandbox.faults("billing", maintenance_until=until.isoformat()):
        answers = await billing.balances(sample.known, soon())
        notices = await _notices_or_error(billing)
    assert kinds(answers) == {PlannedMaintenance}
    assert all(isinstance(answer, PlannedMaintenance) and answer.until == until for answer in answers)
    assert isinstance(notices, PlannedMaintenance)
    assert sandbox.calls("billing") == {"balances.query": 1, "notices": 1}


async def test_a_wrong_key_is_refused(sandbox: Sandbox) -> None:
    async with open_billing(replace(billing_of(sandbox), api_key="not the key")) as stranger:
        with pytest.raises(UpstreamUnavailable) as refused:
            await stranger.ping(soon())
    assert str(refused.value.__cause__) == "refused with HTTP status 401"


async def test_half_of_the_batches_failing_spoils_only_theirs(
    sandbox: Sandbox, billing: RestBilling, sample: BillingSample
) -> None:
    assert 400 < len(sample.many) <= 600
    with sandbox.faults("billing", error_rate=0.5):
        answers = await billing.balances(sample.many, soon())
    batches = [kinds(answers[start : start + 200]) for start in (0, 200, 400)]
    assert all(len(batch) == 1 for batch in batches)
    assert set().union(*batches) == {Balance, UpstreamUnavailable}


async def test_a_batch_is_one_call(sandbox: Sandbox, billing: RestBilling, sample: BillingSample) -> None:
    sandbox.forget_calls()
    await billing.charges([*sample.known, *sample.known], Page(12), soon())
    assert sandbox.calls("billing") == {"accruals.query": 1}


async def test_notices_have_aware_times_and_every_language(billing: RestBilling) -> None:
    notices = await billing.notices(soon())
    assert notices
    for notice in notices:
        assert notice.starts_at.utcoffset() is not None
        assert {"uk", "en"} <= set(notice.texts)


async def test_maintenance_elsewhere_is_announced(sandbox: Sandbox, billing: RestBilling) -> None:
    until = datetime.now().astimezone() + timedelta(hours=2)
    with sandbox.faults("supply", maintenance_until=until.isoformat()):
        announced = [each for each in await billing.notices(soon()) if each.kind is NoticeKind.MAINTENANCE]
    assert [each.affects for each in announced] == [System.SUPPLY]


def _name(answer: AccountDetails | UpstreamError | None) -> str:
    """Write a name with the letters that cp1251 has; the others were lost by whoever encoded it."""
    assert isinstance(answer, AccountDetails)
    name = f"{answer.holder.last_name} {answer.holder.first_name}"
    return name.encode("cp1251", "replace").decode("cp1251")


async def _notices_or_error(billing: RestBilling) -> object:
    try:
        return await billing.notices(soon())
    except UpstreamError as error:
        return error
