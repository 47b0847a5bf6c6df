"""What others may ask of the tasks service about how people decide."""

from functools import partial

from faststream.nats import NatsBroker

from contracts.stats import AskDecisionStats
from contracts.subjects import DECISION_STATS, TASKS
from services.chassis.rpc import serve
from services.tasks.app.stats import DecisionStatsStore, decision_stats


def serve_stats(broker: NatsBroker, store: DecisionStatsStore) -> None:
    """Answer from figures that are kept."""
    serve(broker, DECISION_STATS, TASKS, AskDecisionStats, partial(decision_stats, store))
