"""Rotation as a whole: whatever is lost and whatever is stolen, no two parties go on refreshing."""

import asyncio
import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auth.server.partners import Registered
from connectors.store.engine import open_store
from tests.auth.people import Counter
from tests.auth.server.desk import Desk, open_desk

PARTIES = ["owner", "owner loses the answer", "thief", "thief loses the answer"]
STEPS = st.lists(st.tuples(st.sampled_from(PARTIES), st.integers(0, 45)), max_size=12)
HONEST = st.lists(st.tuples(st.booleans(), st.integers(0, 29)), max_size=14)


@dataclass(slots=True)
class Party:
    """Somebody who holds a refresh token, and how often it served them."""

    token: str
    served: list[int] = field(default_factory=list)

    async def refresh(self, desk: Desk, app: Registered, step: int, *, is_lost: bool) -> bool:
        answer = await desk.refresh(app, self.token)
        if answer.status_code == 200 and not is_lost:
            self.token = answer.json()["refresh_token"]
            self.served.append(step)
        return answer.status_code == 200


async def live(desk: Desk) -> int:
    """Count the tokens that nobody has exchanged yet, of families that go on."""
    tables = await desk.everything()
    open_families = {row[0] for row in tables["token_families"] if row[-1] is None}
    return sum(row[1] in open_families and row[5] is None and row[6] is None for row in tables["refresh_tokens"])


async def play(url: str, steps: list[tuple[str, int]]) -> None:
    """Let an owner and a thief, who has the first token too, refresh in any order."""
    engine = open_store(url)
    async with open_desk(engine, Counter()) as desk:
        desk.sign_in()
        app = await desk.register()
        first = (await desk.issued(app))["refresh_token"]
        owner, thief = Party(first), Party(first)
        for at, (who, wait_s) in enumerate(steps):
            desk.clock.move(seconds=wait_s)
            party = owner if who.startswith("owner") else thief
            await party.refresh(desk, app, at, is_lost=who.endswith("answer"))
            assert await live(desk) <= 1
        turns = sorted([(at, "owner") for at in owner.served] + [(at, "thief") for at in thief.served])
        handovers = sum(one[1] != other[1] for one, other in pairwise(turns))
        assert handovers <= 1
    await engine.dispose()


async def play_honestly(url: str, steps: list[tuple[bool, int]]) -> None:
    """Let an owner refresh whose answers get lost, and who asks again within the window."""
    engine = open_store(url)
    async with open_desk(engine, Counter()) as desk:
        desk.sign_in()
        app = await desk.register()
        owner, since_first_s = Party((await desk.issued(app))["refresh_token"]), 0
        for at, (is_lost, wait_s) in enumerate(steps):
            waits_s = min(wait_s, 30 - since_first_s)
            desk.clock.move(seconds=waits_s)
            since_first_s += waits_s
            assert await owner.refresh(desk, app, at, is_lost=is_lost)
            since_first_s = since_first_s if is_lost else 0
            assert await live(desk) == 1
    await engine.dispose()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_owner_and_thief_never_go_on_side_by_side(migrated_sqlite: Path, steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        copy = shutil.copy(migrated_sqlite, folder)
        asyncio.run(play(f"sqlite+aiosqlite:///{copy}", steps))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=HONEST)
def test_owner_who_loses_answers_is_never_signed_out(migrated_sqlite: Path, steps: list[tuple[bool, int]]) -> None:
    with TemporaryDirectory() as folder:
        copy = shutil.copy(migrated_sqlite, folder)
        asyncio.run(play_honestly(f"sqlite+aiosqlite:///{copy}", steps))
