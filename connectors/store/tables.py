"""Tables: what the store keeps. Money is whole minor units, time is aware, logins stand in `customers` alone."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from connectors.store.columns import METADATA, SERIAL, Instant

customers: Final = Table(
    "customers",
    METADATA,
    Column("subject", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, unique=True),
    Column("phone", Text, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("phone_confirmed_at", Instant),
)
"""Customers. `password_hash` is empty where somebody signs in by other means only; `phone_confirmed_at` is when they
showed that the phone is theirs, by what was sent to it."""

account_links: Final = Table(
    "account_links",
    METADATA,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("subject", Text, ForeignKey("customers.subject"), nullable=False),
    Column("account_number", Text, nullable=False),
    Column("linked_at", Instant, nullable=False),
    Column("unlinked_at", Instant),
)
"""One row for each time that an account was linked. The same account may be linked by several customers: a family."""

LINK_IS_OPEN: Final = text("unlinked_at IS NULL")

Index(
    "uq_account_links_open",
    account_links.c.subject,
    account_links.c.account_number,
    unique=True,
    postgresql_where=LINK_IS_OPEN,
    sqlite_where=LINK_IS_OPEN,
)

attempts: Final = Table(
    "attempts",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_failed_at", Instant, nullable=False, index=True),
    Column("blocked_until", Instant, nullable=False),
)
"""Attempts that did not succeed, by a keyed hash of what was tried: no login, account or address stands here."""

last_balances: Final = Table(
    "last_balances",
    METADATA,
    Column("account_number", Text, primary_key=True),
    Column("minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("average_daily_minor", BigInteger),
    Column("is_prepaid", Boolean, nullable=False),
)
