"""A span for each statement: its system, operation and outcome. No SQL, parameter or account number."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace

from schema.errors import UpstreamError
from schema.systems import System

_TRACER = trace.get_tracer("gridgate.connectors")


@contextmanager
def statement_span(operation: str, database: str) -> Iterator[None]:
    """Open a client span around a statement; a failure leaves its stable code and no text."""
    with _TRACER.start_as_current_span(
        f"{System.SUPPLY.value} {operation}",
        kind=trace.SpanKind.CLIENT,
        attributes={"gridgate.system": System.SUPPLY.value, "db.system.name": database, "db.operation.name": "SELECT"},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except UpstreamError as error:
            span.set_attribute("error.type", error.code.value)
            span.set_status(trace.StatusCode.ERROR)
            raise
