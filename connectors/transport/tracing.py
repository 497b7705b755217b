"""A span for each exchange: its system, operation, host and outcome. No URL, body or account number."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from opentelemetry import trace

from connectors.transport.port import Exchange
from schema.errors import UpstreamError
from schema.systems import System

_TRACER = trace.get_tracer("gridgate.connectors")


@contextmanager
def exchange_span(system: System, exchange: Exchange) -> Iterator[trace.Span]:
    """Open a client span around an exchange; a failure leaves its stable code and no text."""
    with _TRACER.start_as_current_span(
        f"{system.value} {exchange.operation}",
        kind=trace.SpanKind.CLIENT,
        attributes={
            "gridgate.system": system.value,
            "http.request.method": exchange.method,
            "server.address": urlsplit(exchange.url).hostname or "",
        },
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except UpstreamError as error:
            span.set_attribute("error.type", error.code.value)
            span.set_status(trace.StatusCode.ERROR)
            raise
