"""Revocation: a client withdraws a token of its own (RFC 7009). What is not its own is as unknown: nothing changes."""

from authlib.oauth2.rfc6749 import InvalidRequestError  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.oauth2.rfc7009 import RevocationEndpoint  # type: ignore[import-untyped]  # same

from auth.audit import AuditKind
from auth.server.call import PlainRequest
from auth.server.client import METHODS, Client
from auth.server.presented import PresentedAccess, PresentedRefresh, find_presented
from connectors.store.families import end_family


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # untyped
    """Withdraws an access token, or a refresh token with its whole family."""

    CLIENT_AUTH_METHODS = METHODS

    def authenticate_token(self, request: PlainRequest, client: Client) -> PresentedAccess | PresentedRefresh | None:
        """Find a token of this client. Authlib answers `invalid_grant` for another's; RFC 7009, 2.2 asks for 200."""
        self.check_params(request, client)
        token = find_presented(self.server.turn, request.form["token"])
        return token if token is not None and token.check_client(client) else None

    def check_params(self, request: PlainRequest, client: Client) -> None:  # noqa: ARG002 -- Authlib's signature
        """Refuse a request without a token; a hint may be anything."""
        if "token" not in request.form:
            raise InvalidRequestError("Missing 'token' in request.")

    def revoke_token(self, token: PresentedAccess | PresentedRefresh, request: PlainRequest) -> None:
        """Withdraw a token."""
        turn = self.server.turn
        if isinstance(token, PresentedAccess):
            turn.revoked.append(f"jti:{token.token_id}")
            return
        family = token.family
        if end_family(turn.transaction, family.id, turn.now):
            turn.revoked.append(f"sid:{family.id}")
            turn.record(AuditKind.ACCESS_REVOKED, request.client, family.subject, "BY_CLIENT")
