"""Signing out: this browser's session ends, and the provider's own as well as can be."""

from typing import Final
from urllib.parse import urljoin

import structlog
from starlette.responses import Response

from auth.identity.port import ProviderUnavailable, SignInRefused
from connectors.store.sessions import Session
from gateway.browsers import SESSION_COOKIE, drop_cookie
from gateway.pages.visit import Visit

log: Final = structlog.get_logger("gridgate")


async def ask(visit: Visit) -> Response:
    """Ask before signing out: a link alone signs nobody out."""
    return visit.show("sign_out.html", return_to=visit.return_to)


async def sign_out(visit: Visit) -> Response:
    """Sign out; where nobody is signed in, nothing happens."""
    onward = None
    if visit.session is not None:
        await visit.entrance.sessions.end(visit.session.subject, visit.visitor, only=visit.session.id)
        onward = await _sign_out_there(visit, visit.session)
    response = visit.onward(onward or (visit.return_to if visit.return_to != "/" else "/sign-in"))
    drop_cookie(response, SESSION_COOKIE)
    return response


async def _sign_out_there(visit: Visit, session: Session) -> str | None:
    """End the provider's own session; one that fails is logged, for here the customer is out already."""
    flow = visit.entrance.flow
    provider = flow.providers.get(session.provider)
    if provider is None or session.sign_out_hint is None:
        return None
    return_to = urljoin(flow.callback_url(provider.name), "/sign-in")
    try:
        return await provider.sign_out(session.sign_out_hint, return_to, visit.deadline())
    except (SignInRefused, ProviderUnavailable) as error:
        log.warning("provider_sign_out_failed", provider=provider.name, reason=error.reason)
        return None
