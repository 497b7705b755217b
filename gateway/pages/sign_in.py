"""Signing in: the choice of ways, each way's own page, and what comes back from it."""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse, Response

from auth.identity.flow import LIFETIME, Finished
from auth.identity.port import Form, ProviderUnavailable, Redirect, SignInExpired, SignInNotYet, SignInRefused
from auth.sessions import OpenedSession
from gateway.browsers import BROWSER_COOKIE, SESSION_COOKIE, set_cookie
from gateway.pages.addresses import way
from gateway.pages.methods import PAGES, Wanted, matter_of, methods, reaches, title_of
from gateway.pages.problems import Problem, problem_of
from gateway.pages.visit import Visit
from schema.customers import Customer

_SHOWN_AGAIN: Final = ("login", "phone", "name")
"""What a form shows again after a refusal; never a password."""


async def choose(visit: Visit) -> Response:
    """Show the ways to sign in; where there is a password alone, its form at once."""
    wanted = Wanted.of(visit)
    offering = visit.entrance.flow.offering(wanted.assurance)
    if [provider.name for provider in offering] == ["password"]:
        return await _begin(visit, "password", wanted)
    return await _choice(visit, wanted)


async def begin(visit: Visit) -> Response:
    """Begin one way: send the browser to the provider, or show our form."""
    name = visit.request.path_params["provider"]
    if name not in visit.entrance.flow.providers:
        return visit.tell("message.no_page", HTTPStatus.NOT_FOUND)
    return await _begin(visit, name, Wanted.of(visit))


async def come_back(visit: Visit) -> Response:
    """Take what a provider sent the browser back with; all of it is the provider's to judge.

    What our own forms ask for is in no address: addresses are kept, and other sites' pages may lead to them.
    """
    name = visit.request.path_params["provider"]
    answer = {} if name in PAGES else _told_once(visit.request.query_params.multi_items())
    if name not in visit.entrance.flow.providers:
        return visit.tell("message.no_page", HTTPStatus.NOT_FOUND)
    wanted = Wanted(*await visit.entrance.flow.under_way(name, visit.browser, answer.get("state", "")))
    try:
        return await _enter(visit, await _finish(visit, name, answer))
    except (SignInRefused, ProviderUnavailable) as error:
        return await _choice(visit, wanted, problem_of(visit, error), _silent(error, name))


async def submit(visit: Visit) -> Response:
    """Take one of our forms."""
    posted = [(name, value) for name, values in visit.form.items() for value in values]
    name, answer = visit.request.path_params["provider"], _told_once(posted)
    if name not in visit.entrance.flow.providers:
        return visit.tell("message.no_page", HTTPStatus.NOT_FOUND)
    try:
        finished = await _finish(visit, name, answer)
    except SignInNotYet:
        return _waiting(visit, name)
    except (SignInRefused, ProviderUnavailable) as error:
        is_in = isinstance(error, SignInExpired) and _is_in(visit)
        return visit.onward(visit.return_to) if is_in else await _again(visit, name, error)
    return await _enter(visit, finished)


async def enter(visit: Visit, opened: OpenedSession, return_to: str, *, is_new: bool) -> Response:
    """Let the browser in: a new session in place of the one before, and on to where the visitor was heading.

    Whoever comes for the first time is asked for their account on the way.
    """
    subject = opened.session.subject
    if is_new and not await visit.entrance.linking.links.numbers(subject):
        return_to = way("/link", return_to)
    if visit.session is not None:
        await visit.entrance.sessions.end(visit.session.subject, visit.visitor, only=visit.session.id)
    response = JSONResponse({"location": return_to}) if _is_script(visit) else visit.onward(return_to)
    lifetime = opened.session.expires_at - opened.session.opened_at
    set_cookie(response, SESSION_COOKIE, opened.secret, int(lifetime.total_seconds()))
    return response


async def _finish(visit: Visit, name: str, answer: Mapping[str, str]) -> Finished:
    return await visit.entrance.flow.finish(name, visit.browser, answer, visit.visitor, visit.deadline())


def _told_once(pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Return what an answer tells: nothing where it tells something twice (RFC 6749, section 3.1)."""
    told = dict(pairs)
    return told if len(told) == len(pairs) else {}


async def _enter(visit: Visit, finished: Finished) -> Response:
    """Let in whom a provider vouched for; a customer since their text message is here for the first time, too."""
    is_new = finished.recognised.is_new or finished.opened.session.provider == "sms"
    return await enter(visit, finished.opened, finished.return_to, is_new=is_new)


async def _begin(visit: Visit, name: str, wanted: Wanted, problem: Problem | None = None) -> Response:
    browser = visit.browser or secrets.token_urlsafe(32)
    try:
        begun = await visit.entrance.flow.begin(
            name,
            browser,
            return_to=wanted.return_to,
            visitor=visit.visitor,
            deadline=visit.deadline(),
            assurance=wanted.assurance,
        )
    except (SignInRefused, ProviderUnavailable) as error:
        return await _choice(visit, wanted, problem or problem_of(visit, error), _silent(error, name))
    step = begun.step
    if isinstance(step, Redirect):
        response = visit.go(step.url)
    else:
        response = await _form(visit, name, wanted, step, begun.state, problem)
    if not visit.browser:
        set_cookie(response, BROWSER_COOKIE, browser)
    return response


async def _form(  # noqa: PLR0913, PLR0917 -- each is another fact of the page
    visit: Visit, name: str, wanted: Wanted, form: Form, state: str, problem: Problem | None
) -> Response:
    """Show a way's own page, which brings the state back."""
    response = visit.show(
        PAGES[form.page],
        problem.status if problem else 200,
        at=wanted.at(f"/sign-in/{name}"),
        connects=reaches(form),
        title=title_of(visit, name),
        action=f"/sign-in/{name}/callback",
        state=state,
        wanted=wanted,
        problem=problem,
        typed={each: visit.field(each) for each in _SHOWN_AGAIN},
        others=await methods(visit, wanted, without=name),
        customer=await _customer(visit),
        is_sent="sent" in visit.request.query_params,
        by_sms=visit.entrance.sms is not None,
        minimum_length=visit.entrance.by_password.rules.minimum_password_length,
        **matter_of(form),
    )
    return problem.on(response) if problem else response


async def _choice(visit: Visit, wanted: Wanted, problem: Problem | None = None, without: str = "") -> Response:
    response = visit.show(
        "sign_in.html",
        problem.status if problem else 200,
        at=wanted.at("/sign-in"),
        wanted=wanted,
        problem=problem,
        methods=await methods(visit, wanted, without=without),
        customer=await _customer(visit),
    )
    return problem.on(response) if problem else response


async def _again(visit: Visit, name: str, error: SignInRefused | ProviderUnavailable) -> Response:
    """Begin the same way once more and say why; a script is told in words, for it has the page already."""
    problem, wanted = problem_of(visit, error), Wanted.of(visit)
    if _is_script(visit):
        return problem.on(JSONResponse({"message": problem.text}, problem.status))
    if isinstance(error, ProviderUnavailable):
        return await _choice(visit, wanted, problem, name)
    return await _begin(visit, name, wanted, problem)


def _is_in(visit: Visit) -> bool:
    """Tell whether the visitor has just signed in: a form that was sent twice then did what it was for."""
    session, now = visit.session, visit.entrance.flow.now()
    return session is not None and session.authentication.satisfies(Wanted.of(visit).assurance, LIFETIME, now)


def _waiting(visit: Visit, name: str) -> Response:
    """Answer that the person has not acted yet; without a script they ask again themselves."""
    if _is_script(visit):
        return JSONResponse({}, HTTPStatus.ACCEPTED)
    wanted = Wanted.of(visit)
    return visit.show(
        "waiting.html",
        HTTPStatus.ACCEPTED,
        at=wanted.at(f"/sign-in/{name}"),
        title=title_of(visit, name),
        action=f"/sign-in/{name}/callback",
        state=visit.field("state"),
        wanted=wanted,
    )


async def _customer(visit: Visit) -> Customer | None:
    """Return who is signed in already."""
    return None if visit.session is None else await visit.entrance.by_password.customers.get(visit.session.subject)


def _silent(error: SignInRefused | ProviderUnavailable, name: str) -> str:
    """Return the way to leave out of the choice: one that does not answer."""
    return name if isinstance(error, ProviderUnavailable) else ""


def _is_script(visit: Visit) -> bool:
    return visit.request.headers.get("accept", "").startswith("application/json")
