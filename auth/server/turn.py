"""Turn: one request's way through the server: its transaction, its moment, and what is to be told once it stands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from auth.audit import Audit, AuditEvent, AuditKind
from auth.identity.port import Visitor
from auth.keys import SigningKeys
from auth.revocations import Revocations
from auth.server.client import Client
from auth.server.rules import Addresses, AuthorizationRules
from auth.token_claims import LONGEST_LIFETIME
from auth.tokens import AccessTokens
from connectors.store.authorization import AuthorizationRows, Transaction
from connectors.store.families import end_family

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Means:
    """What every request is served with."""

    tokens: AccessTokens
    keys: SigningKeys
    revocations: Revocations
    addresses: Addresses
    rules: AuthorizationRules


@dataclass(slots=True)
class Turn:
    """One request inside its transaction. `proof_key` is the thumbprint of the key that a DPoP proof came from.

    `events` and `revoked` are told to others once the transaction stands, before the request is answered.
    """

    means: Means
    transaction: Transaction
    now: datetime
    visitor: Visitor | None = None
    proof_key: str | None = None
    events: list[AuditEvent] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)

    def record(self, kind: AuditKind, client: Client, subject: str, detail: str) -> None:
        """Tell the audit trail what a client did or was given."""
        self.events.append(AuditEvent(kind, subject=subject, client=client.label, detail=detail, visitor=self.visitor))

    def end_reused(self, client: Client, subject: str, family: str, what: str) -> None:
        """End a family one of whose secrets is in two hands, with every access token of it."""
        if end_family(self.transaction, family, self.now):
            self.revoked.append(f"sid:{family}")
            self.record(AuditKind.TOKEN_REUSED, client, subject, what)


@dataclass(frozen=True, slots=True)
class Turns:
    """Runs requests, one transaction each."""

    rows: AuthorizationRows
    audit: Audit
    means: Means
    now: Callable[[], datetime]

    async def take(
        self, work: Callable[[Turn], T], *, visitor: Visitor | None = None, proof_key: str | None = None
    ) -> T:
        """Run a request; what it wrote stands unless it raises, and others learn of it before it is answered."""
        now, turns = self.now(), list[Turn]()

        def run(transaction: Transaction) -> T:
            turns.append(Turn(self.means, transaction, now, visitor, proof_key))
            return work(turns[-1])

        answer = await self.rows.transact(run)
        for turn in turns:
            if turn.revoked:
                await self.means.revocations.revoke(turn.revoked, LONGEST_LIFETIME)
            if turn.events:
                await self.audit.record(*turn.events)
        return answer

    async def look(self, work: Callable[[Turn], T]) -> T:
        """Run a request that only reads."""
        now = self.now()
        return await self.rows.look(lambda transaction: work(Turn(self.means, transaction, now)))
