"""Tables of signing in: who vouches for a customer, what is under way, and what is open.

Secrets stand here as SHA-256, numbers of persons as a keyed hash (HMAC-SHA-256): the tables tell neither.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from connectors.store.columns import METADATA, SERIAL, Instant

identities: Final = Table(
    "identities",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject_key", String(64), primary_key=True),
    Column("subject", Text, ForeignKey("customers.subject"), nullable=False, index=True),
    Column("assurance", Integer, nullable=False),
    Column("linked_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
)
"""What a customer is known as elsewhere, by issuer, never by phone or e-mail, with the best assurance reached so."""

organisations: Final = Table(
    "organisations",
    METADATA,
    Column("subject", Text, ForeignKey("customers.subject"), primary_key=True),
    Column("tin", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
)
"""Legal persons that a customer may act for, as the last sign-in that named them said."""

tickets: Final = Table(
    "tickets",
    METADATA,
    Column("kind", String(32), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("taken_at", Instant),
)
"""What may be used once and not for long: a state, a challenge, the id of a proof."""

sessions: Final = Table(
    "sessions",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("subject", Text, ForeignKey("customers.subject"), nullable=False, index=True),
    Column("provider", Text, nullable=False),
    Column("assurance", Integer, nullable=False),
    Column("amr", Text, nullable=False),
    Column("authenticated_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("device", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("sign_out_hint", Text),
)
"""A browser's session. `sign_out_hint` is what the provider needs to end its own, sealed."""

passkeys: Final = Table(
    "passkeys",
    METADATA,
    Column("credential_id", Text, primary_key=True),
    Column("subject", Text, ForeignKey("customers.subject"), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("is_backed_up", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("removed_at", Instant),
)

one_time_passwords: Final = Table(
    "one_time_passwords",
    METADATA,
    Column("subject", Text, ForeignKey("customers.subject"), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)
"""A password sent by SMS: short-lived, and good for nothing but setting one's own."""

sms_messages: Final = Table(
    "sms_messages",
    METADATA,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("subject", Text, ForeignKey("customers.subject"), nullable=False, index=True),
    Column("phone", Text, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("language", String(8), nullable=False),
    Column("queued_at", Instant, nullable=False, index=True),
    Column("next_attempt_at", Instant, index=True),
    Column("attempts", Integer, nullable=False),
    Column("gateway_id", Text, index=True),
    Column("state", String(16), nullable=False),
    Column("state_at", Instant, nullable=False),
)
"""The outbox of text messages. No text stands here: a one-time password is drawn when its message is sent.

`next_attempt_at` is empty where nothing is left to send. While a message is being sent it is the end of the lease.
"""
