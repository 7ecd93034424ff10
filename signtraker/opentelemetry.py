"""Trace the calls of a client with OpenTelemetry: one span for each call.

    from signtraker import SignTrakerClient
    from signtraker.opentelemetry import OpenTelemetryHooks

    client = SignTrakerClient(hooks=[OpenTelemetryHooks()])

Needs the extra: `pip install "signtraker[otel]"`. Names follow OpenTelemetry's semantic conventions for HTTP
client spans; docs/guides/observability.md lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from signtraker._common.extras import missing_extra
from signtraker._core.hooks import CallHooks
from signtraker._version import __version__

try:
    from opentelemetry import context, trace
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        missing_extra("signtraker.opentelemetry", "opentelemetry-api", "otel"),
        name=_missing.name,
    ) from _missing

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, TracerProvider

    from signtraker._core.hooks import CallInfo, CallResult

__all__ = ["OpenTelemetryHooks"]
_SCHEMA: Final = "https://opentelemetry.io/schemas/1.37.0"
"""The version of the semantic conventions that the names of the attributes come from."""
_PORTS: Final = {"http": 80, "https": 443}


class OpenTelemetryHooks(CallHooks):
    """Make one span for each call, a child of the current one: `GET /api/orders/{id}`.

    The span holds the method, the route, the server, the status, the number of attempts, the outcome and the
    class of the error. It holds no query, no body, no id, no error message and no key. It is the current span
    while the call lasts, so logs that are correlated with traces, and the spans of an instrumented
    `http_client`, belong to it. No header is added to the request.

    Args:
        tracer_provider: Where the spans go; the global provider by default, also if it is set later.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        self._provider = tracer_provider
        self._tracer = trace.get_tracer("signtraker", __version__, tracer_provider, _SCHEMA)
        self._open: dict[CallInfo, tuple[Span, Context, Token[Context]]] = {}

    def before_call(self, call: CallInfo) -> None:
        """Start the span, and make it the current one."""
        server = urlsplit(call.base_url)
        span = self._tracer.start_span(
            f"{call.method} {call.route}",
            kind=trace.SpanKind.CLIENT,
            attributes={
                "http.request.method": call.method,
                "url.template": call.route,
                "server.address": server.hostname or "",
                "server.port": server.port or _PORTS[server.scheme],
            },
        )
        current = trace.set_span_in_context(span)
        self._open[call] = span, current, context.attach(current)

    def after_call(self, result: CallResult) -> None:
        """Write the result into the span, and end it."""
        if (started := self._open.pop(result.call, None)) is None:
            return  # It could not be started.
        span, current, token = started
        # A coroutine that is closed by the garbage collector ends in another context.
        if context.get_current() is current:
            context.detach(token)
        span.set_attribute("signtraker.attempts", result.attempts)
        span.set_attribute("signtraker.outcome", result.outcome)
        if result.attempts > 1:
            span.set_attribute("http.request.resend_count", result.attempts - 1)
        if result.status_code is not None:
            span.set_attribute("http.response.status_code", result.status_code)
        if result.error is not None:
            # Not `record_exception`: a message may quote people's data.
            span.set_attribute("error.type", type(result.error).__qualname__)
            span.set_status(trace.StatusCode.ERROR)
        span.end()

    def __reduce__(self) -> tuple[Any, ...]:
        if self._provider is not None:
            raise TypeError("its tracer_provider belongs to this process")
        return type(self), ()
