"""Sessions: the browsers that are signed in, by the SHA-256 of the secret in their cookie."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import reading
from connectors.store.sign_in_tables import sessions
from schema.authentication import Assurance, Authentication

_SHOWN: Final = [column for column in sessions.c if column.name not in {"secret_hash", "ended_at"}]


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. `sign_out_hint`, sealed, is for ending the provider's own session."""

    id: str
    subject: str
    provider: str
    authentication: Authentication
    opened_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    device: str
    network: str
    sign_out_hint: str | None = None

    def __repr__(self) -> str:
        return f"Session({self.id!r})"


class SessionRows:
    """The sessions. One that has ended, or was not used for too long, is as none."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, session: Session, secret_hash: str) -> None:
        """Open a session."""
        async with self._engine.begin() as connection:
            await connection.execute(sessions.insert(), {**_values(session), "secret_hash": secret_hash})

    async def find(self, secret_hash: str, now: datetime, seen_after: datetime) -> Session | None:
        """Find the open session behind a cookie that was in use after a moment."""
        matching = (sessions.c.secret_hash == secret_hash, sessions.c.last_seen_at > seen_after, *_is_open(now))
        async with reading(self._engine) as connection:
            row = (await connection.execute(select(*_SHOWN).where(*matching))).mappings().first()
        return _session(row) if row else None

    async def of_subject(self, subject: str, now: datetime, seen_after: datetime) -> list[Session]:
        """Return a customer's open sessions, the one used last first."""
        matching = (sessions.c.subject == subject, sessions.c.last_seen_at > seen_after, *_is_open(now))
        query = select(*_SHOWN).where(*matching).order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
        async with reading(self._engine) as connection:
            return [_session(row) for row in (await connection.execute(query)).mappings()]

    async def touch(self, session: Session, now: datetime) -> None:
        """Note that a session is in use, unless somebody has noted it since it was read."""
        as_read = (sessions.c.id == session.id, sessions.c.last_seen_at == session.last_seen_at)
        async with self._engine.begin() as connection:
            await connection.execute(update(sessions).where(*as_read).values(last_seen_at=now))

    async def end(
        self, subject: str, now: datetime, *, only: str | None = None, keep: str | None = None
    ) -> list[Session]:
        """End a customer's sessions, or only one, or all but one; returns those that had not been ended before."""
        matching: list[ColumnElement[bool]] = [sessions.c.subject == subject, sessions.c.ended_at.is_(None)]
        if only is not None:
            matching.append(sessions.c.id == only)
        if keep is not None:
            matching.append(sessions.c.id != keep)
        ended = update(sessions).where(*matching).values(ended_at=now).returning(*_SHOWN)
        async with self._engine.begin() as connection:
            return [_session(row) for row in (await connection.execute(ended)).mappings()]

    async def forget(self, before: datetime) -> int:
        """Drop the sessions that ended, or were too old, before then; returns how many."""
        over = or_(sessions.c.ended_at < before, sessions.c.expires_at < before)
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(sessions).where(over))).rowcount


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return sessions.c.ended_at.is_(None), sessions.c.expires_at > now


def _values(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "subject": session.subject,
        "provider": session.provider,
        "assurance": int(session.authentication.assurance),
        "amr": " ".join(session.authentication.amr),
        "authenticated_at": session.authentication.at,
        "opened_at": session.opened_at,
        "last_seen_at": session.last_seen_at,
        "expires_at": session.expires_at,
        "device": session.device,
        "network": session.network,
        "sign_out_hint": session.sign_out_hint,
    }


def _session(row: RowMapping) -> Session:
    given = dict(row)
    assurance, amr, at = given.pop("assurance"), given.pop("amr"), given.pop("authenticated_at")
    return Session(**given, authentication=Authentication(Assurance(assurance), tuple(amr.split()), at))
