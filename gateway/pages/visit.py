"""Visit: one request to a page, with who is at the browser and in which language they read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth.identity.flow import local_path
from auth.identity.port import Visitor
from connectors.store.sessions import Session
from connectors.transport.deadline import Deadline
from gateway.browsers import BROWSER_COOKIE, visitor_of
from gateway.entrance import Entrance
from gateway.pages.language import Catalogue
from gateway.pages.rendering import Rendering, Shown

_AUTHORIZATION: Final = "/oauth/"
"""Where a path of ours may send the browser on to another host at once."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. `session` is the open one behind its cookie, and `form` what a page of ours has posted."""

    request: Request
    entrance: Entrance
    rendering: Rendering
    catalogue: Catalogue
    languages: Sequence[str]
    session: Session | None
    form: Mapping[str, Sequence[str]]
    deadline_s: float

    @property
    def visitor(self) -> Visitor:
        """Who is at the browser."""
        subject = self.session.subject if self.session else None
        return replace(visitor_of(self.request), language=self.catalogue.language, subject=subject)

    @property
    def browser(self) -> str:
        """The secret of this browser's cookie, empty where there is none."""
        return self.request.cookies.get(BROWSER_COOKIE, "")

    @property
    def return_to(self) -> str:
        """The local path that the visitor is heading for, `/` where none is told."""
        return local_path(self.field("return_to") or self.request.query_params.get("return_to", "/"))

    @property
    def address(self) -> str:
        """Where this page is shown by GET, in whichever language."""
        given = [pair for pair in self.request.query_params.multi_items() if pair[0] != "lang"]
        path = self.request.url.path
        return f"{path}?{urlencode(given)}" if given and self.request.method == "GET" else path

    def own_session(self) -> Session:
        """Return the session of whoever is signed in; a route for customers alone lets nobody else come here."""
        if self.session is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return self.session

    def field(self, name: str) -> str:
        """Return what was posted in a field, empty where nothing was."""
        return next(iter(self.form.get(name, ())), "")

    def deadline(self) -> Deadline:
        """Return until when the answer to this request may take."""
        return Deadline.within(self.deadline_s)

    def say(self, message: str, **values: object) -> str:
        """Return a message in the visitor's language."""
        return self.catalogue.say(message, **values)

    def moment(self, at: datetime) -> str:
        """Write a moment by the utility's clock."""
        return self.catalogue.moment(at.astimezone(self.entrance.profile.zone))

    def show(
        self, template: str, status: int = 200, *, at: str | None = None, connects: str | None = None, **values: object
    ) -> Response:
        """Answer with a page.

        `at` is where it is shown by GET, `address` where left out; `connects` is the origin beside ours that its script
        talks to.
        """
        shown = Shown(
            catalogue=self.catalogue,
            languages=self.languages,
            utility=self.entrance.profile.title_in(self.catalogue.language),
            address=at or self.address,
            is_signed_in=self.session is not None,
            connects=connects,
        )
        return self.rendering.page(template, shown, status, **values)

    def tell(self, message: str, status: int, *, way_on: str = "/sign-in", code: str = "") -> Response:
        """Answer with nothing but a message, a code for whoever looks into it, and a way on."""
        return self.show("message.html", status, at=way_on, message=message, way_on=way_on, code=code)

    def go(self, address: str) -> Response:
        """Send the browser to an address of ours, so that going back or reloading repeats nothing."""
        return RedirectResponse(address, 303, {"cache-control": "no-store"})

    def onward(self, address: str) -> Response:
        """Send the browser on after a form, also where it may be sent on to another host.

        A browser holds a form to the page's `form-action` all along its redirects. So where the way may leave our host
        the form's answer is a page of its own, which takes the visitor on.
        """
        leaves = urlsplit(address).scheme or address.startswith(_AUTHORIZATION)
        if leaves and self.request.method == "POST":
            return self.show("onward.html", at="/sign-in", way_on=address)
        return self.go(address)
