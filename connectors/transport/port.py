"""The outgoing port: one request, one answer, one deadline. Whoever implements it is the house's HTTP client.

Refused(Exception)    the system answered with a refusal; the cause of an UpstreamUnavailable, for the log
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from connectors.transport.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request. `operation` names it in traces, so it never holds an account number; the rest never shows in a repr.

    `may_repeat` says that asking twice is the same as asking once.
    """

    operation: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    may_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, whatever its status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Refused(Exception):
    """The system answered with a refusal. Its own words stay out: they may name a customer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with HTTP status {status}")


class Transport(Protocol):
    """Carries exchanges to one system."""

    async def send(self, exchange: Exchange, deadline: Deadline) -> Answer:
        """Return the answer of any status, whole.

        Raises UpstreamUnavailable where no answer began, UpstreamMalformed where it broke off or is too large, and
        UpstreamTimeout where it was not there by the deadline, all waiting included.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
