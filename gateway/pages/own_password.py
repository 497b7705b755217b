"""The customer's own password, changed after a recent sign-in; every other session and token ends with the old one."""

from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from gateway.pages import security
from gateway.pages.problems import Problem, problem_with
from gateway.pages.visit import Visit
from schema.refusals import Refusal

PAGE: Final = "/security/password"


async def show(visit: Visit) -> Response:
    """Ask for the new password; first for a recent sign-in."""
    return await security.ask_again(visit, PAGE) or _form(visit)


async def change(visit: Visit) -> Response:
    """Change the password."""
    asked, own = await security.ask_again(visit, PAGE), visit.own_session()
    if asked is not None:
        return asked
    changed = await visit.entrance.credentials.change_password(
        own.subject, visit.field("new_password"), visit.visitor, keep=own.id
    )
    if isinstance(changed, Refusal):
        return _form(visit, problem_with(visit, changed))
    return visit.go(security.PAGE)


def _form(visit: Visit, problem: Problem | None = None) -> Response:
    return visit.show(
        "own_password.html",
        problem.status if problem else HTTPStatus.OK,
        problem=problem,
        minimum_length=visit.entrance.by_password.rules.minimum_password_length,
    )
