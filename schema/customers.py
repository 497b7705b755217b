"""Customer: the person who signs in, as our own identity store knows them."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Info

from schema.accounts import Account
from schema.context import Context
from schema.errors import NotFound
from schema.identifiers import AccountNumber
from schema.nodes import Node
from schema.paging import Connection, Slice, read_page
from schema.scopes import Scope, requires


@strawberry.federation.type(
    keys=["id"], description="A person who signs in. Their accounts are those that they linked."
)
class Customer(Node):
    """A registered customer (CIM Customer)."""

    subject: strawberry.Private[str]
    name: str
    email: str | None
    phone: str | None = strawberry.field(description="E.164.")
    registered_at: datetime

    @property
    def key(self) -> tuple[str, ...]:
        """The customer's subject."""
        return (self.subject,)

    @strawberry.field(
        extensions=[requires(Scope.ACCOUNTS_READ)],
        description=(
            "The linked accounts, by number. With `numbers`, only those; "
            "one that is not linked is refused as if it did not exist."
        ),
    )
    async def accounts(
        self,
        info: Info[Context, None],
        first: Annotated[int, strawberry.argument(description="At most 100.")] = 20,
        after: str | None = None,
        numbers: list[AccountNumber] | None = None,
    ) -> Connection[Account]:
        """Page through the linked accounts."""
        page = read_page(first, after)
        info.context.budget.spend(first)
        owned = await info.context.owned_accounts()
        wanted = owned if numbers is None else frozenset(numbers)
        if not wanted <= owned:
            raise NotFound
        rest = sorted(number for number in wanted if page.after is None or number > page.after)
        rows = [Account(number=number) for number in rest[:first]]
        await info.context.note_seen([row.number for row in rows])
        return Connection.of(Slice(rows, has_more=len(rest) > first, total=len(wanted)), page, lambda row: row.number)
