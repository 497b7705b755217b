"""Consent: what people see of the authorization server while an application asks for access."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from auth.server.authorization_request import AuthorizationRequest, Refused
from connectors.store.grants import Grant
from connectors.store.sessions import Session
from gateway.browsers import is_from_own_page
from gateway.oauth import AUTHORIZE_PATH, Decision
from gateway.pages.asking import accounts_chosen, asked, is_allowed
from gateway.pages.methods import Wanted
from gateway.pages.reception import Reception

_EXPIRED: Final = "request_expired"


class AuthorizationPages:
    """The pages of an application's request; see `gateway.oauth.Pages`."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def session(self, request: Request) -> Session | None:
        """Return the browser's open session."""
        return (await self._reception.open(request)).session

    async def sign_in(self, request: Request, wanted: AuthorizationRequest, return_to: str) -> Response:
        """Send the browser to sign in as the application asks, and back."""
        visit = await self._reception.open(request)
        return visit.go(Wanted(return_to, wanted.assurance).at("/sign-in"))

    async def consent(
        self,
        request: Request,
        wanted: AuthorizationRequest,
        session: Session,  # noqa: ARG002 -- the protocol's; the visit finds it again
        grant: Grant | None,
    ) -> Response:
        """Ask a customer about a request."""
        visit = await self._reception.open(request)
        before = grant.accounts if grant else ()
        return self._reception.close(
            visit,
            visit.show(
                "consent.html",
                at=f"{AUTHORIZE_PATH}?pending={wanted.pending}",
                asked=await asked(
                    visit, wanted.client_name, wanted.scopes, is_first_party=wanted.is_first_party, before=before
                ),
                action=AUTHORIZE_PATH,
                pending=wanted.pending,
            ),
        )

    async def decision(
        self,
        request: Request,
        wanted: AuthorizationRequest,
        session: Session,  # noqa: ARG002 -- same
    ) -> Decision:
        """Read what the customer decided; raises HTTPException for what comes from another site's page."""
        if not is_from_own_page(request):
            raise HTTPException(HTTPStatus.FORBIDDEN)
        visit = await self._reception.open(request)
        if not is_allowed(visit):
            return Decision(is_approved=False)
        return Decision(is_approved=True, scopes=wanted.scopes, accounts=accounts_chosen(visit))

    async def problem(self, request: Request, refused: Refused) -> Response:
        """Tell somebody that a request cannot be served; nothing of the request is repeated."""
        visit = await self._reception.open(request)
        message = "message.request_expired" if refused.error == _EXPIRED else "message.request_refused"
        return visit.tell(message, HTTPStatus.BAD_REQUEST, way_on="/security", code=refused.error)

    async def onward(self, request: Request, address: str) -> Response:
        """Send the browser back to the application after a form."""
        return (await self._reception.open(request)).onward(address)
