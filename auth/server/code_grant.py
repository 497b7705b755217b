"""Code grant: an authorization code for a browser's redirect, and tokens for it once (RFC 6749 4.1, 7636, 9700 2.1).

Every client proves by PKCE, with S256, that it began what it finishes. A code that is presented again ends everything
that was issued for it. What does not fit — another client, redirect URI, verifier or key — leaves the code as it is.
"""

import re
import secrets
from typing import Any, Final

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]  # same
    AuthorizationCodeMixin,
    InvalidGrantError,
    InvalidRequestError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant  # type: ignore[import-untyped]  # same
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]  # same

from auth.server.approval import Approval, settle
from auth.server.call import PlainRequest
from auth.server.client import METHODS, Client
from auth.server.issuing import Issued, open_and_issue, permitted, require_proof
from auth.server.turn import Turn
from connectors.store.authorization import Code, add_code, find_code, use_code
from connectors.store.families import Family
from connectors.store.tickets import key_of

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""A SHA-256 in base64url; Authlib's own pattern lets longer ones, and a line end, pass."""


class RequiredChallenge(CodeChallenge):  # type: ignore[misc]  # untyped
    """PKCE for every client, by S256 alone: Authlib asks only public clients, and takes `plain`."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: "CodeGrant", redirect_uri: str) -> None:
        """Refuse a request without a challenge by S256."""
        given = grant.request.payload.data
        if given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("code_challenge_method is not S256.")
        if not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
            raise InvalidRequestError("code_challenge is no SHA-256 in base64url.")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge_method(self, authorization_code: "PresentedCode") -> str:  # noqa: ARG002 -- Authlib's signature
        """Return the one method there is."""
        return "S256"


class PresentedCode(AuthorizationCodeMixin):  # type: ignore[misc]  # untyped
    """A code that its client presents in time and for the first time."""

    def __init__(self, row: Code) -> None:
        self.row = row
        self.code_challenge = row.code_challenge

    def get_redirect_uri(self) -> str:
        """Return where the code was sent."""
        return self.row.redirect_uri

    def get_scope(self) -> str:
        """Return what was approved."""
        return self.row.scope


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # untyped
    """Hands out codes and exchanges them."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    request: PlainRequest

    @property
    def turn(self) -> Turn:
        """The request's turn."""
        turn: Turn = self.server.turn
        return turn

    def create_authorization_response(self, redirect_uri: str, grant_user: Approval | None) -> Any:  # noqa: ANN401 -- Authlib's triple
        """Hand out a code for an approval; what it is refused for goes back to the client as well."""
        try:
            return super().create_authorization_response(redirect_uri, grant_user)
        except OAuth2Error as error:
            error.redirect_uri = redirect_uri
            raise

    def generate_authorization_code(self) -> str:
        """Draw a code."""
        return secrets.token_urlsafe(32)

    def save_authorization_code(self, code: str, request: PlainRequest) -> None:
        """Keep a code for what a customer has just approved (`request.user`)."""
        turn, client, approval = self.turn, request.client, request.user
        settled = settle(turn, client, approval)
        row = Code(
            code_hash=key_of(code),
            family=secrets.token_urlsafe(16),
            client_id=client.client_id,
            subject=approval.subject,
            grant_id=settled.grant_id,
            redirect_uri=request.payload.redirect_uri,
            scope=settled.scope,
            code_challenge=request.payload.data["code_challenge"],
            dpop_jkt=request.payload.data.get("dpop_jkt"),
            authentication=approval.authentication,
            issued_at=turn.now,
            expires_at=turn.now + turn.means.rules.code_lifetime,
        )
        add_code(turn.transaction, row)

    def query_authorization_code(self, code: str, client: Client) -> PresentedCode | None:
        """Find a code of this client that is still good; one that was used before ends what it led to."""
        row = find_code(self.turn.transaction, key_of(code))
        if row is None or row.client_id != client.client_id:
            return None
        if row.used_at is not None:
            self.turn.end_reused(client, row.subject, row.family, "CODE")
            return None
        return PresentedCode(row) if row.expires_at > self.turn.now else None

    def validate_token_request(self) -> None:
        """Check everything before the code is used up."""
        super().validate_token_request()
        require_proof(self.turn, self.request.client, self.request.authorization_code.row.dpop_jkt)

    def create_token_response(self) -> Any:  # noqa: ANN401 -- Authlib's triple
        """Use the code up, or find that somebody else has just done so, and answer."""
        row = self.request.authorization_code.row
        if not use_code(self.turn.transaction, row.code_hash, self.turn.now):
            self.turn.end_reused(self.request.client, row.subject, row.family, "CODE")
            raise InvalidGrantError("Invalid 'code' in request.")
        return super().create_token_response()

    def authenticate_user(self, authorization_code: PresentedCode) -> str:
        """Return whose code it is."""
        return authorization_code.row.subject

    def generate_token(self, *_: Any, **__: Any) -> Issued:  # noqa: ANN401 -- Authlib's signature
        """Open a family for the code, and answer with its first tokens."""
        turn, client, row = self.turn, self.request.client, self.request.authorization_code.row
        family = Family(
            id=row.family,
            client_id=row.client_id,
            subject=row.subject,
            grant_id=row.grant_id,
            scope=row.scope,
            dpop_jkt=turn.proof_key,
            authentication=row.authentication,
            opened_at=turn.now,
            last_used_at=turn.now,
            expires_at=turn.now + turn.means.rules.refresh_absolute,
        )
        return open_and_issue(turn, client, family, permitted(turn, client, family))

    def delete_authorization_code(self, authorization_code: PresentedCode) -> None:
        """Leave the code where it is: it was used up, and has to be known when it comes again."""
