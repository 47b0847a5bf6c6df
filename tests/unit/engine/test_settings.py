"""What a definition may say of retries, limits and the queue, and how it is told what is wrong."""

from datetime import timedelta

import pytest

from contracts.base import Json, JsonObject
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.duration import in_words, parse_duration
from services.engine.domain.retry import RetryPolicy
from services.engine.domain.settings import Settings
from tests.support.run_workflows import request
from tests.support.runs import RUN_ID, node, workflow


def with_settings(value: Json) -> JsonObject:
    return {**workflow([node("a", "transform", b=1)]), "settings": value}


def with_node(one: JsonObject, **more: Json) -> JsonObject:
    return workflow([{**one, **more}])


def fault_of(raw: JsonObject) -> tuple[str, str, str | None]:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(raw)
    (fault,) = caught.value.faults
    return fault.path, fault.code, fault.suggestion


def test_settings_say_how_many_runs_at_once_and_how_long_one_takes() -> None:
    definition = parse_definition(with_settings({"concurrency": 5, "time_limit": "2h"}))

    assert definition.settings == Settings(5, timedelta(hours=2))
    assert parse_definition(with_settings(None)).settings == Settings()


def test_a_node_says_how_it_is_tried_again_and_how_long_it_may_take() -> None:
    retry = {"attempts": 4, "delay": "5s", "backoff": 1.5, "max_delay": "1m", "jitter": 0}
    (one,) = parse_definition(with_node(request(), retry=retry, time_limit="10m")).nodes

    assert one.retry == RetryPolicy(3, 5.0, 60.0, 1.5, 0.0)
    assert one.time_limit == timedelta(minutes=10)


def test_the_older_way_to_retry_still_means_the_same() -> None:
    (one,) = parse_definition(workflow([request(retries=3, retry_delay=2)])).nodes

    assert one.retry == RetryPolicy(3, 2.0, 300.0)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (with_settings([]), ("/settings", "invalid-value", None)),
        (with_settings({"concurency": 1}), ("/settings/concurency", "unknown-key", "concurrency")),
        (with_settings({"concurrency": 0}), ("/settings/concurrency", "invalid-value", None)),
        (with_settings({"concurrency": "5"}), ("/settings/concurrency", "invalid-value", None)),
        (with_settings({"time_limit": 30}), ("/settings/time_limit", "invalid-value", "30s")),
        (with_settings({"time_limit": "soon"}), ("/settings/time_limit", "invalid-value", None)),
        (
            with_node(request(), retry={"attempts": 2, "on": ["timout"]}),
            ("/nodes/0/retry/on/0", "unknown-error", "timeout"),
        ),
        (
            with_node(request(), retry={"attempts": 2, "on": ["any", "status-6xx"]}),
            ("/nodes/0/retry/on/1", "unknown-error", "status-5xx"),
        ),
        (with_node(request(), retry={}), ("/nodes/0/retry/attempts", "missing-key", None)),
        (
            with_node(request(), retry={"attempts": 101}),
            ("/nodes/0/retry/attempts", "invalid-value", None),
        ),
        (
            with_node(request(), retry={"attempts": 2, "dely": "5s"}),
            ("/nodes/0/retry/dely", "unknown-key", "delay"),
        ),
        (
            with_node(request(), retry={"attempts": 2, "delay": 5}),
            ("/nodes/0/retry/delay", "invalid-value", "5s"),
        ),
        (
            with_node(request(), retry={"attempts": 2, "delay": "10m"}),
            ("/nodes/0/retry/max_delay", "invalid-value", "10m"),
        ),
        (
            with_node(request(retries=1), retry={"attempts": 2}),
            ("/nodes/0/retry", "conflicting-keys", None),
        ),
        (
            with_node(node("a", "transform", b=1), retry={"attempts": 2}),
            ("/nodes/0/retry", "option-not-available", None),
        ),
        (
            with_node(node("ask", "approval", prompt="?"), time_limit="1h"),
            ("/nodes/0/time_limit", "option-not-available", None),
        ),
        (
            with_node(request(), time_limit="0s"),
            ("/nodes/0/time_limit", "invalid-value", None),
        ),
        (
            with_node(node("a", "delay")),
            ("/nodes/0/config", "missing-key", None),
        ),
        (
            with_node(node("a", "delay", duration="1h", until="2026-05-01T09:00:00Z")),
            ("/nodes/0/config", "missing-key", None),
        ),
        (
            with_node(node("a", "delay", until="2026-05-01T09:00:00")),
            ("/nodes/0/config/until", "invalid-value", None),
        ),
    ],
)
def test_each_fault_is_named_by_its_place(
    raw: JsonObject, found: tuple[str, str, str | None]
) -> None:
    assert fault_of(raw) == found


@pytest.mark.parametrize("text", ["90s", "1h30m", "2d", "1w", "1w2d3h4m5s"])
def test_a_duration_is_told_as_it_is_written(text: str) -> None:
    assert parse_duration(in_words(parse_duration(text))) == parse_duration(text)


def test_delays_stay_within_their_spread_and_their_limit() -> None:
    policy = RetryPolicy(retries=99, delay_seconds=5, delay_seconds_max=60, backoff=2, jitter=0.25)
    for attempt, plain in [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (99, 60)]:
        assert plain * 0.75 <= policy.delay_after(attempt, RUN_ID, "call") <= plain * 1.25
