"""The hall: everything that signs a browser in and out, wired to one store as the gateway wires it."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.audit import Audit
from auth.callers import Callers
from auth.dpop import Proofs
from auth.identity.flow import SignInFlow
from auth.identity.people import People
from auth.identity.port import Beginning, Form, Identity, IdentityProvider, Step, Visitor
from auth.revocations import Revocations
from auth.sessions import SessionRules, Sessions
from auth.sign_out import SignOut
from auth.throttle import Throttle
from auth.tokens import AccessTokens
from connectors.store.attempts import AttemptRows
from connectors.store.audit import AuditRow, AuditRows
from connectors.store.authorization import AuthorizationRows
from connectors.store.authorization_tables import audit_events
from connectors.store.columns import METADATA
from connectors.store.customers import CustomerRows
from connectors.store.engine import reading
from connectors.store.grants import GrantRows
from connectors.store.identities import IdentityRows
from connectors.store.passkeys import PasskeyRows
from connectors.store.revocations import RevocationRows
from connectors.store.sessions import SessionRows
from connectors.store.tickets import TicketRows
from connectors.transport.deadline import Deadline
from schema.authentication import Amr, Assurance, Authentication
from schema.customers import Customer
from tests.auth.people import Counter, open_tokens

BROWSER: Final = "the secret of a browser's cookie"
FIREFOX: Final = Visitor("192.0.2.77", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "uk")
RULES: Final = SessionRules(idle=timedelta(hours=1), absolute=timedelta(days=2))
SOMEBODY: Final = Identity("https://provider.example", "subject-1", "CARD", Assurance.HIGH, (Amr.HARDWARE_KEY,))


@dataclass(slots=True)
class Scripted:
    """A provider that gives the answers of a list, and remembers what it was asked."""

    name: str = "asked"
    assurance: Assurance = Assurance.HIGH
    step: Step = field(default_factory=lambda: Form("asked", {"shown": "1"}, {"kept": "secret-1"}))
    answers: deque[Identity | Exception] = field(default_factory=deque)
    otherwise: Identity | Exception = SOMEBODY
    asked: list[tuple[Mapping[str, str], Mapping[str, str], Beginning]] = field(default_factory=list)

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Step:  # noqa: ARG002 -- the port's signature
        return self.step

    async def finish(
        self,
        answer: Mapping[str, str],
        kept: Mapping[str, str],
        beginning: Beginning,
        deadline: Deadline,  # noqa: ARG002 -- the port's signature
    ) -> Identity:
        self.asked.append((answer, kept, beginning))
        said = self.answers.popleft() if self.answers else self.otherwise
        if isinstance(said, Exception):
            raise said
        return said

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> str | None:  # noqa: ARG002 -- same
        return None


@dataclass(frozen=True, slots=True)
class Hall:
    """The parts, and short ways to use them."""

    store: AsyncEngine
    clock: Counter
    customers: CustomerRows
    trail: AuditRows
    audit: Audit
    revocations: Revocations
    sessions: Sessions
    tokens: AccessTokens
    sign_out: SignOut
    callers: Callers
    people: People
    passkeys: PasskeyRows
    throttle: Throttle

    def flow(self, *providers: IdentityProvider) -> SignInFlow:
        return SignInFlow(
            providers={each.name: each for each in providers},
            tickets=TicketRows(self.store),
            people=self.people,
            sessions=self.sessions,
            audit=self.audit,
            throttle=self.throttle,
            callback_url=lambda name: f"https://gateway.example/sign-in/{name}/callback",
            now=self.clock.now,
        )

    async def register(self, subject: str = "s1", password_hash: str | None = None, **given: Any) -> Customer:  # noqa: ANN401 -- any field
        given = {"name": "Olena", "email": None, "phone": None, "registered_at": self.clock.now(), **given}
        customer = Customer(subject=subject, **given)
        assert await self.customers.add(customer, password_hash)
        return customer

    def signed_in(self, assurance: Assurance = Assurance.LOW) -> Authentication:
        return Authentication(assurance, (Amr.PASSWORD,), self.clock.now())

    async def events(self) -> list[AuditRow]:
        """Return the whole audit trail, the oldest event first."""
        async with reading(self.store) as connection:
            found = await connection.execute(select(audit_events).order_by(audit_events.c.id))
            return [AuditRow(**row) for row in found.mappings()]

    async def told(self) -> list[tuple[str, str | None, str | None]]:
        """Return kind, subject and detail of each event, the oldest first."""
        return [(each.kind, each.subject, each.detail) for each in await self.events()]


def open_hall(store: AsyncEngine, clock: Counter) -> Hall:
    trail = AuditRows(store)
    audit, tokens = Audit(trail, clock.now), open_tokens()
    revocations = Revocations(RevocationRows(store), clock.now)
    sessions = Sessions(SessionRows(store), revocations, audit, clock.now, RULES)
    customers = CustomerRows(store)
    return Hall(
        store=store,
        clock=clock,
        customers=customers,
        trail=trail,
        audit=audit,
        revocations=revocations,
        sessions=sessions,
        tokens=tokens,
        sign_out=SignOut(sessions, AuthorizationRows(store), GrantRows(store), revocations, audit, clock.now),
        callers=Callers(tokens, revocations, Proofs(TicketRows(store), clock.now), sessions, clock.now),
        people=People(IdentityRows(store), customers, b"a secret of tests", clock.now),
        passkeys=PasskeyRows(store),
        throttle=Throttle(AttemptRows(store), secret=b"a secret of tests", now=clock.now),
    )


async def rows_of(store: AsyncEngine) -> str:
    """Return all that stands in any table, as text."""
    async with reading(store) as connection:
        found = [await connection.execute(table.select()) for table in METADATA.sorted_tables]
        return "\n".join(str(row) for each in found for row in each)


async def count(store: AsyncEngine, table: str) -> int:
    """Return how many rows a table has."""
    async with reading(store) as connection:
        return len((await connection.execute(METADATA.tables[table].select())).all())


def soon() -> Deadline:
    return Deadline.within(10)
