"""Whether the workflows that a definition calls are there when it is saved."""

from collections.abc import Sequence

from contracts.workflow import Fault
from services.engine.app.ports import NamedWorkflows
from services.engine.domain.findings import Callee, nearest

names_compared_max = 1_000


async def faults_of_callees(
    callees: Sequence[Callee], workflows: NamedWorkflows, own_name: str | None = None
) -> list[Fault]:
    """Return a fault for each call of a workflow that is not there; one may call itself before it is stored."""
    asked = {callee.workflow for callee in callees} - {own_name}
    if not asked:
        return []
    found = await workflows.called(asked)
    if all(len(found.get(workflow, ())) == 1 for workflow in asked):
        return []
    names = await workflows.names(names_compared_max)
    faults = []
    for callee in callees:
        if callee.workflow == own_name:
            continue
        match len(found.get(callee.workflow, ())):
            case 0:
                message = f"There is no workflow `{callee.workflow}`."
                near = nearest(callee.workflow, names)
                faults.append(
                    Fault(
                        path=callee.pointer,
                        code="unknown-workflow",
                        message=message,
                        suggestion=near,
                        params={"name": callee.workflow},
                    )
                )
            case 1:
                pass
            case _:
                message = f"Several workflows are called `{callee.workflow}`; give the id of one."
                faults.append(
                    Fault(
                        path=callee.pointer,
                        code="ambiguous-workflow",
                        message=message,
                        params={"name": callee.workflow},
                    )
                )
    return faults
