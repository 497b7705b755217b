"""What all sessions of the supply system share: the database, who may come in, and the manners of the moment."""

from __future__ import annotations

import re
from itertools import count

from sandbox.calls import Calls
from sandbox.faults import FaultBoard, Faults
from sandbox.supply.engine import Engine
from sandbox.supply.errors import FatalError, SqlError
from sandbox.supply.scram import Verifier
from sandbox.world import World

__all__ = ["SYSTEM", "Backend"]

SYSTEM = "supply"
_UNITS_S = {"": 0.001, "ms": 0.001, "s": 1.0, "min": 60.0}


class Backend:
    """Hold the engine and the verifier of the password, and answer what the board says about this system."""

    def __init__(self, world: World, calls: Calls, board: FaultBoard, engine: Engine, password: str) -> None:
        self.engine = engine
        self.verifier = Verifier(password)
        self._world = world
        self._calls = calls
        self._board = board
        self._failures = count()

    def faults(self) -> Faults:
        """Give the manners now."""
        return self._board.of(SYSTEM)

    def count(self, operation: str) -> None:
        """Count one statement."""
        self._calls.record(SYSTEM, operation)

    def delay_s(self) -> float:
        """Give the seconds that this statement waits."""
        return self._board.delay_s(SYSTEM)

    def check_open(self) -> None:
        """Turn the client away during planned maintenance: FATAL 57P03 `MAINTENANCE until <local time>`."""
        until = self._board.maintenance(SYSTEM, self._world.now())
        if until is not None:
            local = until.astimezone(self._world.utility.zone).replace(tzinfo=None, microsecond=0)
            raise FatalError("57P03", f"MAINTENANCE until {local.isoformat(' ')}")

    def check_luck(self) -> None:
        """Fail as often as the board says: in turns with an internal error and with a server that shuts its door."""
        if self._board.fails(SYSTEM):
            if next(self._failures) % 2:
                raise FatalError("57P03", "the database system is starting up")
            raise SqlError("XX000", "internal error: could not read block 0 of relation base/16384/16385")

    @staticmethod
    def timeout_s(setting: str) -> float | None:
        """Read `statement_timeout`: milliseconds, or a number with ms, s or min; 0 is no limit."""
        found = re.fullmatch(r"'?\s*(\d+)\s*(ms|s|min|)\s*'?", setting)
        if found is None:
            raise SqlError("22023", f'invalid value for parameter "statement_timeout": {setting}')
        return int(found[1]) * _UNITS_S[found[2]] or None
