"""What is configured of a supply system: where it is, how it writes, what its tables and columns are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from connectors.legacy.numbers import MoneyReader, MoneyScale
from schema.payments import PaymentState


@dataclass(frozen=True, slots=True)
class PaymentsTable:
    """The table of payments. `name` may be qualified by a schema: `billing.platezhi`."""

    name: str = "platezhi"
    id: str = "id_plat"
    account: str = "ls"
    accepted_at: str = "data_opl"
    settled_on: str = "data_zach"
    posted_on: str = "data_prov"
    amount: str = "summa"
    currency: str = "val"
    operator: str = "kanal"
    receipt_number: str = "nom_kvit"
    state: str = "sost"


@dataclass(frozen=True, slots=True)
class StagingTable:
    """The staging table of incoming payments.

    `processed` is 0 until the nightly run has made a payment of the row, and from then on 1: a row that is 0 has no
    payment in the other table, so none is counted twice.
    """

    name: str = "plat_vhod"
    id: str = "id"
    account: str = "ls"
    accepted_at: str = "data_opl"
    amount: str = "summa"
    currency: str = "val"
    operator: str = "kanal"
    processed: str = "obrab"


def _states() -> Mapping[int, PaymentState]:
    return {1: PaymentState.ACCEPTED, 2: PaymentState.SETTLED, 3: PaymentState.POSTED, 9: PaymentState.REVERSED}


@dataclass(frozen=True, slots=True)
class SupplySettings:
    """A supply system in a relational database, which we only read.

    `url` is `postgresql+asyncpg://` or `sqlite+aiosqlite:///`; it is not shown, for it holds a password. `operators`
    maps the system's names of payment operators to ours where they differ; `states` its codes to states.
    `account_digits` restores leading zeros that answers lost; `zeros_are_stored` is False where the tables lost them
    too. `batch_size` is the largest number of accounts in one statement. Another encoding than UTF-8 needs no setting:
    the server converts.
    """

    url: str = field(repr=False)
    time_zone: str
    currency: str
    account_digits: int
    money_scale: MoneyScale = MoneyScale.MAJOR
    zeros_are_stored: bool = True
    payments: PaymentsTable = field(default_factory=PaymentsTable)
    staging: StagingTable = field(default_factory=StagingTable)
    states: Mapping[int, PaymentState] = field(default_factory=_states)
    operators: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 5.0
    pool_size: int = 10
    batch_size: int = 500

    @property
    def waiting_states(self) -> Sequence[int]:
        """The codes of payments that the balance does not contain yet."""
        waiting = {PaymentState.ACCEPTED, PaymentState.SETTLED}
        return [code for code, state in self.states.items() if state in waiting]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its local times."""
        return ZoneInfo(self.time_zone)

    @property
    def money(self) -> MoneyReader:
        """How it writes money."""
        return MoneyReader(self.currency, self.money_scale)
