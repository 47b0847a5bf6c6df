"""Which class plays which part: the real ones, unless a bug is planted in the place of one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.chassis.consumer import BatchConsumer
from services.chassis.job_consumer import JobConsumer
from services.chassis.pipeline import Pipeline
from services.chassis.relay import Relay
from services.engine.app.admission import Admission
from services.engine.app.reconcile import Reconciler
from services.engine.app.resolutions import Resolutions
from services.engine.app.run_orders import RunOrders
from services.engine.app.timers import Timers
from services.engine.app.worker import Worker
from services.engine.domain.run_aggregate import RunAggregate
from services.gateway.app.begin_run import BeginRun
from services.gateway.app.forward_intake import Forwarder
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.app.timeouts import Timeouts


@dataclass(frozen=True, slots=True)
class Parts:
    """Whoever stands in for a part takes what the real one takes."""

    run_aggregate: Callable[[], RunAggregate] = RunAggregate
    task_aggregate: Callable[[], TaskAggregate] = TaskAggregate
    pipeline: type[Pipeline[Any, Any, Any, Any]] = Pipeline
    relay: type[Relay] = Relay
    consumer: type[BatchConsumer] = BatchConsumer
    jobs: type[JobConsumer] = JobConsumer
    worker: type[Worker] = Worker
    resolutions: type[Resolutions] = Resolutions
    timers: type[Timers] = Timers
    timeouts: type[Timeouts] = Timeouts
    run_orders: type[RunOrders] = RunOrders
    admission: type[Admission] = Admission
    reconciler: type[Reconciler] | None = Reconciler
    forwarder: type[Forwarder] = Forwarder
    begin_run: type[BeginRun] = BeginRun
    checks_versions: bool = True
    locks_the_log: bool = True


REAL = Parts()
