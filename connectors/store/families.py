"""Families: all tokens that descend from one sign-in of an application, and the refresh tokens that carry it on.

A family's row is the lock of its tokens: whoever judges or exchanges one of them holds it first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from connectors.store.authorization_tables import refresh_tokens, token_families
from schema.authentication import Assurance, Authentication


@dataclass(frozen=True, slots=True)
class Family:
    """What the tokens of a family stand for. `grant_id` is None for a first-party application.

    `dpop_jkt` is the thumbprint of the key that refreshing must be proved by, where there is one.
    """

    id: str
    client_id: str
    subject: str = field(repr=False)
    grant_id: str | None
    scope: str
    dpop_jkt: str | None
    authentication: Authentication
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token by its SHA-256. `replaced_at` is when it was first exchanged for its child."""

    token_hash: str = field(repr=False)
    family: str
    parent_hash: str | None = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    replaced_at: datetime | None = None
    revoked_at: datetime | None = None


def add_family(connection: Connection, family: Family) -> None:
    """Open a family."""
    values = {name: getattr(family, name) for name in Family.__slots__ if name != "authentication"}
    connection.execute(token_families.insert().values({**values, **authentication_values(family.authentication)}))


def find_family(connection: Connection, family_id: str) -> Family | None:
    """Find a family, also one that has ended."""
    row = connection.execute(select(token_families).where(token_families.c.id == family_id)).mappings().first()
    return _family(row) if row else None


def lock_family(connection: Connection, family_id: str) -> Family:
    """Read a family that exists, and hold its row until the transaction ends."""
    held = select(token_families).where(token_families.c.id == family_id).with_for_update()
    return _family(connection.execute(held).mappings().one())


def note_family_use(connection: Connection, family_id: str, now: datetime) -> None:
    """Note that a token of a family was issued."""
    connection.execute(update(token_families).where(token_families.c.id == family_id).values(last_used_at=now))


def end_family(connection: Connection, family_id: str, now: datetime) -> bool:
    """End a family; False where there is none that is open."""
    return bool(_end(connection, token_families.c.id == family_id, now))


def end_families_of_grant(connection: Connection, grant_id: str, now: datetime) -> list[str]:
    """End every family under a grant; returns the ids of those that were open."""
    return _end(connection, token_families.c.grant_id == grant_id, now)


def end_families_of_subject(connection: Connection, subject: str, now: datetime) -> list[str]:
    """End every family of a customer; returns the ids of those that were open."""
    return _end(connection, token_families.c.subject == subject, now)


def add_refresh_token(connection: Connection, token: RefreshToken) -> None:
    """Keep a refresh token that has just been issued."""
    connection.execute(refresh_tokens.insert().values({name: getattr(token, name) for name in RefreshToken.__slots__}))


def find_refresh_token(connection: Connection, token_hash: str) -> RefreshToken | None:
    """Find a refresh token, whatever became of it."""
    query = select(refresh_tokens).where(refresh_tokens.c.token_hash == token_hash)
    row = connection.execute(query).mappings().first()
    return RefreshToken(**row) if row else None


def children_of(connection: Connection, token_hash: str) -> list[RefreshToken]:
    """Return what a refresh token was exchanged for, whatever became of it."""
    query = select(refresh_tokens).where(refresh_tokens.c.parent_hash == token_hash)
    return [RefreshToken(**row) for row in connection.execute(query).mappings()]


def replace_refresh_token(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Mark a refresh token as exchanged; False for all but the first who does so."""
    fresh = (refresh_tokens.c.token_hash == token_hash, refresh_tokens.c.replaced_at.is_(None))
    return connection.execute(update(refresh_tokens).where(*fresh).values(replaced_at=now)).rowcount == 1


def withdraw_children(connection: Connection, token_hash: str, now: datetime) -> None:
    """Withdraw what a refresh token was exchanged for, as nobody can have received it."""
    children = (refresh_tokens.c.parent_hash == token_hash, refresh_tokens.c.revoked_at.is_(None))
    connection.execute(update(refresh_tokens).where(*children).values(revoked_at=now))


def authentication_values(authentication: Authentication) -> dict[str, object]:
    """Write a sign-in as the three columns that stand for it."""
    return {
        "assurance": int(authentication.assurance),
        "amr": " ".join(authentication.amr),
        "authenticated_at": authentication.at,
    }


def take_authentication(given: dict[str, Any]) -> Authentication:
    """Take the three columns of a sign-in out of a row, and read them."""
    assurance, amr, at = given.pop("assurance"), given.pop("amr"), given.pop("authenticated_at")
    return Authentication(Assurance(assurance), tuple(amr.split()), at)


def _end(connection: Connection, which: ColumnElement[bool], now: datetime) -> list[str]:
    ended = update(token_families).where(which, token_families.c.revoked_at.is_(None)).values(revoked_at=now)
    return list(connection.execute(ended.returning(token_families.c.id)).scalars())


def _family(row: RowMapping | Mapping[str, Any]) -> Family:
    given = dict(row)
    return Family(authentication=take_authentication(given), **given)
