"""Access: a customer's open sessions, passkeys, what they granted to whom, and who saw their accounts."""

from datetime import datetime
from enum import Enum

import strawberry

from schema.identifiers import AccountNumber
from schema.scopes import Scope


@strawberry.enum(name="AccessEventKind", description="What happened.")
class AuditKind(Enum):
    """What happened; the kinds of the audit trail."""

    SIGNED_IN = "SIGNED_IN"
    SIGN_IN_REFUSED = "SIGN_IN_REFUSED"
    SIGNED_OUT = "SIGNED_OUT"
    REGISTERED = "REGISTERED"
    CREDENTIAL_CHANGED = "CREDENTIAL_CHANGED"
    CREDENTIAL_SENT = "CREDENTIAL_SENT"
    ACCOUNT_LINKED = "ACCOUNT_LINKED"
    ACCOUNT_UNLINKED = "ACCOUNT_UNLINKED"
    ACCESS_GRANTED = "ACCESS_GRANTED"
    ACCESS_REVOKED = "ACCESS_REVOKED"
    ACCESS_REFUSED = "ACCESS_REFUSED"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 -- what happened
    ACCOUNT_SEEN = "ACCOUNT_SEEN"
    PAYEE_SEEN = "PAYEE_SEEN"
    CLIENT_CHANGED = "CLIENT_CHANGED"


@strawberry.type(name="Session", description="A browser that is signed in.")
class ShownSession:
    """A browser that is signed in, and roughly where."""

    id: strawberry.ID
    provider: str = strawberry.field(description="How they signed in: the provider's name.")
    device: str = strawberry.field(description='The browser and system, such as "Firefox, Linux".')
    network: str = strawberry.field(description="The network of the IP address, such as 192.0.2.0/24.")
    opened_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool = strawberry.field(description="Whether this is the session that asks.")


@strawberry.type(name="Passkey", description="A passkey (W3C Web Authentication).")
class ShownPasskey:
    """A passkey as its customer sees it."""

    id: strawberry.ID
    name: str
    added_at: datetime
    last_used_at: datetime | None


@strawberry.type(description="What the customer allowed an application.")
class AccessGrant:
    """What the customer allowed an application, and for which accounts."""

    id: strawberry.ID
    application: str
    scopes: list[Scope]
    accounts: list[AccountNumber]
    granted_at: datetime
    last_used_at: datetime | None


@strawberry.type(description="A legal person that the customer may act for, as an identity provider said.")
class Organisation:
    """A legal person that the customer may act for."""

    tin: str = strawberry.field(description="The taxpayer number.")
    name: str
    is_primary: bool


@strawberry.type(description="Something that happened to the customer's sign-in, grants or accounts.")
class AccessEvent:
    """One event of the audit trail, as its customer sees it."""

    id: strawberry.ID
    at: datetime
    kind: AuditKind
    account: AccountNumber | None
    application: str | None = strawberry.field(description="The application that acted, where it was one.")
    provider: str | None
    detail: str | None = strawberry.field(description="A code, or the scopes that it is about.")
    network: str | None
    device: str | None


@strawberry.type(description="So many sessions were ended; the tokens issued from them are refused from now on.")
class SignedOut:
    """So many sessions were ended."""

    sessions: int


@strawberry.type(description="The grant is revoked; the application's tokens are refused from now on.")
class GrantRevoked:
    """The grant is revoked; revoking again changes nothing."""

    id: strawberry.ID


@strawberry.type(description="The passkey is removed.")
class PasskeyRemoved:
    """The passkey is removed; removing again changes nothing."""

    id: strawberry.ID


@strawberry.input(description="A new password; the old one was given at the recent sign-in that this asks for.")
class ChangePasswordInput:
    """A new password."""

    new_password: str


@strawberry.type(description="The password was changed; every other session and every application's tokens were ended.")
class PasswordChanged:
    """The password was changed."""

    ended_sessions: int


@strawberry.input(description="The new phone number; a code is sent there.")
class ChangePhoneInput:
    """The new phone number."""

    phone: str = strawberry.field(description="In international form, or as it is dialled in the utility's country.")


@strawberry.type(description="A code was sent to the new number, if it can be used.")
class PhoneCodeSent:
    """A code was sent to the new number."""

    expires_at: datetime


@strawberry.input(description="The code that was sent to the new number.")
class ConfirmPhoneInput:
    """The code that was sent to the new number."""

    code: str


@strawberry.type(description="The phone was changed; every other session and every application's tokens were ended.")
class PhoneChanged:
    """The phone was changed."""

    phone: str = strawberry.field(description="E.164.")
    ended_sessions: int
