"""Links: which accounts a customer may see. Rows are closed, never deleted: who could see what stays known."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import reading
from connectors.store.insert import insert_into
from connectors.store.tables import LINK_IS_OPEN, account_links
from schema.identifiers import AccountNumber


class LinkRows:
    """The links between customers and accounts; several customers, a family, may link the same account."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def numbers(self, subject: str) -> frozenset[AccountNumber]:
        """Return the accounts that are the customer's now."""
        query = select(account_links.c.account_number).where(account_links.c.subject == subject, LINK_IS_OPEN)
        async with reading(self._engine) as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def link(self, subject: str, number: AccountNumber, now: datetime) -> None:
        """Link an account to a registered customer; linking again changes nothing."""
        async with self._engine.begin() as connection:
            insert = insert_into(connection, account_links).on_conflict_do_nothing(
                index_elements=[account_links.c.subject, account_links.c.account_number], index_where=LINK_IS_OPEN
            )
            row = {"subject": subject, "account_number": number, "linked_at": now}
            await connection.execute(insert, row)

    async def unlink(self, subject: str, number: AccountNumber, now: datetime) -> bool:
        """Close the link; False, and nothing changed, for one that is closed already or was never there."""
        pair = (account_links.c.subject == subject, account_links.c.account_number == number)
        async with self._engine.begin() as connection:
            closed = await connection.execute(update(account_links).where(*pair, LINK_IS_OPEN).values(unlinked_at=now))
            return closed.rowcount > 0

    async def linked_since(self, subject: str, number: AccountNumber) -> datetime | None:
        """Return since when the account is the customer's, None where it is not."""
        pair = (account_links.c.subject == subject, account_links.c.account_number == number)
        async with reading(self._engine) as connection:
            query = select(account_links.c.linked_at).where(*pair, LINK_IS_OPEN)
            row = (await connection.execute(query)).first()
        return row.linked_at if row else None
