"""Fixtures of this folder: the store's databases."""

from tests.databases import empty_url, migrated_postgres, migrated_sqlite, postgres, store, store_url

__all__ = ["empty_url", "migrated_postgres", "migrated_sqlite", "postgres", "store", "store_url"]
