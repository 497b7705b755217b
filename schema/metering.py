"""Distribution's nouns: usage points, meters, registers and readings (IEC 61968-9, ESPI, OBIS)."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import Info

from schema.account_key import AccountKey
from schema.context import Context
from schema.energy import Energy
from schema.identifiers import AccountNumber, Eic
from schema.nodes import Node
from schema.paging import DEFAULT_FIRST, Connection, read_page
from schema.period import Period
from schema.scopes import Scope, requires

MAX_READINGS = 500


@strawberry.enum(description="Whether electricity flows (CIM UsagePointConnectedKind).")
class ConnectionState(Enum):
    """Whether electricity flows."""

    CONNECTED = "connected"
    LOGICALLY_DISCONNECTED = "logicallyDisconnected"
    PHYSICALLY_DISCONNECTED = "physicallyDisconnected"
    UNKNOWN = "unknown"


@strawberry.enum(description="Who or what took a reading.")
class ReadingSource(Enum):
    """Who or what took a reading."""

    AMR = "AMR"
    CUSTOMER = "CUSTOMER"
    PARTNER = "PARTNER"
    OPERATOR = "OPERATOR"
    ESTIMATE = "ESTIMATE"


@strawberry.enum(description="How good a reading is (ESPI ReadingQuality).")
class ReadingQuality(Enum):
    """ESPI quality codes."""

    VALID = 0
    MANUALLY_EDITED = 7
    ESTIMATED_USING_REFERENCE_DAY = 8
    ESTIMATED_USING_LINEAR_INTERPOLATION = 9
    QUESTIONABLE = 10
    DERIVED = 11
    PROJECTED = 12
    MIXED = 13
    RAW = 14
    NORMALIZED_FOR_WEATHER = 15
    OTHER = 16
    VALIDATED = 17
    VERIFIED = 18
    REVENUE_QUALITY = 19


@strawberry.enum(description="What became of a reading.")
class ReadingStatus(Enum):
    """What became of a reading."""

    RECEIVED = "RECEIVED"
    FORWARDED = "FORWARDED"
    ACCEPTED = "ACCEPTED"
    ADJUSTED = "ADJUSTED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"


@strawberry.type(description="A value that a register showed, or the energy of an interval.")
class Reading:
    """A reading. With `intervalStart` the value is the energy of that interval, else the register's stand."""

    object_id: strawberry.Private[str]
    obis_code: str
    value: Energy
    read_at: datetime = strawberry.field(description="When the register showed it, or when the interval ended.")
    reported_at: datetime | None = strawberry.field(description="When it first reached the distribution system.")
    source: ReadingSource
    quality: ReadingQuality
    status: ReadingStatus
    interval_start: datetime | None = None
    interval_end: datetime | None = None


@strawberry.type(description="A register of a meter: one counted quantity (CIM Register).")
class Register:
    """A register with the digits that it shows; it rolls over after `left_digits`."""

    obis_code: str = strawberry.field(description="IEC 62056-6-1, for example 1.8.0.")
    zone: str = strawberry.field(description="total, day, night, peak or semi-peak, as this meter is programmed.")
    left_digits: int
    right_digits: int


def reading_position(row: Reading) -> str:
    """Write a reading's place among its meter's readings: newest first, then by register and object id."""
    return f"{row.read_at.isoformat()}|{row.obis_code}|{row.object_id}"


@strawberry.federation.type(keys=["id"], description="A meter at a usage point.")
class Meter(Node):
    """A meter (CIM Meter); `removed_on` tells that it was replaced."""

    account_number: strawberry.Private[AccountNumber]
    serial_number: str
    model: str
    installed_on: date
    removed_on: date | None
    verified_until: date | None
    is_interval_meter: bool = strawberry.field(description="Its readings are energies of intervals, not stands.")
    registers: list[Register]

    @property
    def key(self) -> tuple[str, ...]:
        """The account and the meter's serial number."""
        return (self.account_number, self.serial_number)

    @strawberry.field(
        extensions=[requires(Scope.READINGS_READ)], description="The readings of all registers, newest first."
    )
    async def readings(
        self,
        info: Info[Context, None],
        first: Annotated[int, strawberry.argument(description="At most 500.")] = DEFAULT_FIRST,
        after: str | None = None,
        period: Period | None = None,
    ) -> Connection[Reading] | None:
        """Page through the readings."""
        page = read_page(first, after, period, limit=MAX_READINGS)
        info.context.budget.spend(first)
        found = await info.context.loaders.readings.load((self.serial_number, page))
        return Connection.of(found, page, reading_position)


@strawberry.federation.type(keys=["id"], description="The point where the network ends and the customer begins.")
class UsagePoint(Node):
    """A metering point (CIM UsagePoint)."""

    account_number: strawberry.Private[AccountNumber]
    eic: Eic | None
    connection_state: ConnectionState
    outage_group: str | None = strawberry.field(description="The queue of stabilisation outages it belongs to.")
    meters: list[Meter]

    @property
    def key(self) -> tuple[str, ...]:
        """The account and the EIC, or the first meter's number where distribution keeps no EIC."""
        return (self.account_number, self.eic or next((meter.serial_number for meter in self.meters), ""))


@strawberry.type
class MeteredAccount(AccountKey):
    """Distribution's slice of `Account`."""

    @strawberry.field(
        extensions=[requires(Scope.READINGS_READ)], description="Where the account's electricity is measured."
    )
    async def usage_points(self, info: Info[Context, None]) -> list[UsagePoint] | None:
        """Ask distribution."""
        return list(await self._usage_points(info))

    @strawberry.field(extensions=[requires(Scope.READINGS_READ)], description="The meters of all usage points.")
    async def meters(self, info: Info[Context, None]) -> list[Meter] | None:
        """Ask distribution."""
        return [meter for point in await self._usage_points(info) for meter in point.meters]

    async def _usage_points(self, info: Info[Context, None]) -> Sequence[UsagePoint]:
        return await info.context.loaders.usage_points.load(self.number)
