"""What the API answers when it says no, as one sentence that says what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contracts.base import Json
from services.cli.domain.errors import ExitCode
from services.cli.domain.safe_text import safe_line
from services.cli.domain.spans import local

_CONFLICTS = frozenset({"already-decided", "run-ended", "digest-mismatch", "version-mismatch"})


@dataclass(frozen=True, slots=True)
class Problem:
    """RFC 9457 problem details; `code` is stable."""

    status: int
    code: str
    detail: str
    members: Mapping[str, Json] = field(default_factory=dict)

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.CONFLICT if self.code in _CONFLICTS else ExitCode.FAILED


def explain(problem: Problem) -> str:
    """Return what to tell the person at the terminal, faults one a line."""
    told = _EXPLAINED.get(problem.code)
    text = told(problem) if told is not None else safe_line(problem.detail)
    return "\n".join([text, *fault_lines(problem.members)])


def fault_lines(members: Mapping[str, Json]) -> list[str]:
    """Return each fault of a definition, a request or a form as a line."""
    lines = []
    for fault in [*_list(members.get("faults")), *_list(members.get("fields"))]:
        where = str(fault.get("path") or fault.get("name") or "")
        hint = f" ({fault['suggestion']}?)" if fault.get("suggestion") else ""
        lines.append(safe_line(f"  {where}: {fault.get('message', '')}{hint}").strip())
    return ["  " + line for line in lines]


def _list(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _unauthorised(_problem: Problem) -> str:
    return (
        "Flusso does not know this token. Set FLUSSO_TOKEN to an API token (Settings, API tokens), "
        "or FLUSSO_ADMIN_TOKEN; `make run` keeps its own in .flusso/admin-token."
    )


def _already_decided(problem: Problem) -> str:
    members = problem.members
    outcome = safe_line(str(members.get("outcome", "decided")))
    who = safe_line(str(members.get("decided_by", "somebody")))
    when = members.get("decided_at")
    at = f" at {local(when)}" if isinstance(when, str) else ""
    return f"Too late: {who} has decided this task{at}; it is {outcome.replace('_', ' ')}."


def _run_ended(problem: Problem) -> str:
    members = problem.members
    status = safe_line(str(members.get("run_status", "over")))
    who, when = members.get("ended_by"), members.get("ended_at")
    by = f", by {safe_line(who)}" if isinstance(who, str) else ""
    at = f" at {local(when)}" if isinstance(when, str) else ""
    return f"Too late: the run of this task has ended; it is {status}{by}{at}."


def _digest_mismatch(_problem: Problem) -> str:
    return "This task is not the one that you saw. Look at it again: `flusso task ID`."


def _version_mismatch(problem: Problem) -> str:
    version = problem.members.get("version")
    saved = f"version {version}" if isinstance(version, int) else "a newer version"
    return f"Somebody saved {saved} meanwhile; nothing was overwritten. Try again to see it."


def _wrong_kind(problem: Problem) -> str:
    return f"{safe_line(problem.detail)} Forms take `flusso submit`, approvals `flusso approve`."


def _internal_error(problem: Problem) -> str:
    error_id = safe_line(str(problem.members.get("error_id", "unknown")))
    return f"Something failed inside Flusso; its log has it under error_id {error_id}."


def _unavailable(_problem: Problem) -> str:
    return "A part of Flusso is away just now. Try again in a moment; repeating is safe."


_EXPLAINED: Mapping[str, Callable[[Problem], str]] = {
    "not-signed-in": _unauthorised,
    "invalid-token": _unauthorised,
    "already-decided": _already_decided,
    "run-ended": _run_ended,
    "digest-mismatch": _digest_mismatch,
    "version-mismatch": _version_mismatch,
    "wrong-kind": _wrong_kind,
    "internal-error": _internal_error,
    "unavailable": _unavailable,
}
