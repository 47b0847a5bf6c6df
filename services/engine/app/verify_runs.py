"""Proves runs: their folds and rows by the chassis, and against tasks the decisions that they took."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from contracts import subjects
from contracts.operations import Finding, VerifiedStreams, VerifyStreams
from contracts.run import RunFact
from contracts.task import ExplainTasks, TaskExplanation, TaskExplanations
from services.chassis.errors import Transient
from services.chassis.findings import Said, said
from services.chassis.rpc import Caller
from services.chassis.verify_fold import FROM_BACKUP, Fold, Rules
from services.engine.domain import run_codec
from services.engine.domain.decisions_taken import ENDINGS, Taken, decision_taken
from services.engine.domain.run_evolve import evolve
from services.engine.domain.run_state import NotStarted, RunState

explained_at_once_max = 200
explain_seconds_max = 3.0
RunFold = Fold[RunState, RunFact]

RULES: Rules[RunState, RunFact] = Rules(
    service="engine",
    noun="run",
    initial=NotStarted,
    evolve=evolve,
    decode_event=run_codec.decode_event,
    encode_state=run_codec.encode_state,
    decode_state=run_codec.decode_state,
    endings=ENDINGS,
    kept=decision_taken,
)


class RunPages(Protocol):
    """Proves a page of runs by themselves."""

    async def page(self, question: VerifyStreams) -> tuple[VerifiedStreams, Sequence[RunFold]]:
        """Return what was found, and the folds."""
        ...


async def explained(caller: Caller, task_ids: Sequence[UUID]) -> dict[UUID, TaskExplanation]:
    """Ask tasks what became of these, in halves if there is no answer: long answers of people may be too much for one.

    Raises Transient.
    """
    if not task_ids:
        return {}
    question = ExplainTasks(task_ids=list(task_ids))
    try:
        answer = await caller.ask(
            subjects.EXPLAIN_TASKS, question, timeout_seconds=explain_seconds_max
        )
    except Transient:
        if len(task_ids) == 1:
            raise
        middle = len(task_ids) // 2
        first = await explained(caller, task_ids[:middle])
        return first | await explained(caller, task_ids[middle:])
    items = TaskExplanations.model_validate_json(answer).items
    return {item.task_id: item for item in items}


class VerifyRuns:
    """Answers VerifyStreams for the engine."""

    def __init__(self, pages: RunPages, caller: Caller) -> None:
        self._pages = pages
        self._caller = caller

    async def page(self, question: VerifyStreams) -> VerifiedStreams:
        """Prove a page. Raises Refused, Transient."""
        verified, folds = await self._pages.page(question)
        taken = [(fold, item) for fold in folds for item in fold.kept if isinstance(item, Taken)]
        findings = list(_twice(folds))
        for at in range(0, len(taken), explained_at_once_max):
            part = taken[at : at + explained_at_once_max]
            became = await explained(self._caller, [item.task_id for _, item in part])
            findings += _unlike(part, became)
        return verified.model_copy(update={"findings": [*verified.findings, *findings]})


def _twice(folds: Sequence[RunFold]) -> Sequence[Finding]:
    found = []
    for fold in folds:
        tasks = [item.task_id for item in fold.kept if isinstance(item, Taken)]
        if len(tasks) != len(set(tasks)):
            message = said("decision-twice", "the run has taken the decision of one task twice")
            found.append(RULES.finding("decision-twice", fold.stream_id, message, FROM_BACKUP))
    return found


def _unlike(
    taken: Sequence[tuple[RunFold, Taken]], became: Mapping[UUID, TaskExplanation]
) -> Sequence[Finding]:
    """Compare what runs took with what was decided: a decision is committed before any run can hear of it."""
    found = []
    for fold, item in taken:
        known = became.get(item.task_id)
        message = _difference(item, known)
        if message is not None:
            found.append(RULES.finding("decision-differs", fold.stream_id, message, FROM_BACKUP))
    return found


def _difference(taken: Taken, known: TaskExplanation | None) -> Said | None:
    told = "the run took task {task} as {outcome}, but "
    params: dict[str, object] = {"task": taken.task_id, "outcome": taken.outcome}
    if known is None or known.status == "unknown":
        return said("taken-unknown", told + "there is no such task", **params)
    if known.resolution is None:
        text = told + "nobody has decided it ({status})"
        return said("taken-undecided", text, status=known.status, **params)
    if known.resolution.outcome != taken.outcome:
        other = known.resolution.outcome
        return said("taken-otherwise", told + "it was {decided}", decided=other, **params)
    if taken.decided_at is not None and known.resolution.decided_at != taken.decided_at:
        return said("taken-at-another-time", told + "it was decided at another time", **params)
    return None
