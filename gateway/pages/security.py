"""Security: where a customer is signed in, with which passkeys, whom they let in, and what happened lately."""

from typing import Final

from starlette.responses import Response

from auth.sessions import principal_of
from gateway.browsers import SESSION_COOKIE, drop_cookie
from gateway.pages.addresses import way
from gateway.pages.methods import title_of
from gateway.pages.problems import Problem, problem_with
from gateway.pages.visit import Visit
from schema.errors import StepUpRequired
from schema.refusals import Refusal
from schema.scopes import Scope

PAGE: Final = "/security"
MOST_EVENTS: Final = 20
OTHERS: Final = "others"


async def show(visit: Visit) -> Response:
    """Show everything of the customer's that may be ended, and what happened lately."""
    return await _page(visit)


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


async def invite_passkey(visit: Visit) -> Response:
    """Show the page that has the browser make a passkey; asks for a recent, strong sign-in first."""
    passkeys, asked = visit.entrance.passkeys, await _step_up(visit)
    customer = await visit.entrance.by_password.customers.get(visit.own_session().subject)
    if passkeys is None or customer is None:
        return visit.tell("message.no_page", 404, way_on=PAGE)
    return asked or visit.show("passkey_new.html", options=await passkeys.invite(customer), problem=None)


async def add_passkey(visit: Visit) -> Response:
    """Keep the passkey that the browser made."""
    passkeys, asked = visit.entrance.passkeys, await _step_up(visit)
    if passkeys is None or asked is not None:
        return asked or visit.tell("message.no_page", 404, way_on=PAGE)
    subject, name = visit.own_session().subject, visit.field("name") or visit.say("security.passkey")
    added = await passkeys.add(subject, visit.field("credential"), name, visit.visitor)
    return await _page(visit, problem_with(visit, added)) if isinstance(added, Refusal) else visit.go(PAGE)


async def remove_passkey(visit: Visit) -> Response:
    """Remove a passkey; asks for a recent, strong sign-in first."""
    passkeys, asked = visit.entrance.passkeys, await _step_up(visit)
    if passkeys is None or asked is not None:
        return asked or visit.tell("message.no_page", 404, way_on=PAGE)
    await visit.entrance.credentials.remove_passkey(visit.own_session().subject, visit.field("passkey"), visit.visitor)
    return visit.go(PAGE)


async def _step_up(visit: Visit) -> Response | None:
    """Send whoever has not signed in lately, or not strongly enough, to sign in again; None for all others."""
    try:
        await visit.entrance.step_up.require(principal_of(visit.own_session()))
    except StepUpRequired as error:
        return visit.go(way("/sign-in", PAGE, acr=str(error.extensions["acrValues"])))
    return None


async def _page(visit: Visit, problem: Problem | None = None) -> Response:
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
        time=visit.moment,
        provider=lambda name: title_of(visit, name),
    )
