"""The house as the verbs see it: doors, proofs and the profile, wired once at start."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from auth.linking import Linking
from auth.signing_in import SigningIn
from connectors.billing.feed import BalanceFeed
from connectors.billing.port import Billing
from connectors.distribution.port import Distribution
from connectors.store.customers import CustomerRows
from connectors.store.links import LinkRows
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
    store_answers: Callable[[], Awaitable[bool]]
    now: Callable[[], datetime]
    deadline_s: float
    node_limit: int
