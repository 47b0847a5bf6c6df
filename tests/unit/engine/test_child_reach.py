"""How far one `for_each` reaches: ten thousand items, and a state that does not grow with them."""

from time import process_time

from contracts.run import ChildReport, RunCompleted
from services.engine.domain.calls import child_id
from services.engine.domain.run_codec import encode_state
from services.engine.domain.run_commands import ReportChildren
from services.engine.domain.run_evolve import size_of
from services.engine.domain.run_state import Calling, Live
from tests.support.called_runs import calling, for_each
from tests.support.runs import RUN_ID, Run

ITEMS = 10_000
AT_ONCE = 100
OWN_BYTES_MAX = 20_000
"""Of the state beside the items: a hundred runs under way, with their ids."""
SECONDS_MAX = 20.0


def under_way(run: Run) -> list[int]:
    node = run.state.nodes["all"] if isinstance(run.state, Live) else None
    return list(node.running) if isinstance(node, Calling) else []


def completed(index: int) -> ChildReport:
    run_id = child_id(RUN_ID, "all", 1, index)
    return ChildReport(index=index, run_id=run_id, sequence=9, status="Completed", output=index)


def own_bytes(run: Run) -> int:
    """Return the size of the state without the run's data, the items among them."""
    assert isinstance(run.state, Live)
    return len(encode_state(run.state)) - size_of(run.state.data)


def test_ten_thousand_items_leave_the_state_as_small_as_a_hundred() -> None:
    run = calling(for_each(concurrency=AT_ONCE, collect=False), given={"items": list(range(ITEMS))})
    sizes = []
    began = process_time()
    while indexes := under_way(run):
        sizes.append(own_bytes(run))
        run.does(ReportChildren("all", 1, tuple(completed(index) for index in indexes)))
    took = process_time() - began

    assert run.one(RunCompleted).output["count"] == ITEMS
    assert max(sizes) < OWN_BYTES_MAX
    assert max(sizes) - min(sizes) < 1_000
    assert took < SECONDS_MAX
