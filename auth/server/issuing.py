"""Issuing: what a token may say, and the answer that carries it."""

import secrets
from collections.abc import Collection
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidGrantError  # type: ignore[import-untyped]  # Authlib ships no types

from auth.server.client import REFRESH, Client
from auth.server.errors import InvalidProof
from auth.server.turn import Turn
from auth.tokens import Bearer
from connectors.store.families import Family, RefreshToken, add_family, add_refresh_token, note_family_use
from connectors.store.grants import lock_grant, note_use
from connectors.store.tickets import key_of
from schema.scopes import Scope

REFRESH_PREFIX: Final = "ggr_"
_KNOWN: Final = {scope.value: scope for scope in Scope}


class Issued(dict[str, Any]):
    """A token answer. Authlib writes it to its debugging log, so it does not show itself."""

    def __repr__(self) -> str:
        return "Issued()"


def require_proof(turn: Turn, client: Client, bound_to: str | None) -> None:
    """Refuse a request without the DPoP proof that the client, or what it presents, asks for (RFC 9449, 5 and 10).

    Raises:
        InvalidProof: there is none.
        InvalidGrantError: it is by another key.
    """
    if turn.proof_key is None and (client.row.requires_dpop or bound_to is not None):
        raise InvalidProof("A DPoP proof is needed.")
    if bound_to is not None and turn.proof_key != bound_to:
        raise InvalidGrantError("The DPoP proof is by another key.")


def permitted(turn: Turn, client: Client, family: Family) -> frozenset[str]:
    """Return which of a family's scopes are allowed now: by the client's registration, and by the customer's grant.

    Holds the grant's row. Raises InvalidGrantError where nothing is allowed any more.
    """
    scopes = frozenset(family.scope.split()) & client.allowed
    if not client.row.is_first_party:
        grant = lock_grant(turn.transaction, family.grant_id) if family.grant_id is not None else None
        scopes = scopes & grant.scopes if grant is not None else frozenset()
    if not scopes:
        raise InvalidGrantError("The customer allows nothing any more.")
    return scopes


def open_and_issue(turn: Turn, client: Client, family: Family, scopes: Collection[str]) -> Issued:
    """Open a family, with a refresh token where the client may refresh, and answer with its first tokens."""
    add_family(turn.transaction, family)
    refresh_token = add_child(turn, family, None) if client.check_grant_type(REFRESH) else None
    return issue(turn, family, scopes, refresh_token)


def add_child(turn: Turn, family: Family, parent_hash: str | None) -> str:
    """Keep a new refresh token of a family, and return it."""
    token = REFRESH_PREFIX + secrets.token_urlsafe(32)
    expires_at = min(turn.now + turn.means.rules.refresh_idle, family.expires_at)
    add_refresh_token(turn.transaction, RefreshToken(key_of(token), family.id, parent_hash, turn.now, expires_at))
    return token


def issue(turn: Turn, family: Family, scopes: Collection[str], refresh_token: str | None) -> Issued:
    """Answer with an access token of a family (RFC 6749, section 5.1)."""
    note_family_use(turn.transaction, family.id, turn.now)
    if family.grant_id is not None:
        note_use(turn.transaction, family.grant_id, turn.now)
    bearer = Bearer(
        subject=family.subject,
        client_id=family.client_id,
        scopes=[_KNOWN[name] for name in scopes],
        authentication=family.authentication,
        grant=family.grant_id,
        family=family.id,
        proof_key=turn.proof_key,
        lifetime=family.expires_at - turn.now,
    )
    answer = signed(turn, bearer)
    if refresh_token is not None:
        answer["refresh_token"] = refresh_token
    return answer


def signed(turn: Turn, bearer: Bearer) -> Issued:
    """Answer with an access token."""
    issued = turn.means.tokens.issue(bearer, turn.now)
    return Issued(
        access_token=issued.token,
        token_type="Bearer" if bearer.proof_key is None else "DPoP",
        expires_in=int((issued.expires_at - turn.now).total_seconds()),
        scope=" ".join(sorted(scope.value for scope in bearer.scopes)),
    )
