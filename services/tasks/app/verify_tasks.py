"""How tasks are proved: their fold and their ends."""

from contracts.operations import VerifiedStreams, VerifyStreams
from contracts.task import TASK_FACTS_BY_TYPE, TaskFact
from services.chassis.errors import Broken
from services.chassis.verify import Verifier
from services.chassis.verify_fold import Rules
from services.tasks.app.aggregate import decode_state, encode_state
from services.tasks.domain.task import evolve
from services.tasks.domain.task_state import TaskState, Unknown

OVERTAKEN = "flusso.task.overtaken"
ENDINGS = frozenset({"flusso.task.resolved", "flusso.task.closed"})


def decode_event(name: str, data: str) -> TaskFact:
    """Return the event of a name. Raises Broken."""
    model = TASK_FACTS_BY_TYPE.get(name)
    if model is None:
        raise Broken(f"no event of a task is called {name}")
    try:
        return model.model_validate_json(data)
    except ValueError as error:
        raise Broken(f"{name}: {error}") from error


RULES: Rules[TaskState, TaskFact] = Rules(
    service="tasks",
    noun="task",
    initial=Unknown,
    evolve=evolve,
    decode_event=decode_event,
    encode_state=encode_state,
    decode_state=decode_state,
    endings=ENDINGS,
    after_end=frozenset({OVERTAKEN}),
)


async def verify_tasks(
    verifier: Verifier[TaskState, TaskFact], question: VerifyStreams
) -> VerifiedStreams:
    """Prove a page of tasks. Raises Refused, Transient."""
    verified, _ = await verifier.page(question)
    return verified
