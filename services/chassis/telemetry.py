"""Traces and metrics, the same for every service.

A trace crosses processes as a W3C `traceparent` text: in HTTP and NATS headers, in the log, in
CloudEvents. Spans are made only when an OTLP endpoint is configured; without one a `traceparent`
that came in is passed on as it is, and a span costs less than a microsecond. Names, sampling and
resource attributes follow the standard `OTEL_*` variables.
"""

import logging
import re
import threading
from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

from services.chassis.errors import Refused

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

logger = logging.getLogger(__name__)

Attribute = str | int | float | bool
Kind = Literal["internal", "server", "client", "producer", "consumer"]

SHUTDOWN_SECONDS_MAX = 2.0
LINKS_MAX = 128
"""More links on one span than this are left out: collectors refuse or cut them anyway."""

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_KINDS: Mapping[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


class _Tracing:
    """The process's one switch: a tracer when spans are exported, else None."""

    provider: "TracerProvider | None" = None
    tracer: Tracer | None = None


# -- setting up ------------------------------------------------------------------------------------


def configure_telemetry(service: str, environ: Mapping[str, str]) -> None:
    """Export spans from now on if `environ` names an OTLP endpoint and does not switch tracing off.

    The OpenTelemetry SDK reads everything else (`OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`,
    `OTEL_BSP_*`, `OTEL_EXPORTER_OTLP_*`) from the process's own environment.
    """
    shut_down_telemetry()
    if not _wants_spans(environ):
        return
    provider = _make_provider(environ.get("OTEL_SERVICE_NAME") or f"flusso-{service}")
    _Tracing.provider = provider
    _Tracing.tracer = provider.get_tracer("flusso")


def _make_provider(service_name: str) -> "TracerProvider":
    # Imported by those who trace: it is a fifth of a service's start, and most do not.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource.create({"service.name": service_name})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def shut_down_telemetry() -> None:
    """Send what is still held, for two seconds at most, and make no more spans.

    The SDK by itself would wait 30 s for a collector that does not answer, and a stop must not.
    """
    provider, _Tracing.provider, _Tracing.tracer = _Tracing.provider, None, None
    if provider is not None:
        sending = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
        sending.start()
        sending.join(SHUTDOWN_SECONDS_MAX)


def is_tracing() -> bool:
    """Tell whether spans are made, for what would cost something to say of them."""
    return _Tracing.tracer is not None


def _wants_spans(environ: Mapping[str, str]) -> bool:
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    endpoint = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or environ.get(
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    if not endpoint or exporter == "none":
        return False
    if exporter != "otlp":
        logger.warning(
            "exporter is not supported, spans are not made", extra={"exporter": exporter}
        )
        return False
    return True


# -- traceparent -----------------------------------------------------------------------------------


def incoming(traceparent: str | None) -> str | None:
    """Return the header of an outside caller if it is a valid W3C traceparent, else None."""
    if traceparent is not None and _TRACEPARENT.fullmatch(traceparent) is not None:
        return traceparent
    return None


def current_traceparent() -> str | None:
    """Return the traceparent of the innermost open span of this task, to be passed on."""
    return _current.get()


def _context_of(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )


def _below(traceparent: str) -> Context:
    return set_span_in_context(NonRecordingSpan(_context_of(traceparent)), Context())


def _traceparent_of(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


# -- spans -----------------------------------------------------------------------------------------


class OpenSpan:
    """A span that may end in another task or callback than it began in.

    `traceparent` is what to pass on.
    """

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: Span | None, traceparent: str | None) -> None:
        self._span = span
        self.traceparent = traceparent

    def set(self, **attributes: Attribute) -> None:
        if self._span is not None:
            self._span.set_attributes(attributes)

    def end(self, error: BaseException | None = None) -> None:
        """End the span, as failed if there is an error; a refusal is an answer and no failure.

        Only the error's class is kept: its text may hold what users typed.
        """
        if self._span is None:
            return
        if isinstance(error, Refused):
            self._span.set_attribute("refused", error.code)
        elif error is not None:
            kind = type(error).__name__
            self._span.set_attribute("error.type", kind)
            self._span.set_status(Status(StatusCode.ERROR, kind))
        self._span.end()


def begin_span(
    name: str,
    *,
    traceparent: str | None = None,
    kind: Kind = "internal",
    links: Sequence[str | None] = (),
    **attributes: Attribute,
) -> OpenSpan:
    """Begin a span below `traceparent`, or below the current one; whoever begins it ends it.

    `traceparent` is one of ours or has passed `incoming`. `links` are the traceparents of what this
    span handles together, such as the members of a batch.
    """
    parent = traceparent or _current.get()
    tracer = _Tracing.tracer
    if tracer is None:
        return OpenSpan(None, parent)
    begun = tracer.start_span(
        name,
        context=Context() if parent is None else _below(parent),
        kind=_KINDS[kind],
        links=[Link(_context_of(link)) for link in links[:LINKS_MAX] if link],
        attributes=attributes,
    )
    return OpenSpan(begun, _traceparent_of(begun.get_span_context()))


class span:  # noqa: N801 - read as a verb: `with span("decide") as traceparent`
    """A block of work as a span, begun like `begin_span`.

    The block gets the traceparent to pass on, or None if there is no trace.
    """

    __slots__ = ("_open", "_token", "_traceparent")

    def __init__(
        self,
        name: str,
        *,
        traceparent: str | None = None,
        kind: Kind = "internal",
        links: Sequence[str | None] = (),
        **attributes: Attribute,
    ) -> None:
        self._token: Token[str | None] | None = None
        self._open: OpenSpan | None = None
        if _Tracing.tracer is None:
            self._traceparent = traceparent
            return
        self._open = begin_span(name, traceparent=traceparent, kind=kind, links=links, **attributes)
        self._traceparent = self._open.traceparent

    def __enter__(self) -> str | None:
        if self._traceparent is None:
            return _current.get()
        self._token = _current.set(self._traceparent)
        return self._traceparent

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
        if self._open is not None:
            self._open.end(error)


# -- metrics ---------------------------------------------------------------------------------------

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

EVENTS_APPENDED = Counter("flusso_events_appended", "Events committed to a log.", ["log"])
BATCH_SIZE = Histogram("flusso_batch_size", "Members of a batch.", ["batch"], buckets=_SIZES)
BATCH_SECONDS = Histogram(
    "flusso_batch_seconds", "Time to handle a batch.", ["batch"], buckets=_SECONDS
)
RELAY_LAG = Gauge(
    "flusso_relay_lag_events", "Committed events that the relay has not published.", ["log"]
)
RELAY_PUBLISHED = Counter("flusso_relay_published", "Events published by the relay.", ["log"])
DEAD_LETTERS = Counter("flusso_dead_letters", "Messages kept as dead letters.", ["consumer"])
ORDERS_SHED = Counter("flusso_orders_shed", "Orders refused since too many waited.", ["pipeline"])
REPAIRS = Counter("flusso_repairs", "What the reconciler had to put right.", ["kind"])
TIMER_LATE_SECONDS = Histogram(
    "flusso_timer_late_seconds", "How late a timer fired.", ["timer"], buckets=_SECONDS
)
REQUESTS = Counter(
    "flusso_requests", "Requests answered: ok, refused, unavailable.", ["subject", "outcome"]
)
REQUEST_SECONDS = Histogram(
    "flusso_request_seconds", "Time to answer.", ["subject"], buckets=_SECONDS
)


def render_metrics() -> bytes:
    """Return all metrics of this process in the Prometheus text format (`METRICS_CONTENT_TYPE`)."""
    return generate_latest(REGISTRY)


METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
