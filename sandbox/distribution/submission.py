"""Take readings and work orders: check each object, refuse it by an errorObject, take one objectID once."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.distribution import arguments as read
from sandbox.distribution.envelope import Content, Node, SoapFaultError
from sandbox.distribution.spelling import Refusal, Spelling
from sandbox.distribution.stands import StandRefusedError, check_growth, check_time, register_of, stand
from sandbox.world import World

KIND = re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII)


class _RefusedError(Exception):
    """The object is not taken; the text says why."""


class Intake:
    """Take objects into the world, each objectID once.

    An objectID sent again with the same content is taken as done and changes nothing; with other content it is refused.
    Lives as long as the stand-in; it remembers every objectID it took.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken: dict[tuple[str, str], Node] = {}

    def submit_readings(self, arguments: Node, spelling: Spelling) -> Content:
        """Answer SubmitReadings: an errorObject for each reading refused."""
        rows = arguments.rows("meterReadings", "meterReading")
        refusals = self._take(rows, "meterReading", lambda row: self._reading(row, spelling))
        return Content(spelling.result("errorObject", spelling.refusals(refusals)))

    def create_work_orders(self, arguments: Node, spelling: Spelling) -> Content:
        """Answer CreateWorkOrders: an errorObject for each order refused."""
        rows = arguments.rows("workOrders", "workOrder")
        refusals = self._take(rows, "workOrder", lambda row: self._work_order(row, spelling))
        return Content(spelling.result("errorObject", spelling.refusals(refusals)))

    def _take(self, rows: list[Node], noun: str, verb: Callable[[Node], None]) -> list[Refusal]:
        refusals = []
        for row in rows:
            object_id = row.value("objectID") or ""
            try:
                if self._is_new(noun, object_id, row):
                    verb(row)
                    self._taken[noun, object_id] = row
            except (_RefusedError, StandRefusedError, SoapFaultError) as refused:
                refusals.append(Refusal(object_id, str(refused), noun))
        return refusals

    def _is_new(self, noun: str, object_id: str, row: Node) -> bool:
        if not object_id:
            raise _RefusedError("objectID is missing")
        before = self._taken.get((noun, object_id))
        if before is not None and before != row:
            raise _RefusedError("objectID was taken with other content")
        return before is None

    def _reading(self, row: Node, spelling: Spelling) -> None:
        meter = self._world.meter(row.value("meterNo") or "")
        if meter is None:
            raise _RefusedError("unknown meter")
        register = register_of(meter, row.value("obisCode") or "")
        value = stand(row.value("value") or "", register)
        read_at = read.moment(row, "readingDate", spelling.zone) or spelling.now
        check_time(meter, read_at, spelling.now)
        check_growth(value, register, self._world.readings(meter.serial), read_at)
        self._world.make_reading(meter.serial, register.obis, value, read_at)

    def _work_order(self, row: Node, spelling: Spelling) -> None:
        account, kind = row.value("accountNo") or "", row.value("kind") or ""
        if self._world.index(account) is None:
            raise _RefusedError("unknown account")
        if not KIND.fullmatch(kind):
            raise _RefusedError("kind is not a name in capitals")
        self._world.make_work_order(account, kind, read.moment(row, "scheduledDate", spelling.zone))
