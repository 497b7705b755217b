"""Introspection: a client that can prove itself asks what a token of its own is still good for (RFC 7662)."""

from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.oauth2.rfc7662 import IntrospectionEndpoint  # type: ignore[import-untyped]  # same

from auth.server.call import PlainRequest
from auth.server.client import METHODS, NONE, Client
from auth.server.presented import PresentedAccess, find_presented


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # untyped
    """Tells of a client's own access tokens; of all others, that they are not active."""

    CLIENT_AUTH_METHODS = tuple(method for method in METHODS if method != NONE)

    def check_params(self, request: PlainRequest, client: Client) -> None:  # noqa: ARG002 -- Authlib's signature
        """Refuse a request without a token; a hint may be anything."""
        if "token" not in request.form:
            raise InvalidRequestError("Missing 'token' in request.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> PresentedAccess | None:  # noqa: ARG002 -- Authlib's signature
        """Find an access token in force."""
        token = find_presented(self.server.turn, token_string)
        return token if isinstance(token, PresentedAccess) else None

    def check_permission(self, token: PresentedAccess, client: Client, request: PlainRequest) -> bool:  # noqa: ARG002 -- Authlib's signature
        """Tell whether the token is the client's own."""
        return token.check_client(client)

    def introspect_token(self, token: PresentedAccess) -> dict[str, Any]:
        """Say what a token is (RFC 7662, section 2.2; RFC 9470, section 6.2; RFC 9449, section 6.2)."""
        principal, means = token.principal, self.server.turn.means
        said = {
            "active": True,
            "iss": means.addresses.issuer,
            "client_id": principal.client,
            "sub": principal.subject or principal.client,
            "scope": " ".join(sorted(scope.value for scope in principal.scopes)),
            "jti": token.token_id,
            "iat": _seconds(principal.issued_at),
            "exp": _seconds(principal.expires_at),
            "token_type": "Bearer" if principal.proof_key is None else "DPoP",
            "cnf": {"jkt": principal.proof_key} if principal.proof_key else None,
        }
        if principal.authentication is not None:
            said["acr"] = principal.authentication.assurance.acr
            said["auth_time"] = _seconds(principal.authentication.at)
        return {name: value for name, value in said.items() if value is not None}


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment is not None else None
