"""Rules of the authorization server: its addresses, and how long what it hands out is good."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = ("127.0.0.1", "::1")


class UnusableIssuer(ValueError):
    """The issuer cannot be one (RFC 8414, section 2)."""

    def __init__(self, issuer: str) -> None:
        super().__init__(
            f"issuer {issuer!r} is no address of an authorization server: give https://host, "
            "or http://127.0.0.1:port to try things out, without query and fragment"
        )


@dataclass(frozen=True, slots=True)
class AuthorizationRules:
    """How long things are good. Access tokens have a lifetime of their own (`auth/tokens.py`)."""

    code_lifetime: timedelta = timedelta(seconds=60)
    refresh_idle: timedelta = timedelta(days=30)
    refresh_absolute: timedelta = timedelta(days=180)
    lost_answer: timedelta = timedelta(seconds=30)
    device_lifetime: timedelta = timedelta(minutes=10)
    device_interval: timedelta = timedelta(seconds=5)
    assertion_lifetime: timedelta = timedelta(minutes=5)
    request_lifetime: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        if self.code_lifetime > timedelta(seconds=60):
            raise ValueError("code_lifetime is longer than 60 seconds")
        if self.refresh_idle > self.refresh_absolute:
            raise ValueError("refresh_idle is longer than refresh_absolute")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The public addresses of the server, all under its issuer. Raises UnusableIssuer."""

    issuer: str

    def __post_init__(self) -> None:
        try:
            split = urlsplit(self.issuer)
        except ValueError as error:
            raise UnusableIssuer(self.issuer) from error
        is_safe = split.scheme == "https" or (split.scheme == "http" and split.hostname in {*LOOPBACK, "localhost"})
        if not is_safe or not split.hostname or "@" in split.netloc or split.query or split.fragment:
            raise UnusableIssuer(self.issuer)

    def of(self, path: str) -> str:
        """Return the public address of a path, whatever host and scheme a proxy made of the request."""
        return self.issuer.rstrip("/") + path

    @property
    def token(self) -> str:
        """The token endpoint."""
        return self.of("/oauth/token")

    @property
    def resources(self) -> frozenset[str]:
        """The names by which a client may ask for a token for us (RFC 8707): the issuer and the GraphQL endpoint."""
        return frozenset({self.issuer, self.of(""), self.of("/"), self.of("/graphql")})
