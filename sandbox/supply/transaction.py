"""The transaction of one session: its state, what it has inserted so far, and the words that steer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from sandbox.supply.errors import SqlError
from sandbox.supply.rows import Row

__all__ = ["Transaction"]

IDLE, OPEN, FAILED = "I", "T", "E"
_TAGS = {
    "set": "SET",
    "reset": "RESET",
    "close": "CLOSE CURSOR ALL",
    "listen": "LISTEN",
    "unlisten": "UNLISTEN",
    "discard": "DISCARD ALL",
    "deallocate": "DEALLOCATE ALL",
}
_ENDS = {"rollback", "abort", "commit", "end"}


class Transaction:
    """Follow one session's transaction; outside BEGIN every batch is a transaction of its own.

    Args:
        take_in: takes the inserts of a transaction that commits.
    """

    def __init__(self, take_in: Callable[[Sequence[Row]], None]) -> None:
        self.state = IDLE
        self.staged: list[Row] = []
        self._take_in = take_in
        self._read_only = False
        self._read_only_by_default = False
        self._savepoints: list[tuple[str, int]] = []
        self._verbs: dict[str, Callable[[Sequence[str]], str]] = {
            "begin": self._begin,
            "start": self._begin,
            "commit": self._commit,
            "end": self._commit,
            "rollback": self._rollback,
            "abort": self._rollback,
            "savepoint": self._savepoint,
            "release": self._release,
            "set": self._set,
        }

    def check(self, verb: str, writes: str = "") -> None:
        """Refuse what the state forbids: anything but the end after a failure (25P02), writing in a reader (25006)."""
        if self.state == FAILED and verb not in _ENDS:
            raise SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block")
        read_only = self._read_only if self.state == OPEN else self._read_only_by_default
        if writes and read_only:
            raise SqlError("25006", f"cannot execute {writes} in a read-only transaction")

    def obey(self, words: Sequence[str]) -> str:
        """Carry out a statement that concerns only the session; give the tag of CommandComplete."""
        verb = words[0]
        if verb in self._verbs:
            return self._verbs[verb](words)
        if verb in _TAGS:
            return _TAGS[verb]
        raise SqlError("42601", f'syntax error at or near "{verb}"')

    def fail(self) -> None:
        """Note that a statement failed."""
        if self.state == IDLE:
            self.staged.clear()
        else:
            self.state = FAILED

    def end_batch(self) -> None:
        """Commit what a batch outside BEGIN has inserted."""
        if self.state == IDLE and self.staged:
            self._end(keep=True)

    def _end(self, *, keep: bool) -> None:
        staged, self.staged = self.staged, []
        self.state = IDLE
        self._savepoints.clear()
        if keep:
            self._take_in(staged)

    def _begin(self, words: Sequence[str]) -> str:
        if self.state == IDLE:
            self.state = OPEN
            self._read_only = self._wanted(words, self._read_only_by_default)
        return "BEGIN"

    @staticmethod
    def _wanted(words: Sequence[str], otherwise: bool) -> bool:  # noqa: FBT001 - private, one caller's pair of words
        pairs = list(pairwise(words))
        return ("read", "only") in pairs or (otherwise and ("read", "write") not in pairs)

    def _commit(self, _words: Sequence[str]) -> str:
        kept = self.state != FAILED
        self._end(keep=kept)
        return "COMMIT" if kept else "ROLLBACK"

    def _rollback(self, words: Sequence[str]) -> str:
        if "to" not in words:
            self._end(keep=False)
            return "ROLLBACK"
        place = self._find(words[-1])
        del self.staged[self._savepoints[place][1] :]
        del self._savepoints[place + 1 :]
        self.state = OPEN
        return "ROLLBACK"

    def _savepoint(self, words: Sequence[str]) -> str:
        if self.state != OPEN:
            raise SqlError("25P01", "SAVEPOINT can only be used in transaction blocks")
        self._savepoints.append((words[-1], len(self.staged)))
        return "SAVEPOINT"

    def _release(self, words: Sequence[str]) -> str:
        del self._savepoints[self._find(words[-1]) :]
        return "RELEASE"

    def _find(self, name: str) -> int:
        for place in range(len(self._savepoints) - 1, -1, -1):
            if self._savepoints[place][0] == name:
                return place
        raise SqlError("3B001", f'savepoint "{name}" does not exist')

    def _set(self, words: Sequence[str]) -> str:
        if "characteristics" in words:
            self._read_only_by_default = self._wanted(words, self._read_only_by_default)
        elif "default_transaction_read_only" in words:
            self._read_only_by_default = words[-1].strip("'") in {"on", "true"}
        elif words[1:2] == ("transaction",):
            self._read_only = self._wanted(words, self._read_only)
        return "SET"
