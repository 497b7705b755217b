"""The world is a function of profile, seed, account number and clock; what is made to happen lies on top."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import Clock
from sandbox.ledger import IncomingPayment, Payment, PaymentState
from sandbox.world import World

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PROFILES = ("ua-kharkiv", "uz-het")
BIG = {profile: World(profile, accounts=1_000_000, clock=Clock(NOW, speed=0)) for profile in PROFILES}


def world(profile: str = "ua-kharkiv", *, accounts: int = 2000, seed: int = 1, now: datetime = NOW) -> World:
    return World(profile, accounts=accounts, seed=seed, clock=Clock(now, speed=0))


def some(of: World, count: int = 200) -> list[str]:
    return [of.number(index) for index in range(count)]


def everything(of: World, number: str) -> object:
    points = of.usage_points(number)
    readings = [of.readings(meter.serial) for point in points for meter in point.meters]
    ledger = (of.accruals(number), of.bills(number), of.payments(number), of.balance(number))
    return (of.subscribers([number]), ledger, points, readings, of.outages(number), of.work_orders(number))


@pytest.mark.parametrize("profile", PROFILES)
def test_same_seed_gives_the_same_world_and_another_seed_another(profile: str) -> None:
    first, again, other = world(profile), world(profile), world(profile, seed=2)
    numbers = some(first, 30)
    in_order = [everything(first, number) for number in numbers]
    backwards = [everything(again, number) for number in reversed(numbers)][::-1]
    assert in_order == backwards
    assert in_order != [everything(other, number) for number in numbers]


@pytest.mark.parametrize("profile", PROFILES)
def test_an_account_is_the_same_among_two_thousand_and_a_million(profile: str) -> None:
    small = world(profile)
    for number in some(small, 20):
        assert everything(small, number) == everything(BIG[profile], number)


@given(index=st.integers(0, 999_999), profile=st.sampled_from(PROFILES))
def test_number_and_index_are_inverse(index: int, profile: str) -> None:
    big = BIG[profile]
    number = big.number(index)
    assert len(number) == big.utility.account_digits
    assert big.index(number) == index


@given(text=st.text(max_size=14))
def test_what_is_not_a_number_of_the_utility_has_no_index(text: str) -> None:
    big = BIG["ua-kharkiv"]
    index = big.index(text)
    assert index is None or big.number(index) == text


@pytest.mark.parametrize("profile", PROFILES)
def test_about_a_tenth_of_the_numbers_begin_with_zero(profile: str) -> None:
    numbers = some(world(profile), 2000)
    assert 150 <= sum(number.startswith("0") for number in numbers) <= 250
    assert len(set(numbers)) == 2000


def test_holders_of_every_size_share_out_all_accounts() -> None:
    of = world(accounts=2000)
    sizes = {size: list(of.holders(size)) for size in (1, 2, 3, 5, 10, 50, 60)}
    counts = {size: len(found) for size, found in sizes.items()}
    assert counts == {1: 560, 2: 40, 3: 20, 5: 20, 10: 10, 50: 10, 60: 10}
    dealt = [number for found in sizes.values() for numbers in found for number in numbers]
    assert sorted(dealt) == sorted(some(of, 2000))


def test_the_smallest_utility_has_holders_of_one_ten_and_fifty() -> None:
    of = world(accounts=61)
    assert [len(list(of.holders(size))) for size in (1, 10, 50, 60)] == [1, 1, 1, 0]
    with pytest.raises(ValueError, match="61 accounts or more"):
        world(accounts=60)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_holder_has_one_name_and_phone(profile: str) -> None:
    of = world(profile)
    for numbers in of.holders(50):
        people = {(who.last_name, who.first_name, who.phone) for who in of.subscribers(numbers) if who}
        assert len(people) == 1


def test_names_are_ukrainian_or_uzbek_in_both_scripts_with_every_apostrophe() -> None:
    ukraine, uzbekistan = world("ua-kharkiv"), world("uz-het")
    names = {
        of.utility.profile: "".join(who.last_name + who.middle_name for who in of.subscribers(some(of, 2000)) if who)
        for of in (ukraine, uzbekistan)
    }
    assert set("\u2019\u02bc\u0456їҐ") <= set(names["ua-kharkiv"])
    assert set("\u2018\u02bb\u2019'ўғқҳ") <= set(names["uz-het"].lower()) | set(names["uz-het"])


@given(index=st.integers(0, 999_999))
def test_eic_has_a_valid_check_character(index: int) -> None:
    big = BIG["ua-kharkiv"]
    (who,) = big.subscribers([big.number(index)])
    assert who is not None
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
    total = sum((16 - place) * alphabet.index(character) for place, character in enumerate(who.eic[:15]))
    assert len(who.eic) == 16
    assert who.eic.startswith("62Z")
    assert who.eic[15] == alphabet[36 - (total - 1) % 37] != "-"


@pytest.mark.parametrize("profile", PROFILES)
def test_balance_is_accruals_less_posted_payments(profile: str) -> None:
    of = world(profile)
    for number in some(of):
        balance = of.balance(number)
        assert balance is not None
        posted = sum(each.amount_minor for each in of.payments(number) if each.state == PaymentState.POSTED)
        assert balance.debt_minor == sum(each.amount_minor for each in of.accruals(number)) - posted


@pytest.mark.parametrize("profile", PROFILES)
def test_accruals_add_up(profile: str) -> None:
    of = world(profile)
    for number in some(of):
        for accrual in of.accruals(number):
            assert accrual.kwh == sum(line.kwh for line in accrual.lines)
            assert accrual.amount_minor == sum(line.amount_minor for line in accrual.lines)
            assert accrual.amount_minor >= 0


@pytest.mark.parametrize("profile", PROFILES)
def test_bills_chain(profile: str) -> None:
    of = world(profile)
    for number in some(of):
        opening = 0
        for bill in of.bills(number):
            assert bill.opening_minor == opening
            assert bill.closing_minor == bill.opening_minor + bill.charged_minor - bill.paid_minor
            assert len(bill.number) == 10
            assert bill.number in bill.qr
            assert bill.issued_on < bill.due_on
            opening = bill.closing_minor


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_charged_is_what_the_meters_counted(profile: str) -> None:
    """Over meter changes, roll-overs and estimates: the sum of stand differences is the sum of accruals."""
    of = world(profile, now=datetime(2026, 11, 10, 12, 0, tzinfo=UTC))
    seen = {"replaced": 0, "rolled over": 0, "estimated": 0}
    for number in some(of, 400):
        counted = Decimal(0)
        (point,) = of.usage_points(number)
        seen["replaced"] += len(point.meters) > 1
        until = datetime(2026, 11, 4, 4, 0, tzinfo=of.utility.zone)
        for meter in point.meters:
            for register in meter.registers:
                stands = [each for each in of.readings(meter.serial) if each.obis == register.obis]
                stands = [each for each in stands if each.reported_at <= until]
                if of.utility.prepaid:
                    stands = [each for each in stands if each.read_at <= datetime(2026, 11, 1, tzinfo=of.utility.zone)]
                seen["estimated"] += sum(each.source == "ESTIMATE" for each in stands)
                for before, after in pairwise(stands):
                    difference = after.value - before.value
                    seen["rolled over"] += difference < 0
                    counted += (difference + 10**register.left_digits) % 10**register.left_digits
        assert counted == sum(each.kwh for each in of.accruals(number) if each.month < date(2026, 11, 1))
    assert seen["replaced"]
    assert seen["rolled over"]
    assert bool(seen["estimated"]) is not of.utility.prepaid


def test_ukrainian_price_rose_on_the_first_of_june_2024() -> None:
    of = world()
    number = next(each for each in some(of) if (who := of.subscribers([each])[0]) and who.zones == 1)
    prices = {row.month: row.lines[0].price for row in of.accruals(number)}
    assert prices[date(2024, 5, 1)] == Decimal("2.64")
    assert prices[date(2024, 6, 1)] == Decimal("4.32")


def test_a_prepaid_account_is_charged_each_midnight() -> None:
    of = world("uz-het", now=datetime(2026, 11, 21, 18, 0, tzinfo=UTC))
    number = of.number(3)
    before, row = of.balance(number), of.accruals(number)[-1]
    assert before is not None
    assert row.month == date(2026, 11, 1)
    assert row.posted_on == of.now().date()
    of.clock.advance(86_400)
    after, later = of.balance(number), of.accruals(number)[-1]
    assert after is not None
    assert later.kwh > row.kwh
    assert after.debt_minor - before.debt_minor == later.amount_minor - row.amount_minor > 0


@pytest.mark.parametrize("profile", PROFILES)
def test_time_only_adds(profile: str) -> None:
    """Whatever was seen is still there a month later; only a payment's state and this month's charge move on."""
    of = world(profile)
    numbers = some(of, 40)

    def seen() -> dict[str, set[object]]:
        facts: dict[str, set[object]] = {"months": set(), "bills": set(), "payments": set(), "readings": set()}
        for number in numbers:
            facts["months"] |= {(number, each.month) for each in of.accruals(number)}
            facts["bills"] |= set(of.bills(number))
            facts["payments"] |= {(each.id, each.accepted_at, each.amount_minor) for each in of.payments(number)}
            meters = [meter.serial for point in of.usage_points(number) for meter in point.meters]
            facts["readings"] |= {each for serial in meters for each in of.readings(serial)}
        return facts

    before = seen()
    of.clock.advance(35 * 86_400)
    after = seen()
    for kind, facts in before.items():
        assert facts < after[kind], kind


def test_payment_stages_follow_the_clock() -> None:
    of = world()
    waiting = next(
        (number, each.id)
        for number in some(of, 2000)
        for each in of.payments(number)
        if each.state == PaymentState.ACCEPTED
    )
    number, payment_id = waiting
    debts = [of.balance(number)]
    of.clock.advance(15 * 86_400)
    payment = next(each for each in of.payments(number) if each.id == payment_id)
    assert payment.state == PaymentState.POSTED
    assert payment.accepted_at.date() <= (payment.settled_on or date.max) <= (payment.posted_on or date.min)
    assert debts[0] is not None


def test_made_payment_reduces_the_debt_at_once() -> None:
    of = world()
    number = of.number(7)
    before = of.balance(number)
    told: list[object] = []
    of.watch_payments(told.append)
    payment = of.make_payment(number, 12_345, "PRIVAT24")
    after = of.balance(number)
    assert before is not None
    assert after is not None
    assert after.debt_minor == before.debt_minor - 12_345
    assert of.payments(number)[-1] == payment
    assert told == [payment]
    assert payment.state == PaymentState.POSTED


def test_payment_that_waits_is_posted_on_request_and_only_once() -> None:
    of = world()
    number = of.number(7)
    before = of.balance(number)
    payment = of.make_payment(number, 500, posted=False)
    assert payment.state == PaymentState.ACCEPTED
    assert of.balance(number) == before
    assert payment.id not in [each.id for each in of.payments(number)]
    (row,) = of.incoming_payments([number])
    assert (row.processed, row.payment_id) == (False, None)
    posted = of.post_incoming(payment.id)
    assert posted == of.post_incoming(row.id) == of.payments(number)[-1]
    assert posted.id == payment.id
    (row,) = of.incoming_payments([number])
    assert (row.processed, row.payment_id) == (True, payment.id)
    after = of.balance(number)
    assert before is not None
    assert after is not None
    assert after.debt_minor == before.debt_minor - 500


def test_payment_that_waits_is_posted_by_time() -> None:
    of = world()
    number = of.number(7)
    told: list[Payment | IncomingPayment] = []
    of.watch_payments(told.append)
    payment = of.make_payment(number, 500, posted=False)
    of.clock.advance(4 * 86_400)
    assert of.balance(number) is not None
    assert [type(each).__name__ for each in told] == ["IncomingPayment", "Payment", "IncomingPayment"]
    posted = told[1]
    assert isinstance(posted, Payment)
    assert posted.id == payment.id
    assert posted.posted_at is not None
    assert timedelta(days=1) <= posted.posted_at - payment.accepted_at <= timedelta(days=3)


def test_incoming_payment_is_taken_once_under_its_external_id() -> None:
    of = world()
    number = of.number(7)
    first = of.accept_incoming("EXT-1", number, 1_000, "PRIVAT24", of.now())
    again = of.accept_incoming("EXT-1", number, 9_999, "EASYPAY", of.now())
    assert first == again == of.incoming("EXT-1")
    assert of.incoming_payments([number]) == [first]
    assert of.incoming("EXT-2") is None


def test_incoming_payment_of_a_stranger_waits_for_ever() -> None:
    of = world()
    of.accept_incoming("EXT-1", "not a number", 1_000, "PRIVAT24", of.now())
    of.clock.advance(10 * 86_400)
    assert [row.processed for row in of.incoming_payments()] == [False]


@pytest.mark.parametrize("amount", [0, -1])
def test_a_payment_is_more_than_nothing(amount: int) -> None:
    of = world()
    number = of.number(7)
    before = of.balance(number)
    for posted in (True, False):
        with pytest.raises(ValueError, match="more than nothing"):
            of.make_payment(number, amount, posted=posted)
    assert of.balance(number) == before
    assert of.incoming_payments() == []


def test_verbs_refuse_what_nobody_has() -> None:
    of = world()
    with pytest.raises(LookupError, match="no account"):
        of.make_payment("000000000001", 100)
    with pytest.raises(LookupError, match="no meter"):
        of.make_reading("1", "1.8.0", Decimal(1))
    meter = of.usage_points(of.number(0))[0].meters[-1]
    with pytest.raises(LookupError, match="has no register"):
        of.make_reading(meter.serial, "9.9.9", Decimal(1))
    with pytest.raises(LookupError, match="no waiting payment"):
        of.post_incoming(77)
    assert of.balance("000000000001") is None
    assert of.meter("nonsense") is None
    lists = (of.readings, of.payments, of.accruals, of.bills, of.usage_points, of.outages, of.work_orders)
    assert [ask("nonsense") for ask in lists] == [[]] * 7


def test_made_reading_comes_last_with_an_id_of_its_own() -> None:
    of = world()
    meter = of.usage_points(of.number(0))[0].meters[-1]
    obis = meter.registers[0].obis
    before = of.readings(meter.serial)
    first = of.make_reading(meter.serial, obis, of.current_stand(meter.serial, obis))
    second = of.make_reading(meter.serial, obis, first.value)
    assert of.readings(meter.serial) == [*before, first, second]
    assert first.object_id != second.object_id
    assert (first.source, first.status) == ("CUSTOMER", "RECEIVED")


def test_object_ids_are_unique_and_sort_by_time() -> None:
    of = world()
    for number in some(of, 50):
        for meter in of.usage_points(number)[0].meters:
            readings = of.readings(meter.serial)
            assert len({each.object_id for each in readings}) == len(readings)
            for register in meter.registers:
                ids = [each.object_id for each in readings if each.obis == register.obis]
                assert ids == sorted(ids)


def test_outage_touches_its_group_or_its_account() -> None:
    of = world()
    number, neighbour = of.number(0), of.number(1)
    group = of.usage_points(number)[0].outage_group
    whole = of.make_outage("PLANNED", group=group)
    alone = of.make_outage("EMERGENCY", account=neighbour)
    assert whole in of.outages(number)
    assert alone not in of.outages(number)
    assert alone in of.outages(neighbour)
    with pytest.raises(ValueError, match="account or of a group"):
        of.make_outage("PLANNED")


def test_work_order_is_taken_in() -> None:
    of = world()
    order = of.make_work_order(of.number(0), "INSPECTION")
    assert of.work_orders(of.number(0))[-1] == order
    assert order.state == "SUBMITTED"


def test_clock_moves_forward_only() -> None:
    ticks = iter([0.0, 10.0, 10.0, 10.0])
    clock = Clock(NOW, speed=60, ticks=lambda: next(ticks))
    assert clock.now() == NOW + timedelta(minutes=10)
    assert clock.advance(5) == NOW + timedelta(minutes=10, seconds=5)
    with pytest.raises(ValueError, match="forward only"):
        clock.advance(-1)
