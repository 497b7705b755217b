"""Client: a registered application as Authlib asks it, and what it may be given."""

import hmac
from datetime import datetime
from typing import Final

from authlib.oauth2.rfc6749 import ClientMixin  # type: ignore[import-untyped]  # Authlib ships no types

from auth.server.redirects import is_registered
from connectors.store.clients import ClientRow
from connectors.store.tickets import key_of
from schema.scopes import CUSTOMER_SCOPES, GRANTABLE_SCOPES, PARTNER_SCOPES, Scope

CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
OWN: Final = "client_credentials"
DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"

NONE: Final = "none"
BY_SECRET: Final = "client_secret_basic"  # noqa: S105 -- a method's name
BY_SECRET_IN_FORM: Final = "client_secret_post"  # noqa: S105 -- same
BY_KEY: Final = "private_key_jwt"
METHODS: Final = (NONE, BY_SECRET, BY_SECRET_IN_FORM, BY_KEY)
"""How clients prove themselves (RFC 7591, section 2). One with a secret may send it either way."""

PARTNER: Final = "partner"
DEVICE_KIND: Final = "device"
APP: Final = "app"


def bound_of(kind: str, *, is_first_party: bool) -> frozenset[Scope]:
    """Return the most that a client of a kind can have."""
    if kind == PARTNER:
        return PARTNER_SCOPES
    return CUSTOMER_SCOPES if is_first_party else GRANTABLE_SCOPES


class Client(ClientMixin):  # type: ignore[misc]  # untyped
    """A client that is registered and not disabled, at one moment."""

    def __init__(self, row: ClientRow, now: datetime) -> None:
        self.row = row
        self._now = now

    @property
    def client_id(self) -> str:
        """The client's id."""
        return self.row.client_id

    @property
    def label(self) -> tuple[str, str]:
        """The id and the name, for the audit trail."""
        return self.row.client_id, self.row.name

    @property
    def is_confidential(self) -> bool:
        """Whether the client can prove itself."""
        return self.row.authentication_method != NONE

    @property
    def allowed(self) -> frozenset[str]:
        """The names of all scopes that the client may have now."""
        bound = bound_of(self.row.kind, is_first_party=self.row.is_first_party)
        return frozenset(self.row.scopes) & {scope.value for scope in bound}

    def get_client_id(self) -> str:
        """Return the client's id."""
        return self.row.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return None: the client always says where to (RFC 9700, section 2.1)."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return the scopes asked for, all that the client may have where it asks for none in particular.

        None, which refuses the request, where one of them is unknown or not for this client.
        """
        asked = frozenset((scope or "").split()) or self.allowed
        return " ".join(sorted(asked)) if asked and asked <= self.allowed else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether a redirect URI is registered."""
        return is_registered(redirect_uri, self.row.redirect_uris)

    def check_client_secret(self, client_secret: str) -> bool:
        """Tell whether this is the secret, or the one before while it is still good."""
        given, row = key_of(client_secret), self.row
        until = row.previous_secret_until
        previous = row.previous_secret_hash if until is not None and self._now < until else None
        known = [each for each in (row.secret_hash, previous) if each is not None]
        return any(hmac.compare_digest(given, each) for each in known)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Tell whether the client proves itself by a method; only who can prove itself may introspect."""
        if endpoint == "introspection" and not self.is_confidential:
            return False
        own = self.row.authentication_method
        return method == own or (own == BY_SECRET and method == BY_SECRET_IN_FORM)

    def check_response_type(self, response_type: str) -> bool:
        """Tell whether the client may ask customers by way of their browser."""
        return response_type == "code" and CODE in self.row.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether the client may use a grant type. Who can prove itself gets no refresh tokens: it asks again."""
        if grant_type == REFRESH and self.is_confidential:
            return False
        return grant_type in self.row.grant_types

    def __repr__(self) -> str:
        return f"Client({self.client_id!r})"
