"""Health: whether the store answers."""

from typing import TypeAlias

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import reading

Store: TypeAlias = AsyncEngine
"""The store's database, open."""


async def answers(engine: AsyncEngine) -> bool:
    """Tell whether the store's database answers a query."""
    try:
        async with reading(engine) as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return False
    return True
