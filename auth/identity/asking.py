"""Asking a provider over HTTP: an answer is a JSON object, or else ProviderUnavailable."""

import json
from http import HTTPStatus
from typing import Any, Final

from auth.identity.port import ProviderUnavailable
from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange, Transport
from schema.errors import UpstreamError

MALFORMED: Final = "ANSWER_MALFORMED"


async def ask(transport: Transport, exchange: Exchange, deadline: Deadline) -> Answer:
    """Return the answer of any status; raises ProviderUnavailable where there is none by the deadline."""
    try:
        return await transport.send(exchange, deadline)
    except UpstreamError as error:
        raise ProviderUnavailable(error.code.value) from error


async def get_object(transport: Transport, exchange: Exchange, deadline: Deadline) -> dict[str, Any]:
    """Return the JSON object of an answer with status 200; raises ProviderUnavailable for any other answer."""
    answer = await ask(transport, exchange, deadline)
    if answer.status != HTTPStatus.OK:
        raise ProviderUnavailable(f"HTTP_{answer.status}")
    return read_object(answer)


def read_object(answer: Answer) -> dict[str, Any]:
    """Read a body as a JSON object, whatever type it claims; raises ProviderUnavailable for a 5xx or another body."""
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ProviderUnavailable(f"HTTP_{answer.status}")
    return parse_object(answer.body)


def parse_object(text: bytes) -> dict[str, Any]:
    """Parse a JSON object; raises ProviderUnavailable for anything else, half a surrogate pair included."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ProviderUnavailable(MALFORMED) from error
    if not isinstance(value, dict):
        raise ProviderUnavailable(MALFORMED)
    return value
