"""What is configured of an OpenID provider, and which addresses may be spoken to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from schema.authentication import Assurance

_SLUG: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Our registration at one provider.

    `name` is its slug in addresses, `title` what people call it. `issuer` is compared character by character with what
    the provider says of itself. `client_secret` is empty for a public client, and best of letters and digits: not every
    provider decodes other characters as RFC 6749, 2.3.1 tells it to. `acr` maps the provider's authentication contexts
    to assurance; one that is absent from it, or not told, has `assurance`. `max_age_s` is how old a sign-in there may
    be.
    """

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scopes: Sequence[str] = ("openid", "profile")
    acr: Mapping[str, Assurance] = field(default_factory=dict)
    assurance: Assurance = Assurance.LOW
    max_age_s: int | None = None
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what could never work, saying how to mend it."""
        if not _SLUG.fullmatch(self.name):
            raise ValueError(
                f"name of an OpenID provider: {self.name!r} must be lower-case letters, digits and hyphens"
            )
        if not is_secure(self.issuer, self.issuer) or urlsplit(self.issuer).query:
            raise ValueError(f"issuer of {self.name}: {self.issuer!r} must be an https address (RFC 8414, section 2)")
        if "openid" not in self.scopes:
            raise ValueError(f"scopes of {self.name}: {', '.join(self.scopes)} must contain openid")


def is_secure(url: str, issuer: str) -> bool:
    """Tell whether an address may be spoken to: by https, or on this machine where the issuer is on it too."""
    try:
        parts, home = urlsplit(url), urlsplit(issuer)
    except ValueError:
        return False
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and _is_loopback(parts.hostname) and _is_loopback(home.hostname)
    )


def _is_loopback(host: str | None) -> bool:
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
