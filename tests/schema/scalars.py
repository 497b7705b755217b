"""A scalar as the executor uses it."""

from typing import Any

from strawberry.types.scalar import ScalarDefinition


def written(scalar: ScalarDefinition, value: object) -> Any:  # noqa: ANN401 -- any JSON
    assert scalar.serialize is not None
    return scalar.serialize(value)


def read(scalar: ScalarDefinition, value: object) -> Any:  # noqa: ANN401 -- what the scalar carries
    assert scalar.parse_value is not None
    return scalar.parse_value(value)
