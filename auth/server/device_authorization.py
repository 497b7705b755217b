"""Device authorization: a device without a browser begins to wait, and shows a code to type (RFC 8628, 3.1)."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]  # Authlib ships no types
    InvalidScopeError,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint  # type: ignore[import-untyped]  # same

from auth.server.call import PlainRequest
from auth.server.client import DEVICE, METHODS, Client
from auth.server.turn import Turn
from connectors.store.devices import Device, add_device
from connectors.store.tickets import key_of

DEVICE_PREFIX: Final = "ggd_"
_LETTERS: Final = frozenset("BCDFGHJKLMNPQRSTVWXZ")
"""Letters that make no words and look like no figures (RFC 8628, section 6.1)."""
_LENGTH: Final = 8


def read_user_code(text: str) -> str | None:
    """Read a code as somebody types it, in either case and with any marks between; None where it cannot be one."""
    code = "".join(letter for letter in text.upper() if letter.isalnum())
    return code if len(code) == _LENGTH and set(code) <= _LETTERS else None


class DeviceAuthorization(DeviceAuthorizationEndpoint):  # type: ignore[misc]  # untyped
    """Lets devices begin to wait."""

    CLIENT_AUTH_METHODS = METHODS

    def __init__(self, server: Any) -> None:  # noqa: ANN401 -- Core, which imports this module
        super().__init__(server)
        rules = self.turn.means.rules
        self.EXPIRES_IN = int(rules.device_lifetime.total_seconds())
        self.INTERVAL = int(rules.device_interval.total_seconds())
        self._scope = ""

    @property
    def turn(self) -> Turn:
        """The request's turn."""
        turn: Turn = self.server.turn
        return turn

    def authenticate_client(self, request: PlainRequest) -> Client:
        """Find out which client asks, whether it may, and what for."""
        client: Client = super().authenticate_client(request)
        if not client.check_grant_type(DEVICE):
            raise UnauthorizedClientError("The client is not a device.")
        scope = client.get_allowed_scope(request.payload.scope)
        if scope is None:
            raise InvalidScopeError
        self._scope = scope
        return client

    def generate_device_code(self) -> str:
        """Draw the code that the device polls with."""
        return DEVICE_PREFIX + secrets.token_urlsafe(32)

    def get_verification_uri(self) -> str:
        """Return the page where the code is typed."""
        return self.turn.means.addresses.of("/device")

    def save_device_credential(self, client_id: str, scope: str | None, data: Mapping[str, Any]) -> None:  # noqa: ARG002 -- Authlib's signature
        """Keep what the device waits for, under the hashes of its codes."""
        turn = self.turn
        device = Device(
            device_code_hash=key_of(data["device_code"]),
            user_code_hash=key_of(data["user_code"].replace("-", "")),
            client_id=client_id,
            scope=self._scope,
            state="pending",
            interval_s=self.INTERVAL,
            issued_at=turn.now,
            expires_at=turn.now + turn.means.rules.device_lifetime,
        )
        add_device(turn.transaction, device)
