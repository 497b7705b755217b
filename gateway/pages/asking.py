"""Asking about an application: what it would be allowed, of which accounts, and what the customer decided."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from gateway.pages.visit import Visit
from schema.identifiers import AccountNumber
from schema.scopes import Scope

ALLOW: Final = "allow"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks about: the application's name, scopes in the order of the list, and the customer's accounts.

    `accounts` is None for an application of the utility's own, which sees whatever its customer sees. `chosen` are the
    accounts that are marked to begin with: those allowed before, or the only one there is. No others: consent is given
    by an act, not by leaving a mark where it was (GDPR, recital 32).
    """

    application: str
    scopes: list[Scope]
    accounts: list[AccountNumber] | None = field(repr=False)
    chosen: frozenset[AccountNumber] = field(repr=False)


async def asked(
    visit: Visit,
    application: str,
    scopes: Collection[Scope],
    *,
    is_first_party: bool,
    before: Collection[AccountNumber] = (),
) -> Asked:
    """Put together what is asked; `before` are the accounts that the application was allowed before."""
    linked = await visit.entrance.linking.links.numbers(visit.own_session().subject)
    accounts = None if is_first_party else sorted(linked)
    chosen = linked if len(linked) == 1 else linked & frozenset(before)
    return Asked(application, [scope for scope in Scope if scope in scopes], accounts, chosen)


def is_allowed(visit: Visit) -> bool:
    """Tell whether the customer pressed the button that allows."""
    return visit.field("decision") == ALLOW


def accounts_chosen(visit: Visit) -> list[AccountNumber]:
    """Return the accounts that the customer marked; whether they are theirs is judged where they count."""
    return [AccountNumber(text) for text in visit.form.get("accounts", ())]
