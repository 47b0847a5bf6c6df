"""Spans, sent to a real collector."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import monotonic

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from services.chassis import telemetry
from services.chassis.telemetry import (
    begin_span,
    configure_telemetry,
    current_traceparent,
    incoming,
    render_metrics,
    shut_down_telemetry,
    span,
)
from tests.support.otlp import Collector, collecting

OUTSIDE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


@pytest.fixture
def receiver() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector
        shut_down_telemetry()


@pytest.fixture(autouse=True)
def _tracing_is_off_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)
    yield
    shut_down_telemetry()


def trace_on(receiver: Collector, monkeypatch: pytest.MonkeyPatch, **environ: str) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    configure_telemetry("engine", {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, **environ})


def test_spans_arrive_at_the_collector_as_one_trace(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_on(receiver, monkeypatch)

    with span("POST /runs", traceparent=OUTSIDE, kind="server", run_id="7"), span("start run"):
        pass
    shut_down_telemetry()

    outer, inner = receiver.named("POST /runs").span, receiver.named("start run").span
    assert outer.trace_id.hex() == inner.trace_id.hex() == OUTSIDE.split("-")[1]
    assert outer.parent_span_id.hex() == OUTSIDE.split("-")[2]
    assert inner.parent_span_id == outer.span_id
    assert outer.kind == Span.SPAN_KIND_SERVER
    assert outer.attributes[0].key == "run_id"


def test_the_block_gets_its_own_traceparent_and_the_outer_one_returns_after_it(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_on(receiver, monkeypatch)

    with span("outer", traceparent=OUTSIDE) as outer:
        with span("inner") as inner:
            assert current_traceparent() == inner
        assert current_traceparent() == outer

    assert current_traceparent() is None
    assert len({OUTSIDE, outer, inner}) == 3


def test_a_span_without_a_parent_begins_a_trace(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_on(receiver, monkeypatch)

    with span("fire timers") as traceparent:
        assert incoming(traceparent) == traceparent
    shut_down_telemetry()

    assert receiver.named("fire timers").span.parent_span_id == b""


def test_a_batch_links_to_its_members(receiver: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    trace_on(receiver, monkeypatch)

    with span("commit batch", links=[OUTSIDE, None, *[OUTSIDE] * 300]):
        pass
    shut_down_telemetry()

    links = receiver.named("commit batch").span.links
    assert len(links) == telemetry.LINKS_MAX - 1
    assert links[0].span_id.hex() == OUTSIDE.split("-")[2]


def test_a_failed_block_makes_a_failed_span_without_the_text_of_the_error(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_on(receiver, monkeypatch)

    with pytest.raises(ValueError, match="a person's data"), span("decide"):
        raise ValueError("a person's data")
    shut_down_telemetry()

    failed = receiver.named("decide").span
    assert failed.status.code == failed.status.STATUS_CODE_ERROR
    assert "a person's data" not in str(failed)


def test_a_span_may_end_elsewhere_than_it_began(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_on(receiver, monkeypatch)

    opened = begin_span("start run", traceparent=OUTSIDE)
    opened.set(outcome="started")
    ending = threading.Thread(target=opened.end)
    ending.start()
    ending.join()
    shut_down_telemetry()

    assert receiver.named("start run").span.attributes[0].value.string_value == "started"


def test_standard_variables_name_the_service_and_its_resource(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_on(
        receiver,
        monkeypatch,
        OTEL_SERVICE_NAME="approvals",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
    )

    with span("anything"):
        pass
    shut_down_telemetry()

    assert receiver.named("anything").resource["service.name"] == "approvals"
    assert receiver.named("anything").resource["deployment.environment.name"] == "test"


def test_a_caller_who_does_not_sample_is_obeyed(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_on(receiver, monkeypatch)

    with span("anything", traceparent=UNSAMPLED) as traceparent:
        assert traceparent is not None
        assert traceparent.endswith("-00")
    shut_down_telemetry()

    assert receiver.spans == []


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1",
            "OTEL_TRACES_EXPORTER": "none",
        },
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "zipkin"},
    ],
)
def test_without_a_collector_the_traceparent_still_flows(environ: dict[str, str]) -> None:
    configure_telemetry("engine", environ)

    with span("outer", traceparent=OUTSIDE) as outer, span("inner") as inner:
        assert outer == inner == current_traceparent() == OUTSIDE
    assert begin_span("anything", traceparent=OUTSIDE).traceparent == OUTSIDE
    with span("alone") as alone:
        assert alone is None
    assert current_traceparent() is None


def test_a_collector_that_does_not_answer_cannot_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # listens, never accepts
    endpoint = f"http://127.0.0.1:{silent.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    configure_telemetry("engine", {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
    with span("anything"):
        pass

    before = monotonic()
    shut_down_telemetry()

    assert monotonic() - before < telemetry.SHUTDOWN_SECONDS_MAX + 1
    silent.server_close()


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        OUTSIDE + "\n",
        OUTSIDE + "-extra",
    ],
)
def test_an_invalid_traceparent_from_outside_is_dropped(traceparent: str | None) -> None:
    assert incoming(traceparent) is None


def test_metrics_are_rendered_for_prometheus() -> None:
    telemetry.EVENTS_APPENDED.labels(log="test").inc(3)

    assert b'flusso_events_appended_total{log="test"} 3.0' in render_metrics()
