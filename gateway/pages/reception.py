"""The reception of the pages: opens each visit, turns strangers' forms away, and remembers the language asked for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from auth.sessions import principal_of
from connectors.store.sessions import Session
from gateway.browsers import SESSION_COOKIE, is_from_own_page
from gateway.entrance import Entrance
from gateway.pages.language import catalogues, choose, offered, remember
from gateway.pages.rendering import Rendering
from gateway.pages.visit import Visit
from schema.scopes import NOBODY

_MOST_FIELDS: Final = 300

Page = Callable[[Visit], Awaitable[Response]]


class Reception:
    """Makes endpoints of pages. Requests find the Entrance in `request.state.entrance`."""

    def __init__(self, *, deadline_s: float) -> None:
        """Give each request `deadline_s` seconds for what it asks of providers and of billing."""
        self.rendering = Rendering()
        self._deadline_s = deadline_s

    def to(self, page: Page, *, signed_in: bool = False) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a page; with `signed_in` whoever is not is asked to sign in first."""

        async def answer(request: Request) -> Response:
            is_foreign = request.method == "POST" and not is_from_own_page(request)
            visit = await self.open(request, reads_form=not is_foreign)
            if is_foreign:
                response = visit.tell("message.foreign", 403)
            elif signed_in and visit.session is None:
                response = visit.go(f"/sign-in?{urlencode({'return_to': visit.address})}")
            else:
                response = await page(visit)
            return self.close(visit, response)

        return answer

    async def open(self, request: Request, *, reads_form: bool = True) -> Visit:
        """Open a visit; what is posted is read unless it is a stranger's."""
        entrance: Entrance = request.state.entrance
        languages = offered(entrance.profile.languages)
        return Visit(
            request=request,
            entrance=entrance,
            rendering=self.rendering,
            catalogue=catalogues()[choose(request, languages)],
            languages=languages,
            session=await _session(request, entrance),
            form=await _form(request) if reads_form else {},
            deadline_s=self._deadline_s,
        )

    def close(self, visit: Visit, response: Response) -> Response:
        """Let the browser remember the language that was asked for."""
        if visit.request.query_params.get("lang") == visit.catalogue.language:
            remember(response, visit.catalogue.language)
        return response


async def _session(request: Request, entrance: Entrance) -> Session | None:
    secret = request.cookies.get(SESSION_COOKIE)
    session = await entrance.sessions.find(secret) if secret else None
    is_good = session is not None and entrance.callers.still(principal_of(session)) is not NOBODY
    return session if is_good else None


async def _form(request: Request) -> Mapping[str, Sequence[str]]:
    """Read a form's fields. What is a file, or holds a character that no store keeps, is as if it were not there."""
    if request.method != "POST":
        return {}
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
        given = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and "\x00" not in value]
    return {name: [value for key, value in given if key == name] for name, _ in given}
