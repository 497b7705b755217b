"""Migrations: the store's tables as they grew, revision by revision."""
