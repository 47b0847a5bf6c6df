"""What runs tell: their pauses open tasks, their ends close what is left of them."""

from functools import partial

from nats.aio.client import Client

from contracts.subjects import RUN_EVENTS, RUN_FACTS, TASKS_ON_RUN_EVENTS
from services.chassis.consumer import BatchConsumer
from services.chassis.database import Pool
from services.chassis.provisioner import ConsumerSpec
from services.tasks.app.follow_runs import HEARD, follow_runs
from services.tasks.app.ports import Orders

CONSUMER = ConsumerSpec(stream=RUN_EVENTS, durable=TASKS_ON_RUN_EVENTS, filter_subject=RUN_FACTS)


def run_events_consumer(connection: Client, pool: Pool, pipeline: Orders) -> BatchConsumer:
    """Return the loop that opens and closes tasks."""
    return BatchConsumer(
        connection, pool, CONSUMER, types=HEARD, handle=partial(follow_runs, pipeline)
    )
