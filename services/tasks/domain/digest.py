"""Names exactly what a person was shown, so that a decision can say what it was made on."""

from hashlib import sha256

import orjson

from contracts.base import JsonObject, rfc3339
from contracts.run import RunPaused


def digest_of(paused: RunPaused) -> str:
    """Return the SHA-256, in lower-case hex, of what the task asks.

    It covers, as JSON with sorted keys, no white space and UTF-8: `kind`, `workflow_id`, `workflow_version`, `node`,
    `step_name`, `title`, `prompt` and `fields` (each with the members that are set); and `due_at` and `timeout_at`, if
    the task has them. The workflow's name and the assignees are left out: who else may answer, and what the workflow
    is called, does not change the question.
    """
    shown: JsonObject = {
        "kind": paused.kind,
        "workflow_id": str(paused.workflow_id),
        "workflow_version": paused.workflow_version,
        "node": paused.node,
        "step_name": paused.step_name,
        "title": paused.title,
        "prompt": paused.prompt,
        "fields": [field.model_dump(mode="json", exclude_none=True) for field in paused.fields],
    }
    times = {"due_at": paused.due_at, "timeout_at": paused.timeout_at}
    shown |= {name: rfc3339(time) for name, time in times.items() if time is not None}
    return sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()
