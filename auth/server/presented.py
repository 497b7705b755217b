"""Presented: a token that a client shows to have it judged or withdrawn, whichever kind it is."""

from dataclasses import dataclass, field

from auth.server.client import Client
from auth.server.turn import Turn
from connectors.store.families import Family, find_family, find_refresh_token
from connectors.store.tickets import key_of
from schema.errors import Unauthenticated
from schema.scopes import Principal


@dataclass(frozen=True, slots=True)
class PresentedAccess:
    """An access token that has not expired."""

    principal: Principal
    turn: Turn = field(repr=False)

    @property
    def token_id(self) -> str:
        """The token's own id (`jti`)."""
        return next(key.removeprefix("jti:") for key in self.principal.revocable if key.startswith("jti:"))

    def check_client(self, client: Client) -> bool:
        """Tell whether the token was issued to the client."""
        return self.principal.client == client.client_id

    def is_expired(self) -> bool:
        """Tell whether the token has expired: one that has is not found."""
        return False

    def is_revoked(self) -> bool:
        """Tell whether the token was revoked."""
        return self.turn.means.revocations.is_revoked(self.principal)


@dataclass(frozen=True, slots=True)
class PresentedRefresh:
    """A refresh token by its family, whatever became of both."""

    family: Family

    def check_client(self, client: Client) -> bool:
        """Tell whether the token was issued to the client."""
        return self.family.client_id == client.client_id


def find_presented(turn: Turn, text: str) -> PresentedAccess | PresentedRefresh | None:
    """Find out what a token is; hints do not count, as they may be wrong (RFC 7009, section 2.1)."""
    refresh = find_refresh_token(turn.transaction, key_of(text))
    if refresh is not None:
        family = find_family(turn.transaction, refresh.family)
        return PresentedRefresh(family) if family is not None else None
    try:
        return PresentedAccess(turn.means.tokens.read(text, turn.now), turn)
    except Unauthenticated:
        return None
