"""Plain pages: what the authorization server needs of pages, as JSON. The session is whatever a test says it is."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from auth.server.authorization_request import AuthorizationRequest, Refused
from connectors.store.grants import Grant
from connectors.store.sessions import Session
from gateway.oauth import Decision
from schema.authentication import Authentication
from schema.identifiers import AccountNumber
from schema.scopes import Scope

FROM_OUR_PAGE: Final = "what only our page knows"


class PlainPages:
    """The pages, for one browser."""

    def __init__(self) -> None:
        self._session: Session | None = None

    def sign_in_as(self, subject: str | None, authentication: Authentication) -> None:
        """Sign somebody in at the browser, or nobody."""
        at = authentication.at
        given = (at, at, at.replace(year=at.year + 1))
        session = Session("session", subject or "", "password", authentication, *given, device="", network="")
        self._session = None if subject is None else session

    async def session(self, request: Request) -> Session | None:  # noqa: ARG002 -- the port's signature
        return self._session

    async def sign_in(self, request: Request, wanted: AuthorizationRequest, return_to: str) -> Response:  # noqa: ARG002 -- the port's signature
        return JSONResponse({"page": "sign in", "acr": wanted.assurance.acr, "return_to": return_to}, 401)

    async def consent(
        self,
        request: Request,  # noqa: ARG002 -- the port's signature
        wanted: AuthorizationRequest,
        session: Session,
        grant: Grant | None,
    ) -> Response:
        return JSONResponse(
            {
                "page": "consent",
                "client": wanted.client_name,
                "subject": session.subject,
                "scopes": sorted(scope.value for scope in wanted.scopes),
                "granted": sorted(grant.scopes) if grant else [],
                "pending": wanted.pending,
            }
        )

    async def decision(self, request: Request, wanted: AuthorizationRequest, session: Session) -> Decision:  # noqa: ARG002 -- the port's signature
        form = await request.form()
        if form.get("from") != FROM_OUR_PAGE:
            raise HTTPException(403)
        scopes = [Scope(str(each)) for each in form.getlist("scope")]
        accounts = [AccountNumber(str(each)) for each in form.getlist("account")]
        return Decision(form.get("decision") == "allow", scopes, accounts)

    async def problem(self, request: Request, refused: Refused) -> Response:  # noqa: ARG002 -- the port's signature
        return JSONResponse({"page": "problem", "error": refused.error, "text": refused.description}, 400)

    async def onward(self, request: Request, address: str) -> Response:  # noqa: ARG002 -- the port's signature
        return RedirectResponse(address, 303)
