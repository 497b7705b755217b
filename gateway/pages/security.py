"""Security: where a customer is signed in, with which passkeys, whom they let in, and what happened lately."""

from typing import Final

from starlette.responses import Response

from auth.sessions import principal_of
from gateway.browsers import SESSION_COOKIE, drop_cookie
from gateway.pages.addresses import way
from gateway.pages.methods import title_of
from gateway.pages.problems import Problem
from gateway.pages.visit import Visit
from schema.errors import StepUpRequired
from schema.scopes import Scope

PAGE: Final = "/security"
MOST_EVENTS: Final = 20
OTHERS: Final = "others"


async def show(visit: Visit) -> Response:
    """Show everything of the customer's that may be ended, and what happened lately."""
    return await page(visit)


async def end_session(visit: Visit) -> Response:
    """End one of the customer's sessions, or all but the one that asks."""
    own, chosen = visit.own_session(), visit.field("session")
    kept = own.id if chosen == OTHERS else None
    await visit.entrance.sessions.end(own.subject, visit.visitor, only=None if kept else chosen, keep=kept)
    response = visit.go("/sign-in" if chosen == own.id else PAGE)
    if chosen == own.id:
        drop_cookie(response, SESSION_COOKIE)
    return response


async def revoke_grant(visit: Visit) -> Response:
    """Revoke what the customer allowed an application."""
    await visit.entrance.sign_out.application(visit.own_session().subject, visit.field("grant"), visit.visitor)
    return visit.go(PAGE)


async def ask_again(visit: Visit, back_to: str) -> Response | None:
    """Send whoever has not signed in lately, or not strongly enough, to sign in again; None for all others."""
    try:
        await visit.entrance.step_up.require(principal_of(visit.own_session()))
    except StepUpRequired as error:
        return visit.go(way("/sign-in", back_to, acr=str(error.extensions["acrValues"])))
    return None


async def page(visit: Visit, problem: Problem | None = None) -> Response:
    """Answer with the page."""
    own, entrance = visit.own_session(), visit.entrance
    sessions = await entrance.sessions.of(own.subject)
    return visit.show(
        "security.html",
        problem.status if problem else 200,
        at=PAGE,
        problem=problem,
        own=own,
        sessions=[(each, title_of(visit, each.provider)) for each in sessions],
        passkeys=None if entrance.passkeys is None else await entrance.passkeys.of(own.subject),
        grants=await entrance.grants.of_subject(own.subject),
        scopes=[scope.value for scope in Scope],
        events=await entrance.trail.of_subject(own.subject, MOST_EVENTS, None),
        has_password=await _has_login(visit),
        time=visit.moment,
        provider=lambda name: title_of(visit, name),
    )


async def _has_login(visit: Visit) -> bool:
    """Tell whether the customer has an e-mail or a phone, by which a password is of use."""
    customer = await visit.entrance.by_password.customers.get(visit.own_session().subject)
    is_offered = "password" in visit.entrance.flow.providers
    return is_offered and customer is not None and bool(customer.email or customer.phone)
