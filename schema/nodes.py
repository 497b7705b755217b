"""Global object identification (Relay): every id names its type and the account it belongs to."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import strawberry

from schema.errors import NotFound


@dataclass(frozen=True, slots=True)
class NodeKey:
    """What a global id says: the type's name, and the parts of the key, the account's number first."""

    typename: str
    parts: tuple[str, ...]

    def encode(self) -> strawberry.ID:
        """Write the opaque id."""
        text = "\x1f".join((self.typename, *self.parts))
        return strawberry.ID(urlsafe_b64encode(text.encode()).decode().rstrip("="))


def parse_node_id(text: str) -> NodeKey:
    """Read a global id; raises NotFound for anything that was never an id of ours."""
    try:
        decoded = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise NotFound from error
    typename, *parts = decoded.split("\x1f")
    if not parts:
        raise NotFound
    return NodeKey(typename, tuple(parts))


@strawberry.interface(description="An object that can be asked for again by its id.")
class Node:
    """An object with a global id."""

    @property
    def key(self) -> tuple[str, ...]:
        """The parts of the key within the type; the number of the account that owns the object comes first."""
        raise NotImplementedError(type(self).__name__)

    @strawberry.field(description="The global id.")
    def id(self) -> strawberry.ID:
        """Write the global id."""
        return NodeKey(type(self).__name__, self.key).encode()
