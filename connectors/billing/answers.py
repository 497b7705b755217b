"""What billing's answers say before any row is read: a payload, a refusal, or nothing that can be read."""

import json
from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Never

from connectors.billing.settings import BillingSettings
from connectors.legacy.errors import Unreadable
from connectors.legacy.rows import Row
from connectors.legacy.times import read_local_time
from connectors.transport.encoding import Undecodable, decode_text
from connectors.transport.port import Answer, Refused
from schema.errors import PlannedMaintenance, UpstreamError, UpstreamMalformed, UpstreamUnavailable
from schema.systems import System


def read_payload(answer: Answer, settings: BillingSettings) -> Row:
    """Return the payload of an answer; raises UpstreamError for a refusal, be it inside HTTP 200."""
    try:
        payload = Row(_json(answer, settings), settings.fields)
        refusal = payload.row("error")
    except Unreadable as error:
        if answer.status != HTTPStatus.OK:
            raise UpstreamUnavailable(System.BILLING) from Refused(answer.status)
        raise UpstreamMalformed(System.BILLING) from error
    if answer.status != HTTPStatus.OK or refusal.values:
        raise _refusal(refusal, settings) from Refused(answer.status)
    return payload


def _json(answer: Answer, settings: BillingSettings) -> Mapping[str, object]:
    try:
        text = decode_text(answer.body, answer.headers.get("content-type", ""), settings.encodings)
        payload = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except Undecodable as error:
        raise Unreadable(str(error)) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if not isinstance(payload, Mapping):
        raise Unreadable("not a JSON object")
    return payload


def _refuse_constant(name: str) -> Never:
    raise Unreadable(f"{name} is not JSON")


def _refusal(refusal: Row, settings: BillingSettings) -> UpstreamError:
    if refusal.find("code") != settings.maintenance_code:
        return UpstreamUnavailable(System.BILLING)
    try:
        until = refusal.read_optional("until", lambda value: read_local_time(value, settings.zone))
    except Unreadable:
        until = None
    return PlannedMaintenance(System.BILLING, until)
