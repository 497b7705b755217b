"""Tables of the authorization server: clients, grants, codes, tokens, the audit trail. Secrets stand here hashed."""

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from connectors.store.columns import METADATA, SERIAL, Instant

clients: Final = Table(
    "clients",
    METADATA,
    Column("client_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("is_first_party", Boolean, nullable=False),
    Column("redirect_uris", Text, nullable=False),
    Column("grant_types", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("authentication_method", String(32), nullable=False),
    Column("secret_hash", String(64)),
    Column("previous_secret_hash", String(64)),
    Column("previous_secret_until", Instant),
    Column("jwks", Text),
    Column("requires_dpop", Boolean, nullable=False),
    Column("requests_per_minute", Integer),
    Column("registered_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)
"""Applications that ask for tokens. Lists are JSON arrays; `kind` is `app`, `partner` or `device`."""

client_rates: Final = Table(
    "client_rates",
    METADATA,
    Column("client_id", String(64), ForeignKey("clients.client_id"), primary_key=True),
    Column("minute", Instant, nullable=False),
    Column("requests", Integer, nullable=False),
)
"""How many requests a client with a limit made in the last minute in which it made any."""

grants: Final = Table(
    "grants",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("subject", Text, ForeignKey("customers.subject"), nullable=False),
    Column("client_id", String(64), ForeignKey("clients.client_id"), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
)
"""What a customer allowed a client. Rows are closed, never deleted."""

GRANT_IS_OPEN: Final = text("revoked_at IS NULL")

Index(
    "uq_grants_open",
    grants.c.subject,
    grants.c.client_id,
    unique=True,
    postgresql_where=GRANT_IS_OPEN,
    sqlite_where=GRANT_IS_OPEN,
)

grant_accounts: Final = Table(
    "grant_accounts",
    METADATA,
    Column("grant_id", String(32), ForeignKey("grants.id"), primary_key=True),
    Column("account_number", Text, primary_key=True),
)
"""The accounts that a grant lets a third party see."""

authorization_codes: Final = Table(
    "authorization_codes",
    METADATA,
    Column("code_hash", String(64), primary_key=True),
    Column("family", String(32), nullable=False),
    Column("client_id", String(64), ForeignKey("clients.client_id"), nullable=False),
    Column("subject", Text, ForeignKey("customers.subject"), nullable=False),
    Column("grant_id", String(32), ForeignKey("grants.id")),
    Column("redirect_uri", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("code_challenge", String(64), nullable=False),
    Column("dpop_jkt", String(64)),
    Column("assurance", Integer, nullable=False),
    Column("amr", Text, nullable=False),
    Column("authenticated_at", Instant, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

token_families: Final = Table(
    "token_families",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("client_id", String(64), ForeignKey("clients.client_id"), nullable=False),
    Column("subject", Text, ForeignKey("customers.subject"), nullable=False, index=True),
    Column("grant_id", String(32), ForeignKey("grants.id"), index=True),
    Column("scope", Text, nullable=False),
    Column("dpop_jkt", String(64)),
    Column("assurance", Integer, nullable=False),
    Column("amr", Text, nullable=False),
    Column("authenticated_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("revoked_at", Instant),
)
"""All tokens that descend from one sign-in of an application; they end together, at `expires_at` at the latest."""

refresh_tokens: Final = Table(
    "refresh_tokens",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("family", String(32), ForeignKey("token_families.id"), nullable=False, index=True),
    Column("parent_hash", String(64), index=True),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("replaced_at", Instant),
    Column("revoked_at", Instant),
)
"""Refresh tokens: `replaced_at` is when one was first exchanged, `revoked_at` when an unused one was withdrawn."""

device_codes: Final = Table(
    "device_codes",
    METADATA,
    Column("device_code_hash", String(64), primary_key=True),
    Column("user_code_hash", String(64), nullable=False, unique=True),
    Column("client_id", String(64), ForeignKey("clients.client_id"), nullable=False),
    Column("scope", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("subject", Text, ForeignKey("customers.subject")),
    Column("grant_id", String(32), ForeignKey("grants.id")),
    Column("assurance", Integer),
    Column("amr", Text),
    Column("authenticated_at", Instant),
    Column("interval_s", Integer, nullable=False),
    Column("last_polled_at", Instant),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
"""Devices that wait for somebody; `state` is `pending`, `approved`, `denied` or `consumed`."""

revocations: Final = Table(
    "revocations",
    METADATA,
    Column("key", String(80), primary_key=True),
    Column("revoked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
"""What access tokens issued before `revoked_at` are refused by; a row goes when no such token can be left."""

audit_events: Final = Table(
    "audit_events",
    METADATA,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", Text, index=True),
    Column("account_number", Text, index=True),
    Column("client_id", String(64), index=True),
    Column("client_name", Text),
    Column("provider", Text),
    Column("detail", Text),
    Column("network", Text),
    Column("device", Text),
)
"""Who signed in, was refused, was granted what, saw which account. The database lets no row be changed or deleted."""
