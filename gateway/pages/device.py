"""Devices: somebody types the code that a device shows, sees what it asks for, and lets it in or turns it away."""

from starlette.responses import Response

from auth.server.devices import DeviceRequest
from gateway.pages.asking import accounts_chosen, asked, is_allowed
from gateway.pages.problems import Problem, problem_with
from gateway.pages.visit import Visit
from schema.refusals import Refusal


async def show(visit: Visit) -> Response:
    """Ask for the code; one in the address is but filled in, for a link could be a stranger's (RFC 8628, 5.4)."""
    return _form(visit, visit.request.query_params.get("user_code", ""))


async def answer(visit: Visit) -> Response:
    """Show what the device asks for, or take what the customer decided about it."""
    code, own = visit.field("user_code"), visit.own_session()
    found = await visit.entrance.server.devices.find(code, own.subject, visit.visitor)
    if isinstance(found, Refusal):
        return _form(visit, code, problem_with(visit, found))
    if not visit.field("decision"):
        return await _ask(visit, found, code)
    return await _decide(visit, found)


def _form(visit: Visit, code: str, problem: Problem | None = None) -> Response:
    response = visit.show(
        "device.html", problem.status if problem else 200, at="/device", problem=problem, code=code[:20]
    )
    return problem.on(response) if problem else response


async def _ask(visit: Visit, device: DeviceRequest, code: str) -> Response:
    what = await asked(visit, device.client_name, device.scopes, is_first_party=device.is_first_party)
    return visit.show("device_consent.html", at="/device", asked=what, action="/device", code=code)


async def _decide(visit: Visit, device: DeviceRequest) -> Response:
    devices, own, visitor = visit.entrance.server.devices, visit.own_session(), visit.visitor
    if not is_allowed(visit):
        await devices.deny(device, own.subject, visitor)
        return visit.show("device_done.html", at="/device", message="device.turned_away")
    accounts = accounts_chosen(visit)
    is_in = await devices.approve(device, own.subject, own.authentication, device.scopes, accounts, visitor=visitor)
    return visit.show("device_done.html", at="/device", message="device.let_in" if is_in else "device.too_late")
