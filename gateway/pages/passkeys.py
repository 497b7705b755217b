"""Passkeys of a customer: made by their browser, and removed. Both ask for a recent, strong sign-in first."""

from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from gateway.pages import security
from gateway.pages.problems import problem_with
from gateway.pages.visit import Visit
from schema.refusals import Refusal

NEW: Final = "/security/passkeys/new"


async def invite(visit: Visit) -> Response:
    """Show the page that has the browser make a passkey."""
    passkeys, asked = visit.entrance.passkeys, await security.ask_again(visit, NEW)
    customer = await visit.entrance.by_password.customers.get(visit.own_session().subject)
    if passkeys is None or customer is None:
        return _none_here(visit)
    return asked or visit.show("passkey_new.html", options=await passkeys.invite(customer))


async def add(visit: Visit) -> Response:
    """Keep the passkey that the browser made."""
    passkeys, asked = visit.entrance.passkeys, await security.ask_again(visit, NEW)
    if passkeys is None or asked is not None:
        return asked or _none_here(visit)
    subject, name = visit.own_session().subject, visit.field("name") or visit.say("security.passkey")
    added = await passkeys.add(subject, visit.field("credential"), name, visit.visitor)
    if isinstance(added, Refusal):
        return await security.page(visit, problem_with(visit, added))
    return visit.go(security.PAGE)


async def remove(visit: Visit) -> Response:
    """Remove a passkey."""
    asked, subject = await security.ask_again(visit, security.PAGE), visit.own_session().subject
    if asked is not None:
        return asked
    await visit.entrance.credentials.remove_passkey(subject, visit.field("passkey"), visit.visitor)
    return visit.go(security.PAGE)


def _none_here(visit: Visit) -> Response:
    return visit.tell("message.no_page", HTTPStatus.NOT_FOUND, way_on=security.PAGE)
