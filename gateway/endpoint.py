"""The GraphQL endpoint: HTTP and graphql-transport-ws, and the caller behind each request or connection."""

import json
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from auth.tokens import AccessTokens
from resolvers.graph import Graph
from resolvers.house import House
from schema.errors import Unauthenticated
from schema.scopes import NOBODY, Principal


@dataclass(slots=True)
class Caller:
    """Who holds a request or a WebSocket connection; each operation on it gets a context of its own."""

    house: House
    tokens: AccessTokens
    address: str
    principal: Principal
    connection_params: dict[str, object] = field(default_factory=dict)

    def current(self) -> Principal:
        """Return the principal, or nobody once the token has expired."""
        expires_at = self.principal.expires_at
        return NOBODY if expires_at is not None and expires_at <= self.house.now() else self.principal

    def read_token(self, authorization: object) -> Principal:
        """Read a `Bearer` header or connection parameter; raises Unauthenticated for a token that is not valid."""
        scheme, _, token = str(authorization).partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        return self.tokens.read(token.strip(), self.house.now())


class GraphQLEndpoint(GraphQL[Caller, None]):
    """Strawberry's ASGI endpoint with our callers; the page for people is GraphiQL's own route."""

    def __init__(self, graph: Graph, *, allowed_origins: tuple[str, ...] = (), max_subscriptions: int = 100) -> None:
        super().__init__(
            graph,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            max_subscriptions_per_connection=max_subscriptions,
            allowed_origins=allowed_origins,
        )

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Caller:  # noqa: ARG002 -- Strawberry's signature
        """Find out who is asking. A token that is not valid is as none: fields that need one refuse."""
        caller = Caller(request.state.house, request.state.tokens, _address(request), NOBODY)
        authorization = request.headers.get("authorization")
        if authorization is not None:
            try:
                caller.principal = caller.read_token(authorization)
            except Unauthenticated:
                caller.principal = NOBODY
        return caller

    def encode_json(self, data: object) -> str:
        """Write JSON without needless spaces and escapes: Cyrillic takes two bytes a letter instead of six."""
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    async def on_ws_connect(self, context: Caller) -> UnsetType:
        """Read the token of `connection_init`, which wins over the header; one that is not valid closes with 4403."""
        given = context.connection_params.get("authorization") or context.connection_params.get("Authorization")
        if given is not None:
            try:
                context.principal = context.read_token(given)
            except Unauthenticated as error:
                raise ConnectionRejectionError from error
        return UnsetType()


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"
