"""The routes of the pages: where each one is shown, and which form does what."""

from typing import Final

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Route, Router

from gateway import oauth
from gateway.pages import device, link, own_password, passkeys, register, security, sign_in, sign_out, sms
from gateway.pages.consent import AuthorizationPages
from gateway.pages.headers import Guarded
from gateway.pages.reception import Page, Reception
from gateway.pages.rendering import STATIC

_FOLDERS: Final = ("/sign-in", "/register", "/sign-out", "/link", "/device", "/security", "/pages")


def routes(*, deadline_s: float = 15.0) -> list[BaseRoute]:
    """Return the routes of all pages, and of the authorization server, which asks its customers on some of them.

    `deadline_s` bounds what one request may ask of providers and of billing.
    """
    reception = Reception(deadline_s=deadline_s)
    inside = Router(
        [
            *_page(reception, "/sign-in", sign_in.choose),
            *_page(reception, "/sign-in/sms/forgotten", sms.ask, sms.send),
            *_page(reception, "/sign-in/{provider}", sign_in.begin),
            *_page(reception, "/sign-in/{provider}/callback", sign_in.come_back, sign_in.submit),
            *_page(reception, "/register", register.show, register.register),
            *_page(reception, "/sign-out", sign_out.ask, sign_out.sign_out),
            *_page(reception, "/link", link.show, link.link, signed_in=True),
            *_page(reception, "/device", device.show, device.answer, signed_in=True),
            *_page(reception, "/security", security.show, signed_in=True),
            *_page(reception, "/security/sessions", security.show, security.end_session, signed_in=True),
            *_page(reception, "/security/grants", security.show, security.revoke_grant, signed_in=True),
            *_page(reception, "/security/password", own_password.show, own_password.change, signed_in=True),
            *_page(reception, "/security/passkeys/new", passkeys.invite, passkeys.add, signed_in=True),
            *_page(reception, "/security/passkeys", security.show, passkeys.remove, signed_in=True),
            Route(STATIC + "/{name:path}", reception.rendering.assets.answer),
        ]
    )
    guarded = Guarded(ExceptionMiddleware(inside))
    own = [Route(path, guarded) for folder in _FOLDERS for path in (folder, folder + "/{rest:path}")]
    return [*own, *oauth.routes(AuthorizationPages(reception))]


def _page(
    reception: Reception, path: str, show: Page, act: Page | None = None, *, signed_in: bool = False
) -> list[Route]:
    """Route a page: GET shows it, POST acts."""
    verbs = (("GET", show), ("POST", act))
    return [Route(path, reception.to(page, signed_in=signed_in), methods=[verb]) for verb, page in verbs if page]
