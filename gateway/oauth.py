"""OAuth: the routes of our authorization server. Pages that people see are somebody else's, behind `Pages`.

Requests find the server in `request.state.authorization`.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Final, Protocol

from authlib.oauth2.rfc6749 import InvalidRequestError  # type: ignore[import-untyped]  # Authlib ships no types
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from auth.server.authorization_request import AuthorizationRequest, Refused
from auth.server.call import Answer, Call, read_form
from auth.server.endpoints import Endpoints, error_answer
from auth.server.metadata import resource_metadata, server_metadata
from auth.server.server import AuthorizationServer
from connectors.store.grants import Grant
from connectors.store.sessions import Session
from gateway.browsers import visitor_of
from schema.identifiers import AccountNumber
from schema.scopes import Scope

AUTHORIZE_PATH: Final = "/oauth/authorize"
_UNCACHED: Final = {"cache-control": "no-store", "pragma": "no-cache"}
_FOR_MINUTES: Final = {"cache-control": "public, max-age=300"}
_SILENT_ERRORS: Final = {"sign_in": "login_required", "consent": "consent_required"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a customer decided on the page about a request: what they allow, which may be nothing."""

    is_approved: bool
    scopes: Collection[Scope] = ()
    accounts: Collection[AccountNumber] = field(default=(), repr=False)


class Pages(Protocol):
    """What people see of the authorization server, and what of it they answer."""

    async def session(self, request: Request) -> Session | None:
        """Return the browser's open session."""
        ...

    async def sign_in(self, request: Request, wanted: AuthorizationRequest, return_to: str) -> Response:
        """Let somebody sign in as `wanted` asks, and come back to a local address."""
        ...

    async def consent(
        self, request: Request, wanted: AuthorizationRequest, session: Session, grant: Grant | None
    ) -> Response:
        """Ask a customer about a request; the form posts to AUTHORIZE_PATH, with its `pending` in a field."""
        ...

    async def decision(self, request: Request, wanted: AuthorizationRequest, session: Session) -> Decision:
        """Read what was posted; raises HTTPException for what does not come from a page of ours."""
        ...

    async def problem(self, request: Request, refused: Refused) -> Response:
        """Tell somebody that a request cannot be served, without sending them anywhere."""
        ...

    async def onward(self, request: Request, address: str) -> Response:
        """Send the browser back to the client after a form."""
        ...


def routes(pages: Pages) -> list[Route]:
    """Return the routes of the authorization server."""
    asking = Asking(pages)
    return [
        Route(AUTHORIZE_PATH, asking.show, methods=["GET"]),
        Route(AUTHORIZE_PATH, asking.decide, methods=["POST"]),
        Route("/oauth/token", _endpoint(Endpoints.token), methods=["POST"]),
        Route("/oauth/revoke", _endpoint(Endpoints.revoke), methods=["POST"]),
        Route("/oauth/introspect", _endpoint(Endpoints.introspect), methods=["POST"]),
        Route("/oauth/device_authorization", _endpoint(Endpoints.authorize_device), methods=["POST"]),
        Route("/oauth/jwks", _jwks),
        Route("/.well-known/oauth-authorization-server", _server),
        Route("/.well-known/oauth-protected-resource{path:path}", _resource),
    ]


@dataclass(frozen=True, slots=True)
class Asking:
    """The authorization endpoint: a client asks a customer by way of their browser."""

    pages: Pages

    async def show(self, request: Request) -> Response:
        """Answer a request at once, or show the page that is needed first."""
        server = _server_of(request)
        wanted = await server.read_request(request.query_params.multi_items())
        if isinstance(wanted, Refused):
            return await self._refused(request, wanted)
        session = await self.pages.session(request)
        grant = await server.grants.open_of(session.subject, wanted.client_id) if session else None
        need = server.needs(wanted, session.authentication if session else None, grant)
        if need is not None and wanted.is_silent:
            return await self._finish(request, await server.refuse(wanted, _SILENT_ERRORS[need]))
        if need == "sign_in" or session is None:
            return await self._sign_in(request, wanted)
        if need == "consent":
            return await self.pages.consent(request, await server.keep(wanted), session, grant)
        visitor = visitor_of(request)
        answer = await server.approve(wanted, session.subject, session.authentication, wanted.scopes, visitor=visitor)
        return await self._finish(request, answer)

    async def decide(self, request: Request) -> Response:
        """Take what a customer decided on the page."""
        server = _server_of(request)
        pending = (await request.form()).get("pending", "")
        wanted = await server.read_request([("pending", str(pending))])
        if isinstance(wanted, Refused):
            return await self._refused(request, wanted)
        session = await self.pages.session(request)
        if session is None or server.needs(wanted, session.authentication, None) == "sign_in":
            return await self._sign_in(request, wanted)
        decision, visitor = await self.pages.decision(request, wanted, session), visitor_of(request)
        if not decision.is_approved:
            return await self._finish(request, await server.deny(wanted, session.subject, visitor))
        answer = await server.approve(
            wanted, session.subject, session.authentication, decision.scopes, decision.accounts, visitor=visitor
        )
        return await self._finish(request, answer)

    async def _sign_in(self, request: Request, wanted: AuthorizationRequest) -> Response:
        kept = await _server_of(request).keep(wanted)
        return await self.pages.sign_in(request, kept, f"{AUTHORIZE_PATH}?pending={kept.pending}")

    async def _finish(self, request: Request, answer: str | Refused) -> Response:
        if isinstance(answer, Refused):
            return await self._refused(request, answer)
        if request.method == "POST":
            return await self.pages.onward(request, answer)
        return RedirectResponse(answer, 303, headers=_UNCACHED)

    async def _refused(self, request: Request, refused: Refused) -> Response:
        if refused.redirect_url is None:
            return await self.pages.problem(request, refused)
        return await self._finish(request, refused.redirect_url)


def _endpoint(answer: Callable[[Endpoints, Call], Awaitable[Answer]]) -> Callable[[Request], Awaitable[Response]]:
    """Serve an endpoint that clients post forms to."""

    async def serve(request: Request) -> Response:
        endpoints, headers = _server_of(request).endpoints, request.headers
        try:
            form = read_form(headers.get("content-type", ""), await request.body())
        except InvalidRequestError as error:
            return _response(error_answer(error))
        authorizations = headers.getlist("authorization")
        call = Call(
            path=request.url.path,
            form=form,
            authorization=", ".join(authorizations) if authorizations else None,
            proofs=tuple(headers.getlist("dpop")),
            visitor=visitor_of(request),
        )
        return _response(await answer(endpoints, call))

    return serve


def _response(answer: Answer) -> Response:
    return JSONResponse(answer.body, answer.status, {**_UNCACHED, **answer.headers})


async def _jwks(request: Request) -> Response:
    """Publish the keys that access tokens are signed by (RFC 7517)."""
    return JSONResponse(_server_of(request).turns.means.keys.public_jwks(), headers=_FOR_MINUTES)


async def _server(request: Request) -> Response:
    """Describe the authorization server (RFC 8414)."""
    return JSONResponse(server_metadata(_server_of(request).turns.means.addresses), headers=_FOR_MINUTES)


async def _resource(request: Request) -> Response:
    """Describe the API under each of its names (RFC 9728): the part after the well-known one is the resource's path."""
    addresses = _server_of(request).turns.means.addresses
    path = request.path_params["path"]
    resource = addresses.of(path) if path else addresses.issuer
    if resource not in addresses.resources:
        return JSONResponse({"error": "not_found"}, 404)
    return JSONResponse(resource_metadata(addresses, resource), headers=_FOR_MINUTES)


def _server_of(request: Request) -> AuthorizationServer:
    server: AuthorizationServer = request.state.authorization
    return server
