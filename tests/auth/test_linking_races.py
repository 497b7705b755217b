"""Linking under guessing and races: who waits, and who never has to."""

import asyncio
from collections.abc import Callable, Mapping

from sqlalchemy import func, select

from auth.identity.port import Visitor
from connectors.store.engine import open_store, reading
from connectors.store.tables import account_links
from connectors.transport.deadline import Deadline
from schema.refusals import Refusal, RefusalCode
from tests.auth.desk import UNKNOWN, Desk, by_name, open_linking
from tests.auth.people import HERE, KHARKIV, Counter
from tests.race import race


async def test_guessing_one_account_after_another_is_slowed_down_by_customer(kharkiv_desk: Desk) -> None:
    numbers = [f"{at:012d}" for at in range(6)]
    refusals = [await kharkiv_desk.refused(by_name(number, "Коваль")) for number in numbers]
    assert [refusal.code.value for refusal in refusals] == ["ACCOUNT_NOT_CONFIRMED"] * 5 + ["TOO_MANY_ATTEMPTS"]
    assert refusals[-1].retry_after_seconds == 2
    other = await kharkiv_desk.refused(by_name(UNKNOWN, "Коваль"), "s2")
    assert other.code is RefusalCode.ACCOUNT_NOT_CONFIRMED


async def test_guessing_one_account_by_many_customers_is_slowed_down_by_account(kharkiv_desk: Desk) -> None:
    desk = kharkiv_desk
    refusals = [
        await desk.refused(by_name(desk.number, "Хтось"), f"x{at}", Visitor(f"192.0.2.{at}")) for at in range(11)
    ]
    assert [refusal.code.value for refusal in refusals] == ["ACCOUNT_NOT_CONFIRMED"] * 10 + ["TOO_MANY_ATTEMPTS"]
    given = by_name(desk.number, desk.account["last_name"])
    assert (await desk.refused(given)).code is RefusalCode.TOO_MANY_ATTEMPTS
    desk.clock.move(seconds=2)
    assert await desk.link(given) == desk.number


async def test_linking_an_account_of_one_s_own_buys_no_guesses(kharkiv_desk: Desk) -> None:
    desk, codes = kharkiv_desk, []
    for at in range(8):
        await desk.link(by_name(desk.number, desk.account["last_name"]))
        await desk.linking.unlink("s1", desk.number, HERE)
        codes.append((await desk.refused(by_name(f"{at:012d}", "Коваль"))).code.value)
    assert codes == ["ACCOUNT_NOT_CONFIRMED"] * 5 + ["TOO_MANY_ATTEMPTS"] * 3


def link_in_process(
    start: Callable[[], None], _runner: int, url: str, billing: Mapping[str, str], number: str, surname: str
) -> str:
    async def run() -> str:
        engine = open_store(url)
        async with open_linking(engine, billing, KHARKIV, Counter()) as linking:
            start()
            answer = await linking.link("s1", by_name(number, surname), HERE, Deadline.within(20))
        await engine.dispose()
        return answer.code.value if isinstance(answer, Refusal) else answer

    return asyncio.run(run())


async def test_two_processes_link_an_account_once(kharkiv_desk: Desk, store_url: str) -> None:
    desk = kharkiv_desk
    answers = race(link_in_process, store_url, desk.sandbox.billing, desk.number, desk.account["last_name"])
    assert answers == [desk.number, desk.number]
    async with reading(desk.store) as connection:
        assert await connection.scalar(select(func.count()).select_from(account_links)) == 1
