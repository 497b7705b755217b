"""The operations of the distribution system by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sandbox.distribution.accounts import (
    outages_by_account_nos,
    usage_points_by_account_nos,
    work_orders_by_account_nos,
)
from sandbox.distribution.envelope import Content, Node
from sandbox.distribution.readings import readings_by_meter_nos
from sandbox.distribution.spelling import Spelling
from sandbox.distribution.submission import Intake
from sandbox.world import World

Operation = Callable[[Node, Spelling], Content]
Read = Callable[[World, Node, Spelling], Content]

_RENAMED = re.compile(r"\bGet(?=\w+By(?:Account|Meter)Nos)")


def operations(world: World) -> Mapping[str, Operation]:
    """Give every operation of the WSDL by its name there."""
    intake = Intake(world)

    def reading(read: Read) -> Operation:
        return lambda arguments, spelling: read(world, arguments, spelling)

    return {
        "PingURL": lambda _, spelling: Content(spelling.result("errorObject", [])),
        "GetUsagePointsByAccountNos": reading(usage_points_by_account_nos),
        "GetReadingsByMeterNos": reading(readings_by_meter_nos),
        "SubmitReadings": intake.submit_readings,
        "GetOutagesByAccountNos": reading(outages_by_account_nos),
        "GetWorkOrdersByAccountNos": reading(work_orders_by_account_nos),
        "CreateWorkOrders": intake.create_work_orders,
    }


def renamed(text: str) -> str:
    """Rename operations in a name, a SOAPAction or a whole WSDL as a vendor did: without the Get."""
    return _RENAMED.sub("", text)
