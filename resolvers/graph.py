"""The graph: the whole schema, or a subgraph made of the modules that some systems own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Union, cast

import strawberry
from graphql import GraphQLError
from strawberry import Info
from strawberry.extensions import SchemaExtension
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type
from strawberry.types import ExecutionContext
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from resolvers.accounts import AccountQuery
from resolvers.balances import BalanceSubscription
from resolvers.context import OperationContext
from resolvers.credentials import CredentialMutation
from resolvers.customers import CustomerQuery
from resolvers.linking import LinkingMutation
from resolvers.nodes import NodeQuery, resolve_entities
from resolvers.notices import NoticeQuery
from resolvers.payees import PayeeQuery
from resolvers.places import PlaceQuery
from resolvers.security import SecurityQuery
from resolvers.sign_in import SignInMutation
from resolvers.tariffs import TariffQuery
from resolvers.utility import UtilityQuery
from schema.accounts import Account
from schema.billing import Bill, Charge
from schema.customers import Customer
from schema.error_texts import without_values
from schema.errors import ErrorCode, GridgateError
from schema.metering import Meter, UsagePoint
from schema.payments import Payment
from schema.scalars import SCALARS
from schema.systems import OWNERS, System

FEDERATION_VERSION: Final = "2.9"
"""The newest version that both published composers accept."""

ENTITIES: Final = (Account, Bill, Charge, Customer, Meter, Payment, UsagePoint)

WHOLE_HOUSE: Final = frozenset(System)


class Graph(strawberry.federation.Schema):
    """A federation schema of the fields that some systems own."""

    def __init__(self, systems: Iterable[System], extensions: Sequence[Callable[[], SchemaExtension]]) -> None:
        self._systems = frozenset(systems)
        super().__init__(
            query=_root(
                "Query",
                _entities_root(self._entities()),
                AccountQuery,
                CustomerQuery,
                NodeQuery,
                NoticeQuery,
                PayeeQuery,
                PlaceQuery,
                SecurityQuery,
                TariffQuery,
                UtilityQuery,
            ),
            mutation=self._optional_root("Mutation", LinkingMutation, CredentialMutation, SignInMutation),
            subscription=self._optional_root("Subscription", BalanceSubscription),
            types=self._entities(),
            extensions=extensions,
            federation_version=FEDERATION_VERSION,
            config=StrawberryConfig(scalar_map=SCALARS),
        )

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """Keep the fields of the chosen systems, and those that belong to none (ids, pages)."""
        return [field for field in type_definition.fields if self._keeps(field.origin)]

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002 -- Strawberry's signature
    ) -> None:
        """Give a document that is at fault its code, and repeat none of its values.

        Nothing is logged: Strawberry would log values.
        """
        for error in errors:
            if not isinstance(error.original_error, GridgateError):
                error.message = without_values(error.message)
            if error.original_error is None and not error.extensions:
                error.extensions = {"code": ErrorCode.OPERATION_INVALID.value}

    def _keeps(self, origin: object) -> bool:
        owner = OWNERS.get(getattr(origin, "__module__", ""))
        return owner is None or owner in self._systems

    def _entities(self) -> list[type]:
        return [entity for entity in ENTITIES if self._keeps(entity)]

    def _optional_root(self, name: str, *parts: type) -> type | None:
        kept = [part for part in parts if self._keeps(part)]
        return _root(name, *kept) if kept else None


def _root(name: str, *parts: type) -> type:
    return strawberry.type(type(name, parts, {}))


def _entities_root(entities: Sequence[type]) -> type:
    """Write `_entities` ourselves: guarded, batched, and of this graph's own entities."""
    entity: Any = Annotated[Union[tuple(entities)], strawberry.union("_Entity")]  # noqa: UP007 -- of a run-time tuple

    async def _entities(info: Info[OperationContext, None], representations: list[FederationAny]) -> list[Any]:
        return await resolve_entities(info.context, cast("list[Mapping[str, Any]]", representations))

    _entities.__annotations__["return"] = list[entity | None]
    return create_type("EntitiesQuery", [strawberry.field(resolver=_entities, name="_entities")])
