"""What every system knows of an account: its number. Each system's slice of `Account` grows from here."""

import strawberry

from schema.identifiers import AccountNumber
from schema.nodes import Node


@strawberry.type
class AccountKey(Node):
    """An account by its number alone; nothing has been asked of any legacy system yet."""

    number: AccountNumber

    @property
    def key(self) -> tuple[str, ...]:
        """The account's number."""
        return (self.number,)
