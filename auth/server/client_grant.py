"""Client grant: a partner asks on its own, for nobody in particular, and without refresh tokens (RFC 6749, 4.4)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidScopeError  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant  # type: ignore[import-untyped]  # same

from auth.server.call import PlainRequest
from auth.server.client import METHODS, NONE
from auth.server.issuing import Issued, require_proof, signed
from auth.server.turn import Turn
from auth.tokens import Bearer
from schema.scopes import Scope


class ClientGrant(ClientCredentialsGrant):  # type: ignore[misc]  # untyped
    """Issues tokens to partners."""

    TOKEN_ENDPOINT_AUTH_METHODS = tuple(method for method in METHODS if method != NONE)

    request: PlainRequest

    def validate_token_request(self) -> None:
        """Check the scopes and the proof as well."""
        super().validate_token_request()
        turn: Turn = self.server.turn
        if self.request.client.get_allowed_scope(self.request.payload.scope) is None:
            raise InvalidScopeError
        require_proof(turn, self.request.client, None)

    def generate_token(self, *_: Any, **__: Any) -> Issued:  # noqa: ANN401 -- Authlib's signature
        """Answer with an access token of the client's own."""
        turn: Turn = self.server.turn
        client = self.request.client
        scopes = [Scope(name) for name in client.get_allowed_scope(self.request.payload.scope).split()]
        bearer = Bearer(client.client_id, client.client_id, scopes, proof_key=turn.proof_key)
        return signed(turn, bearer)
