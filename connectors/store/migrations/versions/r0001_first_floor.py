"""Customers, account links, attempts and last known balances.

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "customers",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("registered_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_customers"),
        sa.UniqueConstraint("email", name="uq_customers_email"),
        sa.UniqueConstraint("phone", name="uq_customers_phone"),
    )
    op.create_table(
        "account_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("linked_at", _instant(), nullable=False),
        sa.Column("unlinked_at", _instant()),
        sa.PrimaryKeyConstraint("id", name="pk_account_links"),
        sa.ForeignKeyConstraint(["subject"], ["customers.subject"], name="fk_account_links_subject"),
    )
    op.create_index(
        "uq_account_links_open",
        "account_links",
        ["subject", "account_number"],
        unique=True,
        postgresql_where=sa.text("unlinked_at IS NULL"),
        sqlite_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_table(
        "attempts",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", _instant(), nullable=False),
        sa.Column("blocked_until", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_attempts"),
    )
    op.create_index("ix_attempts_last_failed_at", "attempts", ["last_failed_at"])
    op.create_table(
        "last_balances",
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("as_of", _instant(), nullable=False),
        sa.Column("seen_at", _instant(), nullable=False),
        sa.Column("average_daily_minor", sa.BigInteger()),
        sa.Column("is_prepaid", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_number", name="pk_last_balances"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("last_balances", "attempts", "account_links", "customers"):
        op.drop_table(table)
