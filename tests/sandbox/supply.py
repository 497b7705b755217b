"""A supply stand-in on a free port of loopback, the tables as a gateway would declare them, and statements to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from sandbox.calls import Calls
from sandbox.clock import Clock
from sandbox.faults import FaultBoard
from sandbox.supply.server import Supply, serve
from sandbox.world import World

NOW = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)  # night in Kyiv: what was settled at midnight is posted in the morning
PASSWORD = "open /sesame:"
LEGACY = sa.MetaData()
PAYMENTS = sa.Table(
    "platezhi",
    LEGACY,
    sa.Column("id_plat", sa.BigInteger, primary_key=True),
    sa.Column("ls", sa.String(20)),
    sa.Column("data_opl", sa.DateTime),
    sa.Column("data_zach", sa.Date),
    sa.Column("data_prov", sa.Date),
    sa.Column("summa", sa.Numeric(14, 2)),
    sa.Column("val", sa.CHAR(3)),
    sa.Column("kanal", sa.String(20)),
    sa.Column("nom_kvit", sa.String(30)),
    sa.Column("sost", sa.SmallInteger),
)
RECEIPTS = sa.Table(
    "kvitancii",
    LEGACY,
    sa.Column("nom_kvit", sa.String(30), primary_key=True),
    sa.Column("id_plat", sa.BigInteger),
    sa.Column("fisk_nom", sa.String(20)),
    sa.Column("data_kvit", sa.DateTime),
)
INCOMING = sa.Table(
    "plat_vhod",
    LEGACY,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("vnesh_id", sa.String(64)),
    sa.Column("ls", sa.String(20)),
    sa.Column("summa", sa.Numeric(14, 2)),
    sa.Column("val", sa.CHAR(3)),
    sa.Column("kanal", sa.String(20)),
    sa.Column("data_opl", sa.DateTime),
    sa.Column("obrab", sa.SmallInteger),
    sa.Column("id_plat", sa.BigInteger),
)


@dataclass(frozen=True, slots=True)
class Stand:
    """Hold a running stand-in and what is behind it."""

    world: World
    calls: Calls
    board: FaultBoard
    supply: Supply

    def counted(self) -> Mapping[str, int]:
        """Give the operations counted so far."""
        systems = self.calls.as_json()["systems"]
        assert isinstance(systems, dict)
        return dict(systems["supply"])

    def numbers(self, count: int) -> list[str]:
        """Give the first account numbers."""
        return [self.world.number(index) for index in range(count)]


def still_world(accounts: int = 120) -> World:
    """Give a world whose clock stands still."""
    return World("ua-kharkiv", accounts=accounts, seed=1, clock=Clock(NOW, speed=0))


@asynccontextmanager
async def running(accounts: int = 120) -> AsyncIterator[Stand]:
    """Serve a world whose clock stands still."""
    world = still_world(accounts)
    calls, board = Calls(), FaultBoard(world.utility.zone)
    supply = await serve(world, calls, board, host="127.0.0.1", port=0, database=None, password=PASSWORD)
    try:
        yield Stand(world, calls, board, supply)
    finally:
        await supply.close()


@asynccontextmanager
async def engine(url: str, **options: Any) -> AsyncIterator[AsyncEngine]:  # noqa: ANN401 - SQLAlchemy's own options
    """Give an engine that is disposed of at the end."""
    made = create_async_engine(url, **options)
    try:
        yield made
    finally:
        await made.dispose()


@asynccontextmanager
async def raw(url: str, **options: Any) -> AsyncIterator[asyncpg.Connection]:  # noqa: ANN401 - asyncpg's own options
    """Give a connection of asyncpg's own, cut off at the end."""
    connection = await asyncpg.connect(url.replace("+asyncpg", "", 1), **options)
    try:
        yield connection
    finally:
        connection.terminate()


def newest(numbers: Sequence[str], limit: int, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Ask for the newest payments of each account, with the number of all it has."""
    order = (PAYMENTS.c.data_opl.desc(), PAYMENTS.c.id_plat.desc())
    ranked = (
        sa.select(
            PAYMENTS,
            sa.func.row_number().over(partition_by=PAYMENTS.c.ls, order_by=order).label("place"),
            sa.func.count().over(partition_by=PAYMENTS.c.ls).label("total"),
        )
        .where(PAYMENTS.c.ls.in_(numbers), *conditions)
        .subquery()
    )
    return sa.select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.ls, ranked.c.place)


def waiting(numbers: Sequence[str], limit: int) -> sa.Select[Any]:
    """Ask both tables at once for the newest payments of each account that are not posted."""
    staged = sa.select(
        INCOMING.c.id.label("id_plat"),
        INCOMING.c.ls.label("ls"),
        INCOMING.c.data_opl.label("data_opl"),
        sa.null().label("data_zach"),
        sa.cast(sa.null(), sa.Date).label("data_prov"),
        INCOMING.c.summa.label("summa"),
        sa.cast(sa.null(), sa.String(30)).label("nom_kvit"),
        sa.cast(sa.null(), sa.SmallInteger).label("sost"),
        sa.literal_column("1").label("is_incoming"),
    ).where(INCOMING.c.ls.in_(numbers), INCOMING.c.obrab == 0)
    p = PAYMENTS.c
    known = sa.select(
        p.id_plat, p.ls, p.data_opl, p.data_zach, p.data_prov, p.summa, p.nom_kvit, p.sost,
        sa.literal_column("0").label("is_incoming"),
    ).where(p.ls.in_(numbers), p.sost.in_([1, 2]))  # fmt: skip
    both = sa.union_all(staged, known).subquery()
    order = (both.c.data_opl.desc(), both.c.is_incoming.desc(), both.c.id_plat.desc())
    ranked = sa.select(
        both, sa.func.row_number().over(partition_by=both.c.ls, order_by=order).label("place")
    ).subquery()
    return sa.select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.ls, ranked.c.place)


def incoming(numbers: Sequence[str]) -> sa.Select[Any]:
    """Ask for the staging rows of accounts that wait for the nightly run."""
    return sa.select(INCOMING).where(INCOMING.c.ls.in_(numbers), INCOMING.c.obrab == 0).order_by(INCOMING.c.id)
