"""What surrounds every operation: its context, its limits, cached documents, and how its errors leave the house."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, cast

import structlog
from graphql import ASTValidationRule, FieldNode, GraphQLError
from strawberry.extensions import (
    AddValidationRules,
    MaskErrors,
    MaxTokensLimiter,
    ParserCache,
    SchemaExtension,
    ValidationCache,
    max_aliases,
    query_depth_limiter,
)

from gateway.endpoint import Caller
from resolvers.context import OperationContext
from schema.errors import ErrorCode, GridgateError, UpstreamError
from schema.systems import System

CACHED_DOCUMENTS: Final = 1024
"""How many parsed and validated documents a process keeps (performance: parsing and validation cost about 2 ms)."""

log = structlog.get_logger("gridgate")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one operation may ask for."""

    depth: int = 15
    aliases: int = 30
    tokens: int = 2_000
    nodes: int = 20_000
    body_bytes: int = 1_000_000
    subscriptions_per_connection: int = 100


class FreshContext(SchemaExtension):
    """Give each operation a context of its own: a WebSocket connection has but one."""

    def on_operation(self) -> Iterator[None]:
        """Replace the connection's caller by the operation's context."""
        caller = cast("Caller", self.execution_context.context)
        self.execution_context.context = OperationContext.begin(caller.house, caller.visitor, caller.current)
        yield


class ShownErrors(MaskErrors):
    """Let coded errors through, give documents that are at fault a code, and hide and log everything else."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=lambda _: True)

    def _process_errors(self, errors: list[GraphQLError]) -> list[GraphQLError]:
        """Shape the errors of one answer, and log one line for each system that failed, however many fields it cost."""
        failed: dict[System, list[GraphQLError]] = {}
        for error in errors:
            if isinstance(error.original_error, UpstreamError):
                failed.setdefault(error.original_error.system, []).append(error)
        for system, fields in failed.items():
            first = fields[0]
            log.warning(
                "upstream_failed",
                system=system.value,
                code=(first.extensions or {}).get("code"),
                cause=_causes(first.original_error),
                field=_field(first),
                fields=len(fields),
            )
        return super()._process_errors(errors)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """Return the error as the client may see it."""
        match error.original_error:
            case GridgateError():
                return error
            case None | GraphQLError():
                return _coded(error, error.message, ErrorCode.OPERATION_INVALID)
            case unexpected:
                kind, where = type(unexpected).__name__, _where(unexpected)
                log.error("internal_error", error=kind, where=where, field=_field(error))
                return _coded(error, "Something went wrong on our side.", ErrorCode.INTERNAL)


def extensions(limits: Limits) -> list[Callable[[], SchemaExtension]]:
    """List the extensions of the graph, outermost first."""
    # Made once: the validation cache tells rules apart by identity.
    rules: list[type[ASTValidationRule]] = [
        query_depth_limiter.create_validator(limits.depth, None),
        max_aliases.create_validator(limits.aliases),
    ]
    return [
        ShownErrors,
        FreshContext,
        lambda: MaxTokensLimiter(max_token_count=limits.tokens),
        lambda: AddValidationRules(rules),
        lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
        lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
    ]


def _coded(error: GraphQLError, message: str, code: ErrorCode) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code.value},
    )


def _field(error: GraphQLError) -> str | None:
    """Name the field that failed; its path is made of the client's own words, such as an account's number."""
    node = error.nodes[0] if error.nodes else None
    return node.name.value if isinstance(node, FieldNode) else None


def _causes(error: BaseException | None) -> list[str]:
    """Name the types of the chain of causes; their texts may hold personal data."""
    names: list[str] = []
    cause = error and error.__cause__
    while cause is not None:
        names.append(type(cause).__name__)
        cause = cause.__cause__
    return names


def _where(error: BaseException) -> list[str]:
    """Tell where an error arose, without any value."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
