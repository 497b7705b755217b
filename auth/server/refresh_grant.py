"""Refresh grant: a refresh token is exchanged for the next one and an access token (RFC 6749 6, RFC 9700 4.14).

Authlib keeps the old token and notices no reuse; here each token is good once, by compare-and-set under its family's
lock, and the family ends where one is reused.
"""

from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749.grants import RefreshTokenGrant  # type: ignore[import-untyped]  # Authlib ships no types

from auth.server.call import PlainRequest
from auth.server.client import METHODS, Client
from auth.server.issuing import Issued, add_child, issue, permitted, require_proof
from auth.server.rotation import Verdict, judge
from auth.server.turn import Turn
from connectors.store.families import (
    Family,
    RefreshToken,
    children_of,
    find_family,
    find_refresh_token,
    lock_family,
    replace_refresh_token,
    withdraw_children,
)
from connectors.store.tickets import key_of


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """A refresh token that its client may exchange now, and the scopes that it is good for."""

    row: RefreshToken
    family: Family
    scopes: frozenset[str] = field(default_factory=frozenset)

    def check_client(self, client: Client) -> bool:
        """Tell whether the token is the client's."""
        return self.family.client_id == client.client_id

    def get_scope(self) -> str:
        """Return what may be asked for at most."""
        return " ".join(self.scopes)


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # untyped
    """Exchanges refresh tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    request: PlainRequest

    @property
    def turn(self) -> Turn:
        """The request's turn."""
        turn: Turn = self.server.turn
        return turn

    def authenticate_refresh_token(self, refresh_token: str) -> PresentedToken | None:
        """Find a token of this client that may be exchanged; one that was reused ends its family.

        The rows of its grant and its family are held from here on, in this order.
        """
        turn, client, token_hash = self.turn, self.request.client, key_of(refresh_token)
        found = find_refresh_token(turn.transaction, token_hash)
        family = find_family(turn.transaction, found.family) if found is not None else None
        if family is None or family.client_id != client.client_id:
            return None
        require_proof(turn, client, family.dpop_jkt)
        scopes = permitted(turn, client, family)
        family = lock_family(turn.transaction, family.id)
        token = find_refresh_token(turn.transaction, token_hash)
        if token is None or family.revoked_at is not None or family.expires_at <= turn.now:
            return None
        children = children_of(turn.transaction, token_hash)
        verdict = judge(token, children, turn.now, turn.means.rules.lost_answer)
        if verdict is Verdict.REUSED:
            turn.end_reused(client, family.subject, family.id, "REFRESH_TOKEN")
        return PresentedToken(token, family, scopes) if verdict in {Verdict.FRESH, Verdict.ASKED_AGAIN} else None

    def authenticate_user(self, refresh_token: PresentedToken) -> str:
        """Return whose token it is."""
        return refresh_token.family.subject

    def generate_token(self, *_: Any, **__: Any) -> Issued:  # noqa: ANN401 -- Authlib's signature
        """Exchange the token; what an earlier exchange gave, and nobody used, is withdrawn."""
        turn, presented = self.turn, self.request.refresh_token
        if not replace_refresh_token(turn.transaction, presented.row.token_hash, turn.now):
            withdraw_children(turn.transaction, presented.row.token_hash, turn.now)
        child = add_child(turn, presented.family, presented.row.token_hash)
        asked = frozenset((self.request.payload.scope or "").split())
        return issue(turn, presented.family, asked or presented.scopes, child)

    def revoke_old_credential(self, refresh_token: PresentedToken) -> None:
        """Do nothing: the token was replaced when the next one was made."""
