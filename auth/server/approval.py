"""Approval: what a customer decided about a client's request, and how it is written down."""

import secrets
from dataclasses import dataclass, field

from authlib.oauth2.rfc6749 import AccessDeniedError  # type: ignore[import-untyped]  # Authlib ships no types

from auth.audit import AuditKind
from auth.server.client import Client
from auth.server.errors import Unmet
from auth.server.turn import Turn
from connectors.store.grants import lock_grant, open_grant, write_grant
from schema.authentication import Authentication
from schema.identifiers import AccountNumber


@dataclass(frozen=True, slots=True)
class Approval:
    """A customer's decision: the scopes out of those `asked`, by their names, and the accounts.

    `accounts` is None where nobody was asked, because the client is ours or the grant is an earlier one, `grant_id`.
    """

    subject: str = field(repr=False)
    authentication: Authentication
    asked: frozenset[str]
    scopes: frozenset[str]
    accounts: frozenset[AccountNumber] | None = field(default=None, repr=False)
    grant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What an approval came to: the grant that bounds it, if one does, and its scopes in one text."""

    grant_id: str | None
    scope: str


def settle(turn: Turn, client: Client, approval: Approval) -> Settled:
    """Write an approval down, in the customer's grant to a third party.

    Scopes that were not asked about this time stay as they were granted before; the accounts are those chosen last.

    Raises:
        AccessDeniedError: the customer left nothing of what was asked.
        Unmet: `consent_required`, where nobody was asked and no earlier grant covers it.
    """
    scopes = approval.scopes & approval.asked & client.allowed
    if not scopes:
        turn.record(AuditKind.ACCESS_REFUSED, client, approval.subject, "BY_CUSTOMER")
        raise AccessDeniedError
    scope = " ".join(sorted(scopes))
    if client.row.is_first_party:
        turn.record(AuditKind.ACCESS_GRANTED, client, approval.subject, scope)
        return Settled(None, scope)
    if approval.accounts is None:
        return Settled(_covering(turn, client, approval), scope)
    grant = open_grant(turn.transaction, secrets.token_urlsafe(12), approval.subject, client.client_id, turn.now)
    write_grant(turn.transaction, grant.id, (grant.scopes - approval.asked) | scopes, approval.accounts, turn.now)
    turn.record(AuditKind.ACCESS_GRANTED, client, approval.subject, scope)
    return Settled(grant.id, scope)


def _covering(turn: Turn, client: Client, approval: Approval) -> str:
    grant = lock_grant(turn.transaction, approval.grant_id) if approval.grant_id is not None else None
    is_theirs = grant is not None and (grant.subject, grant.client_id) == (approval.subject, client.client_id)
    if grant is None or not is_theirs or not approval.scopes <= grant.scopes:
        raise Unmet("consent_required", "The customer has to be asked.")
    return grant.id
