"""Signing in by other providers, sessions, passkeys, text messages, the authorization server and the audit trail.

Revision: 0002, after 0001.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY: Final = "the audit trail is append-only"

TABLES: Final = (
    "audit_events",
    "clients",
    "revocations",
    "tickets",
    "client_rates",
    "grants",
    "identities",
    "one_time_passwords",
    "organisations",
    "passkeys",
    "sessions",
    "sms_messages",
    "authorization_codes",
    "device_codes",
    "grant_accounts",
    "token_families",
    "refresh_tokens",
)
"""In the order of their foreign keys."""


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _serial() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and let the database itself keep the audit trail."""
    op.add_column("customers", sa.Column("phone_confirmed_at", _instant()))
    _make_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events "
            "EXECUTE FUNCTION refuse_change()"
        )
        return
    replacing = "INSERT ON audit_events WHEN NEW.id IN (SELECT id FROM audit_events)"  # REPLACE fires no other trigger
    for verb, change in (
        ("update", "UPDATE ON audit_events"),
        ("delete", "DELETE ON audit_events"),
        ("replace", replacing),
    ):
        op.execute(
            f"CREATE TRIGGER audit_events_no_{verb} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        )


def _make_tables() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", _serial(), autoincrement=True, nullable=False),
        sa.Column("at", _instant(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("account_number", sa.Text(), nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("client_name", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_account_number", "audit_events", ["account_number"], unique=False)
    op.create_index("ix_audit_events_client_id", "audit_events", ["client_id"], unique=False)
    op.create_index("ix_audit_events_subject", "audit_events", ["subject"], unique=False)
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("is_first_party", sa.Boolean(), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("grant_types", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("authentication_method", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("previous_secret_hash", sa.String(length=64), nullable=True),
        sa.Column("previous_secret_until", _instant(), nullable=True),
        sa.Column("jwks", sa.Text(), nullable=True),
        sa.Column("requires_dpop", sa.Boolean(), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("registered_at", _instant(), nullable=False),
        sa.Column("disabled_at", _instant(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name="pk_clients"),
    )
    op.create_table(
        "revocations",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("revoked_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_revocations"),
    )
    op.create_index("ix_revocations_expires_at", "revocations", ["expires_at"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("made_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.Column("taken_at", _instant(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_tickets"),
    )
    op.create_index("ix_tickets_expires_at", "tickets", ["expires_at"], unique=False)
    op.create_table(
        "client_rates",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("minute", _instant(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_client_rates_client_id"),
        sa.PrimaryKeyConstraint("client_id", name="pk_client_rates"),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("granted_at", _instant(), nullable=False),
        sa.Column("last_used_at", _instant(), nullable=True),
        sa.Column("revoked_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_grants_client_id"),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_grants_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index(
        "uq_grants_open",
        "grants",
        ["subject", "client_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
        sqlite_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("assurance", sa.Integer(), nullable=False),
        sa.Column("linked_at", _instant(), nullable=False),
        sa.Column("last_used_at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_identities_subject"),
        sa.PrimaryKeyConstraint("issuer", "subject_key", name="pk_identities"),
    )
    op.create_index("ix_identities_subject", "identities", ["subject"], unique=False)
    op.create_table(
        "one_time_passwords",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("issued_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.Column("used_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_one_time_passwords_subject"),
        sa.PrimaryKeyConstraint("subject", name="pk_one_time_passwords"),
    )
    op.create_table(
        "organisations",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("tin", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_organisations_subject"),
        sa.PrimaryKeyConstraint("subject", "tin", name="pk_organisations"),
    )
    op.create_table(
        "passkeys",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("is_backed_up", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", _instant(), nullable=False),
        sa.Column("last_used_at", _instant(), nullable=True),
        sa.Column("removed_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_passkeys_subject"),
        sa.PrimaryKeyConstraint("credential_id", name="pk_passkeys"),
    )
    op.create_index("ix_passkeys_subject", "passkeys", ["subject"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("assurance", sa.Integer(), nullable=False),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("authenticated_at", _instant(), nullable=False),
        sa.Column("opened_at", _instant(), nullable=False),
        sa.Column("last_seen_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.Column("ended_at", _instant(), nullable=True),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("sign_out_hint", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_sessions_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("secret_hash", name="uq_sessions_secret_hash"),
    )
    op.create_index("ix_sessions_subject", "sessions", ["subject"], unique=False)
    op.create_table(
        "sms_messages",
        sa.Column("id", _serial(), autoincrement=True, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("queued_at", _instant(), nullable=False),
        sa.Column("next_attempt_at", _instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("gateway_id", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_sms_messages_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_sms_messages"),
    )
    op.create_index("ix_sms_messages_gateway_id", "sms_messages", ["gateway_id"], unique=False)
    op.create_index("ix_sms_messages_next_attempt_at", "sms_messages", ["next_attempt_at"], unique=False)
    op.create_index("ix_sms_messages_phone", "sms_messages", ["phone"], unique=False)
    op.create_index("ix_sms_messages_queued_at", "sms_messages", ["queued_at"], unique=False)
    op.create_index("ix_sms_messages_subject", "sms_messages", ["subject"], unique=False)
    op.create_table(
        "authorization_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.String(length=32), nullable=True),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.String(length=64), nullable=False),
        sa.Column("dpop_jkt", sa.String(length=64), nullable=True),
        sa.Column("assurance", sa.Integer(), nullable=False),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("authenticated_at", _instant(), nullable=False),
        sa.Column("issued_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.Column("used_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_authorization_codes_client_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_authorization_codes_grant_id"),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_authorization_codes_subject"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_authorization_codes"),
    )
    op.create_index("ix_authorization_codes_expires_at", "authorization_codes", ["expires_at"], unique=False)
    op.create_table(
        "device_codes",
        sa.Column("device_code_hash", sa.String(length=64), nullable=False),
        sa.Column("user_code_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("grant_id", sa.String(length=32), nullable=True),
        sa.Column("assurance", sa.Integer(), nullable=True),
        sa.Column("amr", sa.Text(), nullable=True),
        sa.Column("authenticated_at", _instant(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("last_polled_at", _instant(), nullable=True),
        sa.Column("issued_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_device_codes_client_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_device_codes_grant_id"),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_device_codes_subject"),
        sa.PrimaryKeyConstraint("device_code_hash", name="pk_device_codes"),
        sa.UniqueConstraint("user_code_hash", name="uq_device_codes_user_code_hash"),
    )
    op.create_index("ix_device_codes_expires_at", "device_codes", ["expires_at"], unique=False)
    op.create_table(
        "grant_accounts",
        sa.Column("grant_id", sa.String(length=32), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_grant_accounts_grant_id"),
        sa.PrimaryKeyConstraint("grant_id", "account_number", name="pk_grant_accounts"),
    )
    op.create_table(
        "token_families",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.String(length=32), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("dpop_jkt", sa.String(length=64), nullable=True),
        sa.Column("assurance", sa.Integer(), nullable=False),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("authenticated_at", _instant(), nullable=False),
        sa.Column("opened_at", _instant(), nullable=False),
        sa.Column("last_used_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.Column("revoked_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name="fk_token_families_client_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_token_families_grant_id"),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_token_families_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_token_families"),
    )
    op.create_index("ix_token_families_expires_at", "token_families", ["expires_at"], unique=False)
    op.create_index("ix_token_families_grant_id", "token_families", ["grant_id"], unique=False)
    op.create_index("ix_token_families_subject", "token_families", ["subject"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("parent_hash", sa.String(length=64), nullable=True),
        sa.Column("issued_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.Column("replaced_at", _instant(), nullable=True),
        sa.Column("revoked_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(["family"], ["token_families.id"], name="fk_refresh_tokens_family"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_refresh_tokens"),
    )
    op.create_index("ix_refresh_tokens_family", "refresh_tokens", ["family"], unique=False)
    op.create_index("ix_refresh_tokens_parent_hash", "refresh_tokens", ["parent_hash"], unique=False)


def downgrade() -> None:
    """Drop the tables; customers without a password cannot sign in any more."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
    op.drop_column("customers", "phone_confirmed_at")
