"""What others may ask of the engine about how runs and steps fared."""

from faststream.nats import NatsBroker

from contracts import subjects
from contracts.stats import (
    AskHourStats,
    AskRunStats,
    AskStepStats,
    AskWorkflowStats,
    ListTimelines,
)
from services.chassis.rpc import serve
from services.engine.app.stats import Stats
from services.engine.app.timelines import Timelines
from services.engine.entry.requests import QUEUE


def serve_stats(broker: NatsBroker, stats: Stats, timelines: Timelines) -> None:
    """Answer from figures that are kept, and say when steps ran."""
    serve(broker, subjects.RUN_STATS, QUEUE, AskRunStats, stats.runs)
    serve(broker, subjects.WORKFLOW_STATS, QUEUE, AskWorkflowStats, stats.workflows)
    serve(broker, subjects.STEP_STATS, QUEUE, AskStepStats, stats.steps)
    serve(broker, subjects.HOUR_STATS, QUEUE, AskHourStats, stats.hours)
    serve(broker, subjects.LIST_TIMELINES, QUEUE, ListTimelines, timelines.page)
