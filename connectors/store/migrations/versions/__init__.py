"""Revisions of the store's tables, oldest first by number."""
