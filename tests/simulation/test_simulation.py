"""The protocols hold on simulated time, whatever fails; and what is planted is found. More of both: `make simulate`."""

from collections import Counter

import pytest

from tests.simulation.bugs import BUGS, find
from tests.simulation.faults import KINDS
from tests.simulation.world import run_seed

pytestmark = pytest.mark.timeout(600)  # a few seconds of work; a busy machine is no failure
SEEDS = range(25)
seeds_of_a_bug_max = 400
FOUND_SOON = (
    "a repeated pause opens its task twice",
    "a second decision wins too",
    "an answer resumes another pause",
    "versions are not checked",
    "positions commit out of order",
    "the answer comes before the commit",
    "the acknowledgement comes before the commit",
    "failures are acknowledged",
    "the cursor moves before the broker's word",
    "another replica's rows are skipped",
)
"""The others take more seeds than a test may cost."""


def test_every_promise_holds_whatever_fails() -> None:
    outcomes = [run_seed(seed) for seed in SEEDS]

    failed = {outcome.seed: outcome.faults for outcome in outcomes if outcome.faults}
    assert not failed, "again, with what happened: make simulate SEED=" + str(min(failed))
    struck: Counter[str] = sum((outcome.struck for outcome in outcomes), Counter())
    assert set(KINDS) <= struck.keys(), "a fault that never struck proves nothing"


def test_a_seed_happens_again_exactly_as_it_happened() -> None:
    first, second = (run_seed(7, traced=True) for _ in range(2))

    assert first.trace == second.trace
    assert first.steps == second.steps


@pytest.mark.parametrize("name", FOUND_SOON)
def test_a_planted_bug_is_found(name: str) -> None:
    found = find(BUGS[name], seeds_of_a_bug_max)

    assert found is not None, f"{name}: not in {seeds_of_a_bug_max} seeds"
    print(f"{name}: {found[0]} seeds")  # noqa: T201 - how hard it was
