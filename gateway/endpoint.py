"""The GraphQL endpoint: HTTP and graphql-transport-ws, and the caller behind each request or connection."""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from auth.callers import Asked, Callers
from auth.identity.port import Visitor
from gateway.browsers import SESSION_COOKIE, is_from_own_page, visitor_of
from resolvers.graph import Graph
from resolvers.house import House
from schema.errors import Unauthenticated
from schema.scopes import NOBODY, Principal

_HALF_CHARACTER: Final = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(slots=True)
class Caller:
    """Who holds a request or a WebSocket connection; each operation on it gets a context of its own."""

    house: House
    callers: Callers
    visitor: Visitor
    asked: Asked
    principal: Principal = NOBODY
    connection_params: dict[str, object] = field(default_factory=dict)

    def current(self) -> Principal:
        """Return the principal, or nobody once they have expired or were revoked."""
        return self.callers.still(self.principal)

    async def read_token(self, authorization: object) -> Principal:
        """Read an `Authorization` header or connection parameter; raises Unauthenticated."""
        return await self.callers.by_token(str(authorization), self.asked)


class GraphQLEndpoint(GraphQL[Caller, None]):
    """Strawberry's ASGI endpoint with our callers; the page for people is GraphiQL's own route."""

    def __init__(
        self, graph: Graph, *, url: str, allowed_origins: tuple[str, ...] = (), max_subscriptions: int = 100
    ) -> None:
        """Answer at `url`, the public address that DPoP proofs speak of."""
        super().__init__(
            graph,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            max_subscriptions_per_connection=max_subscriptions,
            allowed_origins=allowed_origins,
        )
        self._url = url

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Caller:  # noqa: ARG002 -- Strawberry's signature
        """Find out who is asking. A token that is not valid is as none: fields that need one refuse."""
        method = request.method if isinstance(request, Request) else "GET"
        asked = Asked(method, self._url, request.headers.getlist("dpop"))
        caller = Caller(request.state.house, request.state.callers, visitor_of(request), asked)
        authorization = request.headers.get("authorization")
        secret = request.cookies.get(SESSION_COOKIE)
        if authorization is not None:
            try:
                caller.principal = await caller.read_token(authorization)
            except Unauthenticated:
                caller.principal = NOBODY
        elif secret is not None and is_from_own_page(request):
            caller.principal = await caller.callers.by_session(secret)
        return caller

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON; half characters, which no database keeps, are as no JSON at all (RFC 8259, section 8.2)."""
        decoded = super().decode_json(data)
        if _HALF_CHARACTER.search(data if isinstance(data, bytes) else data.encode(errors="replace")):
            _refuse_half_characters(decoded)
        return decoded

    def encode_json(self, data: object) -> str:
        """Write JSON without needless spaces and escapes: Cyrillic takes two bytes a letter instead of six."""
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    async def on_ws_connect(self, context: Caller) -> UnsetType:
        """Read the token of `connection_init`, which wins over the header; one that is not valid closes with 4403."""
        given = context.connection_params.get("authorization") or context.connection_params.get("Authorization")
        if given is not None:
            try:
                context.principal = await context.read_token(given)
            except Unauthenticated as error:
                raise ConnectionRejectionError from error
        return UnsetType()


def _refuse_half_characters(decoded: object) -> None:
    """Raise JSONDecodeError where a text has half of a surrogate pair."""
    text = json.dumps(decoded, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise json.JSONDecodeError("half a character", text, error.start) from error
