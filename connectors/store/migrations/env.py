"""Environment of the migrations: `connectors.store.migrate` hands its connection over, alembic's command line does not.

For a new revision: `alembic -x url=sqlite+aiosqlite:///draft.db revision --autogenerate -m "what changes"`.
"""

import asyncio

from alembic import context
from sqlalchemy import Connection

from connectors.store import authorization_tables, sign_in_tables, tables  # noqa: F401 -- they fill METADATA
from connectors.store.columns import METADATA
from connectors.store.engine import open_store


def migrate_on(connection: Connection) -> None:
    """Run what alembic was asked for, in the transaction that is open on the connection."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_type=True,
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_at(url: str) -> None:
    """Open the database for alembic's own command line."""
    engine = open_store(url)
    async with engine.begin() as connection:
        await connection.run_sync(migrate_on)
    await engine.dispose()


handed_over = context.config.attributes.get("connection")
if handed_over is None:
    asyncio.run(migrate_at(context.get_x_argument(as_dictionary=True)["url"]))
else:
    migrate_on(handed_over)
