"""A forgotten password: a one-time password by text message, whoever asks and whether or not they are known."""

from http import HTTPStatus

from starlette.responses import Response

from gateway.pages.methods import Wanted
from gateway.pages.problems import Problem, problem_with
from gateway.pages.visit import Visit


async def ask(visit: Visit) -> Response:
    """Ask for the login."""
    return _page(visit)


async def send(visit: Visit) -> Response:
    """Have a one-time password sent; what is answered does not tell whether anybody has this login."""
    sms = visit.entrance.sms
    if sms is None:
        return visit.tell("message.no_page", HTTPStatus.NOT_FOUND)
    refusal = await sms.forgotten(visit.field("login"), visit.visitor)
    if refusal is not None:
        return _page(visit, problem_with(visit, refusal))
    return visit.go(Wanted.of(visit).at("/sign-in/sms", sent="1"))


def _page(visit: Visit, problem: Problem | None = None) -> Response:
    if visit.entrance.sms is None:
        return visit.tell("message.no_page", HTTPStatus.NOT_FOUND)
    response = visit.show(
        "sms_forgotten.html",
        problem.status if problem else 200,
        wanted=Wanted.of(visit),
        problem=problem,
        login=visit.field("login"),
    )
    return problem.on(response) if problem else response
