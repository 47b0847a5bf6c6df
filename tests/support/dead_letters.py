"""Dead letters, as consumers keep them."""

from uuid import UUID

import asyncpg
import orjson

from contracts.base import JsonObject
from contracts.subjects import TASKS_ON_RUN_EVENTS
from services.chassis.ids import new_id


def run_event(run_id: UUID, name: str, data: JsonObject) -> JsonObject:
    """The first event of a run, as it is told."""
    return {
        "specversion": "1.0",
        "id": f"{run_id}-1",
        "source": "flusso/engine",
        "type": name,
        "subject": str(run_id),
        "time": "2026-11-24T08:00:00.000000Z",
        "dataschema": f"{name}/1",
        "sequence": 1,
        "logposition": 1,
        "data": data,
    }


def ended(run_id: UUID) -> JsonObject:
    """An event that tasks can handle: of a run that ended with nothing open."""
    return run_event(run_id, "flusso.run.completed", {"output": None, "open_tasks": []})


async def keep_letter(database_url: str, event: JsonObject, reason: str) -> UUID:
    """Write a letter for tasks as the consumer of another release would have."""
    letter_id = new_id()
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO tasks.dead_letters (id, consumer, event_id, event_type, payload, reason)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            letter_id,
            TASKS_ON_RUN_EVENTS,
            event["id"],
            event["type"],
            orjson.dumps(event),
            reason,
        )
    finally:
        await connection.close()
    return letter_id
