"""The trigger of schedules, as people write it into a definition."""

import pytest

from contracts.base import Json, JsonObject
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.triggers.schedule import ScheduleTriggerConfig
from tests.support.runs import node, workflow


def scheduled(**config: Json) -> JsonObject:
    given = workflow([node("note", "transform", at="{{ trigger.output.scheduled_at }}")])
    return given | {"trigger": {"type": "schedule_trigger", "config": config}}


def test_the_zone_is_utc_and_missed_instants_are_skipped_unless_said_otherwise() -> None:
    config = parse_definition(scheduled(cron="0 9 * * 1")).trigger.config

    assert isinstance(config, ScheduleTriggerConfig)
    assert (config.timezone, config.after_downtime) == ("UTC", "skip")


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, ("cron", "missing-key", None)),
        ({"cron": "0 0 9 * * 1"}, ("cron", "invalid-cron", "0 9 * * 1")),
        ({"cron": "0 9 31 2 *"}, ("cron", "never-due", None)),
        (
            {"cron": "0 9 * * 1", "timezone": "rome"},
            ("timezone", "unknown-timezone", "Europe/Rome"),
        ),
        (
            {"cron": "0 9 * * 1", "after_downtime": "ship"},
            ("after_downtime", "invalid-value", "skip"),
        ),
        ({"cron": "0 9 * * 1", "time_zone": "UTC"}, ("time_zone", "unknown-key", "timezone")),
    ],
)
def test_each_fault_is_named_by_its_place(
    config: JsonObject, found: tuple[str, str, str | None]
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        parse_definition(scheduled(**config))

    (fault,) = raised.value.faults
    assert (fault.path, fault.code, fault.suggestion) == (
        f"/trigger/config/{found[0]}",
        *found[1:],
    )


def test_its_output_has_nothing_but_the_instant() -> None:
    given = scheduled(cron="0 9 * * 1")
    given["nodes"][0]["config"]["at"] = "{{ trigger.output.schedulde_at }}"

    with pytest.raises(InvalidDefinition) as raised:
        parse_definition(given)

    assert raised.value.faults[0].suggestion == "trigger.output.scheduled_at"
