"""What surrounds every operation, seen from the schema."""

from typing import Any

from strawberry.extensions.validation_cache import _get_validate_cache

from gateway.operations import CACHED_DOCUMENTS, Limits, extensions
from resolvers.graph import WHOLE_HOUSE, Graph


async def test_a_document_is_validated_once() -> None:
    graph = Graph(WHOLE_HOUSE, extensions(Limits())[2:])  # without the operation's context, which needs a house
    cache: Any = _get_validate_cache(CACHED_DOCUMENTS)
    before = cache.cache_info()
    answers = [await graph.execute("query Once { __typename }") for _ in range(3)]
    after = cache.cache_info()
    assert [answer.data for answer in answers] == [{"__typename": "Query"}] * 3
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)
