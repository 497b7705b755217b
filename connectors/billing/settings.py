"""What is configured of a billing system: where it is, how it writes, what it calls things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from connectors.legacy.numbers import BalanceSign, MoneyReader, MoneyScale


@dataclass(frozen=True, slots=True)
class BillingPaths:
    """The path of each operation, after `base_url`."""

    ping: str = "/v1/ping"
    details: str = "/v1/subscribers/query"
    balances: str = "/v1/balances/query"
    charges: str = "/v1/accruals/query"
    bills: str = "/v1/bills/query"
    notices: str = "/v1/notices"


@dataclass(frozen=True, slots=True)
class BillingSettings:
    """A billing system over REST.

    `encodings` are tried in order where a body is not UTF-8. `fields` maps a name of our payloads to the vendor's where
    it is another. `account_digits` restores leading zeros. `maintenance_code` is the error code of announced downtime.
    `batch_size` is the largest number of accounts in one call.
    """

    base_url: str
    api_key: str = field(repr=False)
    time_zone: str
    currency: str
    account_digits: int
    api_key_header: str = "X-Api-Key"
    money_scale: MoneyScale = MoneyScale.MAJOR
    balance_sign: BalanceSign = BalanceSign.POSITIVE_IS_DEBT
    encodings: Sequence[str] = ("cp1251",)
    maintenance_code: str = "MAINTENANCE"
    batch_size: int = 200
    timeout_s: float = 5.0
    paths: BillingPaths = field(default_factory=BillingPaths)
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its local times."""
        return ZoneInfo(self.time_zone)

    @property
    def money(self) -> MoneyReader:
        """How it writes money."""
        return MoneyReader(self.currency, self.money_scale, self.balance_sign)
