"""How values are written into an answer: texts, local times, lists and errorObjects, manners included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from xml.sax.saxutils import escape

from sandbox.distribution.envelope import attribute
from sandbox.faults import Faults


def local(moment: datetime) -> str:
    """Write a time of the utility's zone as the legacy system does: local, without zone, whole seconds."""
    return moment.isoformat()[:19]


def element(name: str, text: str) -> str:
    """Write an element with a text."""
    return f"<{name}>{escape(text)}</{name}>"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say why one object was not answered or not taken: MultiSpeak's errorObject.

    Attributes:
        object_id: the unknown number, or the objectID the caller gave.
        noun: "account", "meter", "meterReading" or "workOrder".
    """

    object_id: str
    reason: str
    noun: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """Write the lists of one answer under the manners that are switched on.

    Attributes:
        operation: its name on the wire (a vendor may have renamed it).
        now: the world's time, in the utility's zone.
        zone: the utility's zone.
    """

    operation: str
    faults: Faults
    now: datetime
    zone: tzinfo

    def result(self, item: str, rows: Sequence[str]) -> str:
        """Write the list that the operation answers: its name followed by Result."""
        return self.listing(f"{self.operation}Result", item, rows)

    def listing(self, name: str, item: str, rows: Sequence[str]) -> str:
        """Write a list element; an empty one as <name/>, or in the spelling of the bad manner `empty_list`."""
        if rows:
            return f"<{name}>{''.join(rows)}</{name}>"
        match self.faults.empty_list:
            case "item":
                return f"<{name}><{item}/></{name}>"
            case "nil":
                return f'<{name} xsi:nil="true"/>'
            case "missing":
                return ""
            case _:
                return f"<{name}/>"

    def refusals(self, refusals: Iterable[Refusal]) -> list[str]:
        """Write errorObjects."""
        return [
            f'<errorObject objectID="{attribute(each.object_id)}" errorString="{attribute(each.reason)}"'
            f' nounType="{each.noun}" eventTime="{local(self.now)}"/>'
            for each in refusals
        ]

    def errors(self, refusals: Iterable[Refusal]) -> str:
        """Write the errors beside a result."""
        return self.listing("errors", "errorObject", self.refusals(refusals))
