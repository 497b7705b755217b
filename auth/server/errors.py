"""Errors that the authorization server answers with and Authlib has no name for.

OAuth2Error (Authlib)
├── InvalidTarget         a resource that is not ours (RFC 8707)
├── InvalidProof          a DPoP proof that is missing or does not count (RFC 9449)
├── TooManyRequests       the client's limit is reached
└── Unmet                 the sign-in asked for needs the customer (OpenID Connect Core 3.1.2.6, RFC 9470)
"""

from datetime import timedelta
from math import ceil

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # Authlib ships no types


class InvalidTarget(OAuth2Error):  # type: ignore[misc]  # untyped
    """The resource is not ours."""

    error = "invalid_target"


class InvalidProof(OAuth2Error):  # type: ignore[misc]  # untyped
    """The DPoP proof is missing or does not count."""

    error = "invalid_dpop_proof"


class TooManyRequests(OAuth2Error):  # type: ignore[misc]  # untyped
    """The client's limit is reached; the answer says for how many seconds."""

    error = "temporarily_unavailable"
    status_code = 429

    def __init__(self, wait: timedelta) -> None:
        super().__init__("The client has made all requests that it may make in this minute.")
        self._wait_s = max(1, ceil(wait.total_seconds()))

    def get_headers(self) -> list[tuple[str, str]]:
        """Add when to ask again."""
        return [*super().get_headers(), ("Retry-After", str(self._wait_s))]


class Unmet(OAuth2Error):  # type: ignore[misc]  # untyped
    """What was asked of the customer's sign-in is not met; `error` says what."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description, error=error)
