"""Registering with a password: a new customer, signed in at once."""

from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from auth.audit import AuditKind
from gateway.pages.problems import Problem, problem_with
from gateway.pages.sign_in import enter
from gateway.pages.visit import Visit
from schema.authentication import Amr, Assurance, Authentication
from schema.refusals import Refusal
from schema.sign_in import RegisterInput

_SHOWN_AGAIN: Final = ("name", "email", "phone")


async def show(visit: Visit) -> Response:
    """Ask for name, e-mail, phone and password, where the utility takes passwords."""
    if "password" not in visit.entrance.flow.providers:
        return visit.tell("message.no_page", HTTPStatus.NOT_FOUND)
    return _form(visit)


async def register(visit: Visit) -> Response:
    """Register a customer and let their browser in."""
    entrance, now = visit.entrance, visit.entrance.flow.now()
    given = RegisterInput(
        name=visit.field("name"),
        email=visit.field("email") or None,
        phone=visit.field("phone") or None,
        password=visit.field("password"),
    )
    customer = await entrance.by_password.register(given, visit.visitor)
    if isinstance(customer, Refusal):
        return _form(visit, problem_with(visit, customer))
    authentication = Authentication(Assurance.LOW, (Amr.PASSWORD,), now)
    opened = await entrance.sessions.open(customer.subject, "password", authentication, visit.visitor)
    await entrance.by_password.record(AuditKind.SIGNED_IN, customer.subject, visit.visitor)
    return await enter(visit, opened, visit.return_to, is_new=True)


def _form(visit: Visit, problem: Problem | None = None) -> Response:
    response = visit.show(
        "register.html",
        problem.status if problem else 200,
        return_to=visit.return_to,
        problem=problem,
        typed={name: visit.field(name) for name in _SHOWN_AGAIN},
        minimum_length=visit.entrance.by_password.rules.minimum_password_length,
    )
    return problem.on(response) if problem else response
