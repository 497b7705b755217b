"""The world: the one facade through which every stand-in asks about the small utility."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from sandbox.bills import BillBook
from sandbox.chronicle import Chronicle
from sandbox.clock import Clock
from sandbox.desk import CashDesk, Listener
from sandbox.dice import Dice
from sandbox.fieldbook import FieldBook, Loaded
from sandbox.greenbutton import read_feed
from sandbox.history import History
from sandbox.holders import holders_of_size
from sandbox.ledger import Accrual, Balance, Bill, IncomingPayment, Payment
from sandbox.metering import Meter, Outage, Reading, UsagePoint, WorkOrder
from sandbox.meters import place_of
from sandbox.months import first_day, month_of
from sandbox.outages import OutageBoard, WorkOrders, group_of
from sandbox.population import Population, Subscriber
from sandbox.readings import current_stand, meters_at
from sandbox.utilities import UTILITIES

FEWEST_ACCOUNTS = 61
"""So few accounts still have holders of exactly 1, 10 and 50."""
_AVERAGED_MONTHS = 3


class World:
    """Answer for one utility: a function of (profile, seed, account number, clock) plus what was made to happen.

    Use from one event loop. Everything is synchronous; an account's first question costs about a millisecond, the
    following ones a tenth of it. Unknown accounts and meters give `None`, or an empty list where a list is asked; the
    verbs (`make_...`) raise `LookupError` for them, and `ValueError` for what makes no sense.
    """

    def __init__(
        self, profile: str = "ua-kharkiv", *, accounts: int = 2000, seed: int = 1, clock: Clock | None = None
    ) -> None:
        if profile not in UTILITIES:
            raise ValueError(f"there is no profile {profile!r}; known: {', '.join(UTILITIES)}")
        if accounts < FEWEST_ACCOUNTS:
            raise ValueError(f"a utility has {FEWEST_ACCOUNTS} accounts or more, not {accounts}")
        self.utility = UTILITIES[profile]
        self.clock = clock or Clock()
        self.size = accounts
        dice = Dice(seed)
        self._dice = dice
        self._population = Population(self.utility, dice, accounts)
        self._chronicle = Chronicle(self.utility, dice, self._population)
        self._bills = BillBook(self.utility, dice)
        self._desk = CashDesk(self.utility, dice, self.now())
        self._field = FieldBook(self.utility.zone)
        self._outages = OutageBoard(self.utility.zone, dice)
        self._orders = WorkOrders(self.utility.zone)

    # --- who and when -------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Tell the time in the utility's zone (aware)."""
        return self.clock.now().astimezone(self.utility.zone)

    def number(self, index: int) -> str:
        """Give the account number of an index 0..size-1, zero-padded."""
        return self._population.number(index)

    def index(self, number: str) -> int | None:
        """Give the index of an account number."""
        return self._population.index(number)

    def subscribers(self, numbers: Sequence[str]) -> list[Subscriber | None]:
        """Give subscribers in the order asked."""
        indexes = (self.index(number) for number in numbers)
        return [None if index is None else self._population.subscriber(index) for index in indexes]

    def holders(self, size: int) -> Iterator[tuple[str, ...]]:
        """Give the account numbers of each holder of exactly `size` accounts."""
        for accounts in holders_of_size(size, self.size):
            yield tuple(map(self.number, accounts))

    # --- the ledger ---------------------------------------------------------------------------------------------

    def accruals(self, number: str) -> list[Accrual]:
        """Give the accruals visible now, oldest first; a prepaid account's current month runs until last midnight."""
        now = self.now()
        history = self._history(number, now)
        return self._chronicle.accruals(history, now) if history else []

    def bills(self, number: str) -> list[Bill]:
        """Give the bills issued so far, oldest first."""
        now = self.now()
        history, index = self._history(number, now), self.index(number)
        if history is None or index is None:
            return []
        issued_at = [datetime.fromtimestamp(at, self.utility.zone) for at in history.posted_at]
        issued_at = [at for at in issued_at if at <= now]
        accruals = history.accruals[: len(issued_at)]
        return self._bills.bills(index, accruals, issued_at, self.payments(number), self._qr_writer(index))

    def payments(self, number: str) -> list[Payment]:
        """Give the payments accepted so far by (accepted_at, id), oldest first, without those that wait in staging."""
        now = self.now()
        history = self._history(number, now)
        if history is None:
            return []
        self._post_due(now)
        made = self._desk.payments(number)
        payments = self._chronicle.payments(history, now)
        return sorted([*payments, *made], key=lambda each: (each.accepted_at, each.id)) if made else payments

    def balance(self, number: str) -> Balance | None:
        """Give accruals less posted payments as of now."""
        now = self.now()
        history = self._history(number, now)
        if history is None:
            return None
        self._post_due(now)
        accruals = self._chronicle.accruals(history, now)
        made = sum(each.amount_minor for each in self._desk.payments(number))
        paid = self._chronicle.posted_minor(history, now) + made
        whole = [each for each in accruals if each.month < now.date().replace(day=1)][-_AVERAGED_MONTHS:]
        days = max(sum((first_day(month_of(each.month) + 1) - each.month).days for each in whole), 1)
        return Balance(
            account=number,
            debt_minor=sum(each.amount_minor for each in accruals) - paid,
            calculated_at=now,
            average_daily_kwh=(sum((each.kwh for each in whole), Decimal(0)) / days).quantize(Decimal("0.001")),
            average_daily_cost_minor=round(sum(each.amount_minor for each in whole) / days),
            prepaid=self.utility.prepaid,
        )

    # --- metering -----------------------------------------------------------------------------------------------

    def usage_points(self, number: str) -> list[UsagePoint]:
        """Give the usage points of an account (one)."""
        now = self.now()
        history, index = self._history(number, now), self.index(number)
        if history is None or index is None:
            return []
        who = self._population.subscriber(index)
        loaded = self._field.loaded(index)
        return [
            UsagePoint(
                account=number,
                eic=who.eic,
                address_text=", ".join(filter(None, (who.city, who.street, who.house, who.flat))),
                connection_state="DISCONNECTED_DEBT" if who.status == "SUSPENDED" else "CONNECTED",
                outage_group=group_of(self._dice, index),
                meters=(loaded.meter,) if loaded else tuple(meters_at(history, now)),
            )
        ]

    def meter(self, serial: str) -> Meter | None:
        """Give a meter by its serial number."""
        place = place_of(serial)
        if place is None or place[0] >= self.size:
            return None
        meters = (meter for point in self.usage_points(self.number(place[0])) for meter in point.meters)
        return next((meter for meter in meters if meter.serial == serial), None)

    def readings(self, serial: str) -> list[Reading]:
        """Give the readings reported so far, ordered by (read_at, object_id), oldest first."""
        meter = self.meter(serial)
        if meter is None:
            return []
        now, made = self.now(), self._field.made(serial)
        if meter.interval:
            loaded = self._field.loaded(self._index(meter.account))
            readings = list(loaded.readings) if loaded else []
        else:
            readings = self._chronicle.readings(self._known_history(meter.account, now), serial, now)
        return sorted([*readings, *made], key=lambda each: (each.read_at, each.object_id)) if made else readings

    def current_stand(self, serial: str, obis: str) -> Decimal:
        """Give what a register shows now, in kWh; an interval meter has no stand (`ValueError`)."""
        meter = self._register_of(serial, obis)
        if meter.interval:
            raise ValueError(f"meter {serial} reports intervals and has no stand: give a value")
        now = self.now()
        return current_stand(self._known_history(meter.account, now), meter, obis, now)

    def outages(self, number: str) -> list[Outage]:
        """Give recent, running and announced outages that touch an account, by start."""
        index = self.index(number)
        return [] if index is None else self._outages.of(number, group_of(self._dice, index), self.now())

    def work_orders(self, number: str) -> list[WorkOrder]:
        """Give the work orders of an account, oldest first."""
        now = self.now()
        return [order for point in self.usage_points(number) for order in self._orders.of(number, point.meters, now)]

    # --- what is made to happen ---------------------------------------------------------------------------------

    def make_payment(self, account: str, amount_minor: int, operator: str = "", *, posted: bool = True) -> Payment:
        """Pay now: `posted` reduces the debt at once; otherwise the payment waits in the staging table."""
        self._index(account)
        take = self._desk.pay if posted else self._desk.announce
        return take(account, amount_minor, operator, self.now())

    def accept_incoming(
        self, external_id: str, account: str, amount_minor: int, operator: str, accepted_at: datetime
    ) -> IncomingPayment:
        """Insert a row into the staging table; the same external id gives the row that is already there.

        An account that nobody has is taken too: such a row is never posted, as in a real supplier's unmatched money.
        """
        return self._desk.accept(external_id, account, amount_minor, operator, accepted_at, self.now())

    def incoming(self, external_id: str) -> IncomingPayment | None:
        """Give the staging row of an external id."""
        self._post_due(self.now())
        return self._desk.row(external_id)

    def incoming_payments(self, accounts: Sequence[str] | None = None) -> list[IncomingPayment]:
        """Give staging rows (of these accounts, or all) by id, processed ones included."""
        self._post_due(self.now())
        return self._desk.rows(accounts)

    def post_incoming(self, payment_id: int) -> Payment:
        """Post a waiting payment now; `payment_id` is the id `make_payment` gave, or the staging row's id."""
        return self._desk.post(payment_id, self.now())

    def watch_payments(self, listener: Listener) -> None:
        """Call `listener` with every payment made or posted and every staging row inserted or processed from now on."""
        self._desk.watch(listener)

    def make_reading(
        self, serial: str, obis: str, value: Decimal, read_at: datetime | None = None, *, source: str = "CUSTOMER"
    ) -> Reading:
        """Add a reading (status RECEIVED), read now by default; `LookupError` for an unknown meter or register."""
        self._register_of(serial, obis)
        now = self.now()
        return self._field.read(serial, obis, value, read_at or now, now, source)

    def make_outage(
        self, kind: str, *, account: str | None = None, group: str | None = None, minutes: int = 120
    ) -> Outage:
        """Begin an outage now, for one account or for a group."""
        if (account is None) == (group is None):
            raise ValueError("an outage is of an account or of a group")
        if account is not None:
            self._index(account)
        return self._outages.make(kind, account, group or "", self.now(), minutes)

    def make_work_order(self, account: str, kind: str, scheduled_at: datetime | None = None) -> WorkOrder:
        """Take a work order in (state SUBMITTED, or SCHEDULED with a time)."""
        self._index(account)
        return self._orders.make(account, kind, self.now(), scheduled_at)

    def load_green_button(self, account: str, feed: Path | bytes) -> Meter:
        """Replace the account's meter by an interval meter with the feed's readings; give that meter.

        The feed's own times are kept, and the account's ledger does not change. `FeedRefused` says what is wrong.
        """
        return self._field.load(self._index(account), account, read_feed(feed), self.now())

    def loaded_meters(self) -> list[Loaded]:
        """Give the interval meters that feeds brought, in order of loading."""
        return self._field.all_loaded()

    # --- inside -------------------------------------------------------------------------------------------------

    def _history(self, number: str, now: datetime) -> History | None:
        index = self.index(number)
        return None if index is None else self._chronicle.history(index, now)

    def _known_history(self, number: str, now: datetime) -> History:
        return self._chronicle.history(self._index(number), now)

    def _index(self, account: str) -> int:
        index = self.index(account)
        if index is None:
            raise LookupError(f"there is no account {account!r}")
        return index

    def _register_of(self, serial: str, obis: str) -> Meter:
        meter = self.meter(serial)
        if meter is None:
            raise LookupError(f"there is no meter {serial!r}")
        codes = [register.obis for register in meter.registers]
        if obis not in codes:
            raise LookupError(f"meter {serial} has no register {obis!r}; it has {', '.join(codes)}")
        return meter

    def _post_due(self, now: datetime) -> None:
        self._desk.post_due(now, known=lambda account: self.index(account) is not None)

    def _qr_writer(self, index: int) -> Callable[[str], str]:
        """Give what writes the QR text of a bill number: KHE;account;bill, or HET|region|district|account|bill."""
        account = self.number(index)
        if not self.utility.prepaid:
            return lambda number: f"KHE;{account};{number}"
        who = self._population.subscriber(index)
        return lambda number: f"HET|{who.region_code}|{who.district_code}|{account}|{number}"
