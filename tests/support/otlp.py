"""A collector of spans: a small HTTP server that takes OTLP as the SDK sends it."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, slots=True)
class Received:
    """A span, and the resource that made it."""

    span: Span
    resource: dict[str, str]

    @property
    def name(self) -> str:
        return self.span.name

    @property
    def service(self) -> str:
        return self.resource["service.name"]

    @property
    def attributes(self) -> dict[str, str]:
        return _texts(self.span.attributes)


class Collector(ThreadingHTTPServer):
    """Keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.spans: list[Received] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, request: ExportTraceServiceRequest) -> None:
        for sent in request.resource_spans:
            resource = _texts(sent.resource.attributes)
            for scope in sent.scope_spans:
                self.spans += [Received(span, resource) for span in scope.spans]

    def named(self, name: str) -> Received:
        (found,) = [received for received in self.spans if received.name == name]
        return found


class _Exchange(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.take(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
        pass


def _texts(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {attribute.key: attribute.value.string_value for attribute in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """Listen on a free port."""
    collector = Collector()
    serving = threading.Thread(target=collector.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield collector
    finally:
        collector.shutdown()
        serving.join()
        collector.server_close()
