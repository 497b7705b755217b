"""Server: the verbs by which pages put a client's request before a customer, and tell the client what they decided.

A request is read anew whenever it comes up, so that a client that was disabled meanwhile gets nothing. While a page is
shown, the request waits under a handle, which is good once.
"""

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]  # Authlib ships no types

from auth.audit import AuditKind
from auth.identity.port import Visitor
from auth.server.approval import Approval
from auth.server.authorization_request import AuthorizationRequest, Refused, read_request
from auth.server.call import Answer, Pairs, PlainRequest
from auth.server.core import Core
from auth.server.devices import Devices
from auth.server.endpoints import Endpoints
from auth.server.turn import Turn, Turns
from connectors.store.grants import Grant, GrantRows
from connectors.store.links import LinkRows
from connectors.store.tickets import TicketRows, key_of
from schema.authentication import Authentication
from schema.identifiers import AccountNumber
from schema.scopes import Scope

Need: TypeAlias = Literal["sign_in", "consent"]

TICKET: Final = "authorization-request"
_EXPIRED: Final = Refused("request_expired", "The request is finished or too old; begin again at the application.")


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Our authorization server: its endpoints, the devices that wait, and the requests put before customers."""

    turns: Turns
    endpoints: Endpoints
    devices: Devices
    grants: GrantRows
    links: LinkRows
    tickets: TicketRows

    async def read_request(self, parameters: Sequence[tuple[str, str]]) -> AuthorizationRequest | Refused:
        """Read a request from its query, or one that waits from `pending=<handle>`."""
        handle = next((value for name, value in parameters if name == "pending"), None)
        if handle is None:
            return await self._read(tuple(parameters), self.turns.now(), None)
        kept = await self.tickets.peek(TICKET, key_of(handle), self.turns.now())
        if kept is None:
            return _EXPIRED
        waiting = json.loads(kept)
        pairs = tuple((name, value) for name, value in waiting["parameters"])
        return await self._read(pairs, datetime.fromisoformat(waiting["began_at"]), handle)

    async def keep(self, request: AuthorizationRequest) -> AuthorizationRequest:
        """Let a request wait while a page is shown; returns it with the handle to come back by (`pending`)."""
        if request.pending is not None:
            return request
        handle, now = secrets.token_urlsafe(32), self.turns.now()
        waiting = {"parameters": request.parameters, "began_at": request.began_at.isoformat()}
        expires_at = now + self.turns.means.rules.request_lifetime
        await self.tickets.put(TICKET, key_of(handle), json.dumps(waiting), now, expires_at)
        return replace(request, pending=handle)

    def needs(
        self, request: AuthorizationRequest, authentication: Authentication | None, grant: Grant | None
    ) -> Need | None:
        """Tell which page has to be shown before a request may be approved, if any.

        `authentication` is the browser's sign-in, `grant` what its customer allows this client already. Nothing is
        approved unseen where another application could have asked in the client's name (RFC 8252, section 8.6).
        """
        if authentication is None or not request.is_met_by(authentication, self.turns.now()):
            return "sign_in"
        is_covered = grant is not None and {scope.value for scope in request.scopes} <= grant.scopes
        is_known = request.is_first_party or (is_covered and "consent" not in request.prompt)
        return None if is_known and request.is_assured else "consent"

    async def approve(  # noqa: PLR0913 -- who decided what, and how sure we are that it was them
        self,
        request: AuthorizationRequest,
        subject: str,
        authentication: Authentication,
        scopes: Collection[Scope],
        accounts: Collection[AccountNumber] | None = None,
        *,
        visitor: Visitor | None = None,
    ) -> str | Refused:
        """Approve a request and return where to send the browser; a request approves once.

        Scopes that were not asked for and accounts that are not the customer's do not count. `accounts` is None where
        the customer was not asked: that is enough for a client of ours, or where an earlier grant covers the scopes.
        """
        if not request.is_met_by(authentication, self.turns.now()):
            return Refused("login_required", "The customer has to sign in.", self._error_url(request, "login_required"))
        if not await self._use_up(request):
            return _EXPIRED
        grant = await self.grants.open_of(subject, request.client_id) if accounts is None else None
        approval = Approval(
            subject=subject,
            authentication=authentication,
            asked=frozenset(scope.value for scope in request.scopes),
            scopes=frozenset(scope.value for scope in scopes),
            accounts=None if accounts is None else await self.links.numbers(subject) & frozenset(accounts),
            grant_id=grant.id if grant is not None else None,
        )
        return await self.turns.take(lambda turn: self._decide(turn, request, approval), visitor=visitor)

    async def deny(self, request: AuthorizationRequest, subject: str, visitor: Visitor | None = None) -> str | Refused:
        """Deny a request, as the customer says, and return where to send the browser."""
        if not await self._use_up(request):
            return _EXPIRED

        def run(turn: Turn) -> str | Refused:
            client = Core(turn).query_client(request.client_id)
            if client is not None:
                turn.record(AuditKind.ACCESS_REFUSED, client, subject, "BY_CUSTOMER")
            return self._decide(turn, request, None)

        return await self.turns.take(run, visitor=visitor)

    async def refuse(self, request: AuthorizationRequest, error: str) -> str | Refused:
        """Refuse a request that no page can help, such as `login_required`, and return where to send the browser."""
        if not await self._use_up(request):
            return _EXPIRED
        return self._error_url(request, error)

    async def _read(self, parameters: Pairs, began_at: datetime, pending: str | None) -> AuthorizationRequest | Refused:
        request = self._plain(parameters)
        return await self.turns.look(lambda turn: read_request(Core(turn), request, began_at, pending))

    async def _use_up(self, request: AuthorizationRequest) -> bool:
        """Let a request that waits be decided once."""
        if request.pending is None:
            return True
        return await self.tickets.take(TICKET, key_of(request.pending), self.turns.now()) is not None

    def _decide(self, turn: Turn, request: AuthorizationRequest, approval: Approval | None) -> str | Refused:
        """Let Authlib hand out the code, or the refusal; it reads the request once more."""
        core, plain = Core(turn), self._plain(request.parameters)
        checked = read_request(core, plain, request.began_at, request.pending)
        if isinstance(checked, Refused):
            return checked
        grant = core.get_authorization_grant(plain)
        answer: Answer = core.create_authorization_response(plain, approval, grant)
        location = answer.location
        return Refused("server_error", "The application cannot be reached.") if location is None else location

    def _error_url(self, request: AuthorizationRequest, error: str) -> str:
        state = next((value for name, value in request.parameters if name == "state"), None)
        said = [("error", error), *([("state", state)] if state else []), ("iss", self.turns.means.addresses.issuer)]
        url: str = add_params_to_uri(request.redirect_uri, said)
        return url

    def _plain(self, parameters: Pairs) -> PlainRequest:
        return PlainRequest("GET", self.turns.means.addresses.of("/oauth/authorize"), parameters)
