"""Answer what is asked by account numbers: usage points with their meters, outages, work orders."""

from __future__ import annotations

from sandbox.distribution import arguments as read
from sandbox.distribution.envelope import Content, Node
from sandbox.distribution.paging import Turn, cut
from sandbox.distribution.spelling import Refusal, Spelling, element, local
from sandbox.manners import account_text
from sandbox.metering import Meter, Outage, Register, UsagePoint, WorkOrder
from sandbox.world import World


def _known(world: World, arguments: Node) -> tuple[list[str], list[Refusal]]:
    asked = read.numbers(arguments, "accountNos")
    known = [number for number in asked if world.index(number) is not None]
    unknown = [Refusal(number, "unknown account", "account") for number in asked if world.index(number) is None]
    return known, unknown


def _account(number: str, spelling: Spelling) -> str:
    return element("accountNo", account_text(number, spelling.faults))


def _turn(arguments: Node, spelling: Spelling) -> Turn:
    return Turn(arguments.value("lastReceived"), spelling.faults)


def usage_points_by_account_nos(world: World, arguments: Node, spelling: Spelling) -> Content:
    """Give usage points; a usage point's objectID is its EIC."""
    known, unknown = _known(world, arguments)
    points = [point for number in known for point in world.usage_points(number)]
    page = cut(points, _turn(arguments, spelling), lambda point: point.eic)
    rows = [_usage_point(point, spelling) for point in page.rows]
    return Content(spelling.result("usagePoint", rows) + spelling.errors(unknown), page.remaining, page.last_sent)


def _usage_point(point: UsagePoint, spelling: Spelling) -> str:
    return (
        f"<usagePoint>{element('objectID', point.eic)}{_account(point.account, spelling)}"
        f"{element('eic', point.eic)}{element('address', point.address_text)}"
        f"{element('connectionState', point.connection_state)}{element('outageGroup', point.outage_group)}"
        f"{spelling.listing('meterList', 'meter', [_meter(meter, spelling) for meter in point.meters])}</usagePoint>"
    )


def _meter(meter: Meter, spelling: Spelling) -> str:
    removed = f"<removeDate>{meter.removed_on}</removeDate>" if meter.removed_on else ""
    registers = [_register(register) for register in meter.registers]
    return (
        f"<meter>{element('meterNo', meter.serial)}{element('model', meter.model)}"
        f"<installDate>{meter.installed_on}</installDate>{removed}<verifiedUntil>{meter.verified_until}</verifiedUntil>"
        f"<interval>{'true' if meter.interval else 'false'}</interval>"
        f"{spelling.listing('registerList', 'register', registers)}</meter>"
    )


def _register(register: Register) -> str:
    return (
        f"<register>{element('obisCode', register.obis)}{element('zone', register.zone)}"
        f"<leftDigits>{register.left_digits}</leftDigits><rightDigits>{register.right_digits}</rightDigits></register>"
    )


def outages_by_account_nos(world: World, arguments: Node, spelling: Spelling) -> Content:
    """Give each outage once, with those of the asked accounts that it touches."""
    known, unknown = _known(world, arguments)
    outages: dict[str, Outage] = {}
    touched: dict[str, list[str]] = {}
    for number in known:
        for outage in world.outages(number):
            outages[outage.id] = outage
            touched.setdefault(outage.id, []).append(number)
    page = cut(list(outages.values()), _turn(arguments, spelling), lambda outage: outage.id)
    rows = [_outage(outage, touched[outage.id], spelling) for outage in page.rows]
    return Content(spelling.result("outage", rows) + spelling.errors(unknown), page.remaining, page.last_sent)


def _outage(outage: Outage, touched: list[str], spelling: Spelling) -> str:
    accounts = [f"<string>{account_text(number, spelling.faults)}</string>" for number in touched]
    return (
        f"<outage>{element('objectID', outage.id)}{element('kind', outage.kind)}{element('outageGroup', outage.group)}"
        f"<startDate>{local(outage.starts_at)}</startDate>"
        f"<expectedEndDate>{local(outage.expected_end_at)}</expectedEndDate>"
        f"{spelling.listing('accountNos', 'string', accounts)}</outage>"
    )


def work_orders_by_account_nos(world: World, arguments: Node, spelling: Spelling) -> Content:
    """Give work orders in the order of the accounts."""
    known, unknown = _known(world, arguments)
    orders = [order for number in known for order in world.work_orders(number)]
    page = cut(orders, _turn(arguments, spelling), lambda order: order.id)
    rows = [_work_order(order, spelling) for order in page.rows]
    return Content(spelling.result("workOrder", rows) + spelling.errors(unknown), page.remaining, page.last_sent)


def _work_order(order: WorkOrder, spelling: Spelling) -> str:
    scheduled = "" if order.scheduled_at is None else f"<scheduledDate>{local(order.scheduled_at)}</scheduledDate>"
    return (
        f"<workOrder>{element('objectID', order.id)}{_account(order.account, spelling)}"
        f"{element('kind', order.kind)}{element('state', order.state)}"
        f"<requestedDate>{local(order.requested_at)}</requestedDate>{scheduled}</workOrder>"
    )
