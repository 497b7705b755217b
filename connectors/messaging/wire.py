"""What the gateways have in common on the wire: an exchange that may fail, JSON objects, and forms."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from connectors.legacy.errors import Unreadable
from connectors.messaging.sms import SmsUnavailable
from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange, Transport
from schema.errors import UpstreamError

_MOST_FIELDS = 100


async def ask(transport: Transport, exchange: Exchange, deadline: Deadline) -> Answer:
    """Return the answer of any status below 500; raises SmsUnavailable for a failure of the gateway's own."""
    try:
        answer = await transport.send(exchange, deadline)
    except UpstreamError as error:
        raise SmsUnavailable(error.code.value) from error
    if answer.status >= 500 or answer.status == 429:  # noqa: PLR2004 -- RFC 9110, 15.6; RFC 6585, 4
        raise SmsUnavailable(f"HTTP_{answer.status}")
    return answer


def read_object(body: bytes) -> Mapping[str, object]:
    """Read a JSON object; raises Unreadable."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is not JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("the body is no JSON object")
    return found


def read_fields(body: bytes, content_type: str) -> Mapping[str, object]:
    """Read a JSON object or a form, as the content type says or the first byte shows; raises Unreadable."""
    if "json" in content_type.lower() or body.lstrip()[:1] == b"{":
        return read_object(body)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Unreadable("the body is no form") from error


def text_of(fields: Mapping[str, object], *names: str) -> str | None:
    """Return the first of the fields that holds a text or a whole number, as a text."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return str(value)
    return None
