"""How many requests were answered, how, and how fast."""

from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_ANSWERS = Counter("flusso_http_answers", "HTTP requests answered.", ["route", "status"])
_TIMES = Histogram("flusso_http_seconds", "Time to answer.", ["route"], buckets=_SECONDS)
LISTENERS = Gauge("flusso_event_listeners", "Open event streams.")
SHED = Counter("flusso_http_shed", "Requests refused since too many were being answered.", ["kind"])
PLACES = Gauge("flusso_http_places", "Requests of a kind that may be worked on at once.", ["kind"])
PLACES_TAKEN = Gauge("flusso_http_places_taken", "Requests that are worked on.", ["kind"])
INTAKE = Gauge("flusso_intake_waiting", "Arrivals that wait for the engine.")


@lru_cache(maxsize=1_000)
def _answers(route: str, status: int) -> Counter:
    return _ANSWERS.labels(route, str(status))


@lru_cache(maxsize=200)
def _times(route: str) -> Histogram:
    return _TIMES.labels(route)


def observe(route: str, status: int, seconds: float) -> None:
    """Count one answer; `route` is the path's template, never the path."""
    _answers(route, status).inc()
    _times(route).observe(seconds)
