"""What is configured of a distribution system: where it is, how it writes, what it calls things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from schema.metering import ConnectionState, ReadingSource, ReadingStatus

SHIPPED_WSDL: Final = Path(__file__).with_name("distribution.wsdl")

CONNECTION_STATES: Final[Mapping[str, ConnectionState]] = {
    "CONNECTED": ConnectionState.CONNECTED,
    "DISCONNECTED_DEBT": ConnectionState.LOGICALLY_DISCONNECTED,
    "DISCONNECTED_REQUEST": ConnectionState.PHYSICALLY_DISCONNECTED,
}

SOURCES: Final[Mapping[str, ReadingSource]] = {source.value: source for source in ReadingSource}
STATUSES: Final[Mapping[str, ReadingStatus]] = {status.value: status for status in ReadingStatus}


@dataclass(frozen=True, slots=True)
class DistributionSettings:
    """A distribution system over SOAP 1.1 in MultiSpeak's shape.

    `operations` and `fields` map our names (those of the shipped WSDL) to the vendor's where they are others.
    `connection_states`, `sources` and `statuses` map the vendor's codes to ours, all of them; a state that has no entry
    is unknown, a reading whose source or status has none cannot be read.
    `encodings` are tried in order where a body is not UTF-8. `account_digits` restores leading zeros. An errorObject
    whose text holds one of `absent_words` means that there is no such object. `registers_at_once` is the largest number
    of registers that one meter reports at one time; `batch_size` the largest number of accounts or meters in one call;
    `max_pages` and `max_rounds` bound the calls that one answer may take.
    """

    endpoint: str
    user: str
    password: str = field(repr=False)
    time_zone: str
    account_digits: int
    wsdl: Path = SHIPPED_WSDL
    company: str = ""
    operations: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    connection_states: Mapping[str, ConnectionState] = field(default_factory=lambda: CONNECTION_STATES)
    sources: Mapping[str, ReadingSource] = field(default_factory=lambda: SOURCES)
    statuses: Mapping[str, ReadingStatus] = field(default_factory=lambda: STATUSES)
    absent_words: Sequence[str] = ("unknown", "not found")
    maintenance_word: str = "MAINTENANCE"
    encodings: Sequence[str] = ("cp1251",)
    registers_at_once: int = 3
    batch_size: int = 200
    max_pages: int = 50
    max_rounds: int = 6
    timeout_s: float = 5.0

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its local times."""
        return ZoneInfo(self.time_zone)
