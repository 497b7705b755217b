"""Core: Authlib's authorization server for one request.

Authlib's core is synchronous, and asks the server for clients and tokens without saying for which request. So each
request has a server of its own, which holds that request's transaction; making one costs microseconds.
"""

import re
from collections.abc import Callable, Collection
from typing import Any, Final

from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]  # Authlib ships no types
from authlib.oauth2 import AuthorizationServer, OAuth2Error  # type: ignore[import-untyped]  # same
from authlib.oauth2.rfc6749 import InvalidClientError  # type: ignore[import-untyped]  # same

from auth.server.call import Answer, PlainRequest
from auth.server.client import BY_KEY, Client
from auth.server.client_assertion import ClientAssertion
from auth.server.client_grant import ClientGrant
from auth.server.code_grant import CodeGrant, RequiredChallenge
from auth.server.device_authorization import DeviceAuthorization
from auth.server.device_grant import DeviceGrant
from auth.server.errors import InvalidTarget, TooManyRequests
from auth.server.introspection import Introspection
from auth.server.limits import count
from auth.server.refresh_grant import RefreshGrant
from auth.server.revocation import Revocation
from auth.server.turn import Turn
from connectors.store.clients import find_client

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_FROM_ANSWERS: Final = frozenset({"Location", "WWW-Authenticate", "Retry-After"})


class Core(AuthorizationServer):  # type: ignore[misc]  # untyped
    """Authlib's server inside one transaction."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self.turn = turn
        self._clients: dict[str, Client | None] = {}
        self.register_client_auth_method(BY_KEY, ClientAssertion(turn))
        self.register_grant(CodeGrant, [RequiredChallenge()])
        self.register_grant(RefreshGrant)
        self.register_grant(ClientGrant)
        self.register_grant(DeviceGrant)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)
        self.register_endpoint(DeviceAuthorization)

    def serve(self, request: PlainRequest, work: Callable[["Core", PlainRequest], Answer]) -> Answer:
        """Answer a request to an endpoint; errors become answers here, so that what they wrote is committed."""
        try:
            request.check_repetitions()
            self.check_resources(request)
            return work(self, request)
        except OAuth2Error as error:
            return self.handle_error_response(request, error)

    def query_client(self, client_id: str) -> Client | None:
        """Find a client that is registered and not disabled."""
        if client_id not in self._clients:
            is_one = _CLIENT_ID.fullmatch(client_id) is not None  # what is none must not reach the database
            row = find_client(self.turn.transaction, client_id) if is_one else None
            is_usable = row is not None and row.disabled_at is None
            self._clients[client_id] = Client(row, self.turn.now) if row is not None and is_usable else None
        return self._clients[client_id]

    def authenticate_client(self, request: PlainRequest, methods: Collection[str], endpoint: str = "token") -> Client:
        """Find out which client asks; raises InvalidClientError, InvalidRequestError and TooManyRequests."""
        request.check_credentials()
        client: Client = super().authenticate_client(request, methods, endpoint)
        if request.payload.client_id not in {None, client.client_id}:
            raise InvalidClientError(description="client_id is another client than the one that proves itself.")
        wait = count(self.turn.transaction, client.row, self.turn.now)
        if wait is not None:
            raise TooManyRequests(wait)
        request.client = client
        return client

    def check_resources(self, request: PlainRequest) -> None:
        """Refuse a token for somebody else (RFC 8707); raises InvalidTarget."""
        if not set(request.resources) <= self.turn.means.addresses.resources:
            raise InvalidTarget("The resource is not served here.")

    def create_oauth2_request(self, request: PlainRequest) -> PlainRequest:
        """Return the request, which is made before Authlib sees it."""
        return request

    def handle_response(self, status: int, body: Any, headers: Collection[tuple[str, str]]) -> Answer:  # noqa: ANN401 -- Authlib's signature
        """Return what Authlib answers; a redirect back to a client says who answers (RFC 9207)."""
        kept = {name: value for name, value in headers if name in _FROM_ANSWERS}
        if "Location" not in kept:
            return Answer(status, body, kept)
        issuer = self.turn.means.addresses.issuer
        return Answer(303, None, {**kept, "Location": add_params_to_uri(kept["Location"], [("iss", issuer)])})

    def handle_error_response(self, request: PlainRequest, error: OAuth2Error) -> Answer:
        """Return an error; a client that did not prove itself gets 401 whichever way it tried."""
        if isinstance(error, InvalidClientError):
            error.status_code = 401
        answer: Answer = super().handle_error_response(request, error)
        return answer

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- Authlib's signature
        """Tell nobody: what matters is recorded where it happens."""

    def save_token(self, token: Any, request: PlainRequest) -> None:  # noqa: ANN401 -- Authlib's signature
        """Do nothing: tokens are kept where they are made, and as hashes."""
