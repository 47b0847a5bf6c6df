"""`make simulate`: many seeds on every core, one seed with its trace, or the hunt for the planted bugs."""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.bugs import BUGS, find
from tests.simulation.faults import KINDS, LOSS
from tests.simulation.world import Result, run_seed

chunk_seeds = 20


def main() -> int:
    """Return 0 if everything held."""
    given = _arguments()
    if given.seed is not None:
        return _tell_one(given.seed)
    if given.bugs:
        return _hunt(given.seeds)
    return _run_many(given.first, given.seeds, given.jobs)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one and print what happened")
    parser.add_argument("--seeds", type=int, default=1_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--bugs", action="store_true", help="find the planted bugs instead")
    return parser.parse_args()


def _tell_one(seed: int) -> int:
    outcome = run_seed(seed, traced=True)
    _say(*outcome.trace)
    _say(*outcome.faults or [f"seed {seed}: everything holds, {outcome.events} events"])
    return 1 if outcome.faults else 0


def run_chunk(seeds: Sequence[int]) -> list[Result]:
    return [run_seed(seed) for seed in seeds]


def _run_many(first: int, count: int, jobs: int) -> int:
    began = time.monotonic()
    outcomes: list[Result] = []
    with ProcessPoolExecutor(jobs) as pool:
        for chunk in pool.map(run_chunk, _chunks(first, count)):
            outcomes += chunk
            for failed in (outcome for outcome in chunk if outcome.faults):
                _say(f"seed {failed.seed}:", *(f"  {fault}" for fault in failed.faults))
                _say(f"  again, with what happened: make simulate SEED={failed.seed}")
    minutes = (time.monotonic() - began) / 60
    return _summarise(outcomes, minutes, jobs)


def _chunks(first: int, count: int) -> Iterator[Sequence[int]]:
    seeds = range(first, first + count)
    for at in range(0, count, chunk_seeds):
        yield seeds[at : at + chunk_seeds]


def _summarise(outcomes: Sequence[Result], minutes: float, jobs: int) -> int:
    struck: Counter[str] = sum((outcome.struck for outcome in outcomes), Counter())
    events = sum(outcome.events for outcome in outcomes)
    slowest = max(outcomes, key=lambda outcome: outcome.settled_in)
    failed = sum(bool(outcome.faults) for outcome in outcomes)
    _say(
        f"{len(outcomes):,} seeds, {events:,} events, {failed} failed; "
        f"{len(outcomes) / minutes:,.0f} seeds a minute with {jobs} processes",
        "faults that struck: " + ", ".join(f"{kind} {struck[kind]:,}" for kind in (*KINDS, LOSS)),
        f"longest from healing to rest: {slowest.settled_in:.1f} s (seed {slowest.seed})",
    )
    return 1 if failed else 0


def _hunt(seeds_max: int) -> int:
    missed = 0
    for name, bug in BUGS.items():
        found = find(bug, seeds_max)
        if found is None:
            missed += 1
            _say(f"{name}: not in {seeds_max:,} seeds")
        else:
            _say(f"{name}: {found[0]} seeds: {found[1].faults[0]}")
    return 1 if missed else 0


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201 - a person reads it


if __name__ == "__main__":
    sys.exit(main())
