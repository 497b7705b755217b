"""Recorded spans: a provider for OpenTelemetry's API that writes every span into a file, a line of JSON each.

It is copied beside a demo, found by OTEL_PYTHON_TRACER_PROVIDER, and imports nothing but the API.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry import trace

FILE = "GRIDGATE_TEST_SPANS"
"""The environment variable that names the file."""


class RecordedSpan(trace.Span):
    """Everything that was said of one piece of work."""

    def __init__(self, name: str, attributes: Mapping[str, Any] | None) -> None:
        self._said: dict[str, Any] = {"name": name, "attributes": dict(attributes or {}), "events": []}

    def end(self, end_time: int | None = None) -> None:  # noqa: ARG002 -- OpenTelemetry's signature
        with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(self._said, default=str) + "\n")

    def get_span_context(self) -> trace.SpanContext:
        return trace.INVALID_SPAN_CONTEXT

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        self._said["attributes"].update(attributes)

    def set_attribute(self, key: str, value: Any) -> None:  # noqa: ANN401 -- OpenTelemetry's signature
        self._said["attributes"][key] = value

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:  # noqa: ANN401, ARG002 -- same
        self._said["events"].append([name, dict(attributes or {})])

    def update_name(self, name: str) -> None:
        self._said["name"] = name

    def is_recording(self) -> bool:
        return True

    def set_status(self, status: Any, description: str | None = None) -> None:  # noqa: ANN401 -- same
        self._said["status"] = [str(getattr(status, "status_code", status)), description]

    def record_exception(self, exception: BaseException, attributes: Any = None, *_: Any, **__: Any) -> None:  # noqa: ANN401 -- same
        self._said["events"].append(["exception", repr(exception), dict(attributes or {})])


class RecordedTracer(trace.Tracer):
    """Starts spans that are recorded."""

    def start_span(self, name: str, *_: Any, attributes: Any = None, **__: Any) -> trace.Span:  # noqa: ANN401 -- same
        return RecordedSpan(name, attributes)

    @contextmanager
    def start_as_current_span(self, name: str, *_: Any, attributes: Any = None, **__: Any) -> Iterator[trace.Span]:  # type: ignore[override] # noqa: ANN401 -- same
        span = RecordedSpan(name, attributes)
        try:
            yield span
        finally:
            span.end()


class Provider(trace.TracerProvider):
    """Gives tracers."""

    def get_tracer(self, *_: Any, **__: Any) -> trace.Tracer:  # noqa: ANN401 -- same
        return RecordedTracer()
