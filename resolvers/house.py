"""The house as the verbs see it: doors, proofs and the profile, wired once at start."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from auth.audit import Audit
from auth.credentials import Credentials
from auth.linking import Linking
from auth.phone_change import PhoneChange
from auth.server.limits import ClientLimits
from auth.sessions import Sessions
from auth.sign_out import SignOut
from auth.signing_in import SigningIn
from auth.step_up import StepUp
from auth.throttle import Throttle
from connectors.billing.feed import BalanceFeed
from connectors.billing.port import Billing
from connectors.distribution.port import Distribution
from connectors.store.audit import AuditRows
from connectors.store.clients import ClientRows
from connectors.store.customers import CustomerRows
from connectors.store.grants import GrantRows
from connectors.store.identities import IdentityRows
from connectors.store.links import LinkRows
from connectors.store.passkeys import PasskeyRows
from connectors.supply.port import Supply
from schema.profile import UtilityProfile


@dataclass(frozen=True, slots=True)
class House:
    """Everything that resolvers call; lives as long as the process."""

    profile: UtilityProfile
    billing: Billing
    distribution: Distribution
    supply: Supply
    feed: BalanceFeed
    customers: CustomerRows
    links: LinkRows
    signing_in: SigningIn
    linking: Linking
    sessions: Sessions
    sign_out: SignOut
    step_up: StepUp
    credentials: Credentials
    phone_change: PhoneChange | None
    passkeys: PasskeyRows
    identities: IdentityRows
    grants: GrantRows
    clients: ClientRows
    audit: Audit
    trail: AuditRows
    throttle: Throttle
    client_limits: ClientLimits
    store_answers: Callable[[], Awaitable[bool]]
    now: Callable[[], datetime]
    deadline_s: float
    node_limit: int

    async def client(self, client_id: str) -> tuple[str, str]:
        """Return a client's id and name, for the audit trail."""
        found = await self.clients.get(client_id)
        return client_id, found.name if found else client_id
