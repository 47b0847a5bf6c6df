"""What an operator's tools ask of every process."""

import httpx
import pytest

from deploy.local.stack import Stack

EXPECTED = {
    "engine": ["flusso_events_appended_total", "flusso_relay_lag_events", "flusso_repairs_total"],
    "tasks": ["flusso_events_appended_total", "flusso_relay_lag_events", "flusso_batch_size"],
    "gateway": ["flusso_http_answers_total", "flusso_event_listeners", "flusso_intake_waiting"],
}


@pytest.mark.parametrize("service", EXPECTED)
def test_metrics_are_there_in_the_prometheus_format(stack: Stack, service: str) -> None:
    answer = httpx.get(stack.metrics_url(service), trust_env=False)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert all(f"# TYPE {name.removesuffix('_total')}" in answer.text for name in EXPECTED[service])


@pytest.mark.parametrize("service", EXPECTED)
def test_health_and_readiness_are_told(stack: Stack, service: str) -> None:
    base = stack.metrics_url(service).removesuffix("/metrics")

    assert httpx.get(f"{base}/healthz", trust_env=False).status_code == 200
    ready = httpx.get(f"{base}/readyz", trust_env=False)
    assert ready.status_code == 200
    assert all(ready.json().values())
