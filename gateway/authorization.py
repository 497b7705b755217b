"""Authorization: our authorization server, wired to one store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth.audit import Audit
from auth.dpop import Proofs
from auth.keys import SigningKeys
from auth.revocations import Revocations
from auth.server.devices import Devices
from auth.server.endpoints import Endpoints
from auth.server.rules import Addresses, AuthorizationRules
from auth.server.server import AuthorizationServer
from auth.server.turn import Means, Turns
from auth.throttle import Throttle
from auth.tokens import AccessTokens
from connectors.store.authorization import AuthorizationRows
from connectors.store.grants import GrantRows
from connectors.store.health import Store
from connectors.store.links import LinkRows
from connectors.store.tickets import TicketRows


@dataclass(frozen=True, slots=True)
class Given:
    """What the authorization server shares with the rest of the house."""

    tokens: AccessTokens
    keys: SigningKeys
    revocations: Revocations
    proofs: Proofs
    audit: Audit
    throttle: Throttle
    now: Callable[[], datetime]


def authorization_server(store: Store, issuer: str, rules: AuthorizationRules, given: Given) -> AuthorizationServer:
    """Wire the server; raises UnusableIssuer, before anything is served, where the issuer cannot be one."""
    means = Means(given.tokens, given.keys, given.revocations, Addresses(issuer), rules)
    turns, links = Turns(AuthorizationRows(store), given.audit, means, given.now), LinkRows(store)
    return AuthorizationServer(
        turns=turns,
        endpoints=Endpoints(turns, given.proofs),
        devices=Devices(turns, given.throttle, links),
        grants=GrantRows(store),
        links=links,
        tickets=TicketRows(store),
    )
