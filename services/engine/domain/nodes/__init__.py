"""Every type of node, one module each: its configuration, what it compiles to, and what it does."""

from collections.abc import Mapping

from services.engine.domain.nodes.asking import APPROVAL, MANUAL_INPUT
from services.engine.domain.nodes.condition import CONDITION
from services.engine.domain.nodes.delay import DELAY
from services.engine.domain.nodes.emit_event import EMIT_EVENT
from services.engine.domain.nodes.for_each import FOR_EACH
from services.engine.domain.nodes.http_request import HTTP_REQUEST
from services.engine.domain.nodes.run_workflow import RUN_WORKFLOW
from services.engine.domain.nodes.send_email import SEND_EMAIL
from services.engine.domain.nodes.stop import STOP
from services.engine.domain.nodes.switch import SWITCH
from services.engine.domain.nodes.transform import TRANSFORM
from services.engine.domain.steps import NodeType

NODE_TYPES: Mapping[str, NodeType] = {
    node.name: node
    for node in (
        APPROVAL,
        MANUAL_INPUT,
        CONDITION,
        SWITCH,
        TRANSFORM,
        HTTP_REQUEST,
        SEND_EMAIL,
        DELAY,
        FOR_EACH,
        RUN_WORKFLOW,
        EMIT_EVENT,
        STOP,
    )
}
LATER_NODE_TYPES = frozenset(
    {"send_email", "delay", "for_each", "run_workflow", "emit_event"} - NODE_TYPES.keys()
)
