"""`run_workflow`: starts a run of another workflow, and waits for its end or not."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from contracts.base import Json
from contracts.run import ChildrenCalled
from services.engine.domain.calls import callee, check_depth, child_call, note_callee
from services.engine.domain.configs import Config
from services.engine.domain.findings import Place
from services.engine.domain.limits import NAME_MAX
from services.engine.domain.steps import ERROR, OUT, Compiled, Shape, Turn, node_type
from services.engine.domain.value_compiler import compile_object
from services.engine.domain.value_tree import Tree

WorkflowName = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]


class RunWorkflowConfig(Config):
    """`workflow` is an id or an exact name; `input` is what its trigger puts out."""

    workflow: WorkflowName
    input: Json = Field(default={})
    wait: bool = True


@dataclass(frozen=True, slots=True)
class RunWorkflowStep:
    workflow: str
    input: Tree
    waits: bool

    def take(self, turn: Turn) -> ChildrenCalled:
        """Call the one run."""
        check_depth(turn.live.facts)
        workflow_id = callee(turn.callees, self.workflow)
        value = self.input.evaluate(turn.scope)
        return ChildrenCalled(
            node=turn.key,
            visit=turn.visit,
            workflow_id=workflow_id,
            total=1,
            called=1,
            calls=[child_call(turn.run_id, turn.key, turn.visit, 0, value)],
            waits=self.waits,
        )


def _compile(config: RunWorkflowConfig, place: Place) -> Compiled:
    note_callee(config.workflow, place.at("workflow"))
    step = RunWorkflowStep(
        config.workflow.strip(), compile_object(config.input, place.at("input")), config.wait
    )
    members = None if config.wait else frozenset({"run_id"})
    return step, Shape(ports=(OUT, ERROR), members=members)


RUN_WORKFLOW = node_type("run_workflow", RunWorkflowConfig, _compile, limited=True)
