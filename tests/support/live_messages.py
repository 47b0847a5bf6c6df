"""Builds messages as the relay publishes them."""

from datetime import UTC, datetime

import orjson

from contracts.envelope import encode_batch, encode_event

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def run_event(run: str, sequence: int, name: str = "flusso.run.started") -> bytes:
    return _event("flusso/engine", name, run, sequence, {"note": f"{run} {sequence}"})


def task_event(task: str, sequence: int, run: str, name: str = "flusso.task.opened") -> bytes:
    return _event("flusso/tasks", name, task, sequence, {"run_id": run})


def _event(source: str, name: str, subject: str, sequence: int, data: dict[str, str]) -> bytes:
    return encode_event(
        source=source,
        name=name,
        schema_version=1,
        subject=subject,
        sequence=sequence,
        position=sequence,
        time=NOW,
        traceparent=None,
        data=orjson.dumps(data).decode(),
    )


def message(*events: bytes) -> bytes:
    return encode_batch(events)
