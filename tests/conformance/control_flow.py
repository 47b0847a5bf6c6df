"""The twenty basic and advanced control-flow patterns: docs/control-flow.md is made of it.

Source: W.M.P. van der Aalst, A.H.M. ter Hofstede, B. Kiepuszewski, A.P. Barros, Workflow Patterns, Distributed and
Parallel Databases 14 (2003). `python -m tests.conformance.control_flow` writes the page, `--check` compares it.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PAGE = Path(__file__).parents[2] / "docs" / "control-flow.md"
Verdict = Literal["supported", "can be expressed", "not supported"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """`means` is the pattern in a sentence, `how` what to write, or why there is no way."""

    number: int
    name: str
    verdict: Verdict
    means: str
    how: str

    @property
    def test(self) -> str:
        """The name of the test that shows it."""
        return f"test_{self.number:02}_{self.name.lower().replace(' ', '_').replace('-', '_')}"


PATTERNS = (
    Pattern(
        1,
        "Sequence",
        "supported",
        "One step begins after another has ended.",
        "An edge between them.",
    ),
    Pattern(
        2,
        "Parallel split",
        "supported",
        "Several steps begin after one has ended.",
        "Several edges from one port.",
    ),
    Pattern(
        3,
        "Synchronization",
        "supported",
        "A step begins when all branches before it have ended.",
        "Edges from all of them into one node: it waits for each.",
    ),
    Pattern(
        4,
        "Exclusive choice",
        "supported",
        "One of several branches is taken.",
        "A `condition` or a `switch`.",
    ),
    Pattern(
        5,
        "Simple merge",
        "supported",
        "A step begins when the one branch that was taken has ended.",
        "Edges from the alternatives into one node: dead ones do not hold it up.",
    ),
    Pattern(
        6,
        "Multi-choice",
        "supported",
        "Any number of branches is taken, each by its own condition.",
        "Several `condition` nodes behind one node.",
    ),
    Pattern(
        7,
        "Synchronizing merge",
        "supported",
        "A step begins when all branches that were taken have ended, however many.",
        "Edges from all branches into one node: it waits for the taken ones, and is skipped if there is none.",
    ),
    Pattern(
        8,
        "Multi-merge",
        "can be expressed",
        "What follows runs once for each branch that arrives.",
        "A `run_workflow` at the end of each branch, all with the same workflow. A node itself runs once a run.",
    ),
    Pattern(
        9,
        "Discriminator",
        "can be expressed",
        "What follows begins when the first of several branches has ended; the others are ignored.",
        "The branches are a workflow of their own, each ends in a `stop`; `run_workflow` goes on with the first.",
    ),
    Pattern(
        10,
        "Arbitrary cycles",
        "not supported",
        "Steps are repeated by an edge that leads back.",
        "A workflow has no cycles, so that each of its steps can be found in a trace and each run ends. "
        "A workflow may call itself with `run_workflow`, to a depth of 10, which repeats as long as a condition holds.",
    ),
    Pattern(
        11,
        "Implicit termination",
        "supported",
        "A run ends when there is nothing left to do.",
        "Nothing to write: it is how runs end.",
    ),
    Pattern(
        12,
        "Multiple instances without synchronization",
        "supported",
        "Several runs of something begin, and nobody waits for them.",
        "`run_workflow` with `wait: false`, or `emit_event`.",
    ),
    Pattern(
        13,
        "Multiple instances with design-time knowledge",
        "supported",
        "A number of runs that is known beforehand begins; what follows waits for all.",
        "`for_each` over a list that is written down, or as many branches.",
    ),
    Pattern(
        14,
        "Multiple instances with run-time knowledge",
        "supported",
        "The number of runs is known when they begin; what follows waits for all.",
        "`for_each` over a list from an earlier step.",
    ),
    Pattern(
        15,
        "Multiple instances without run-time knowledge",
        "can be expressed",
        "More runs may begin while the first ones are under way; what follows waits for all.",
        "`for_each`, whose child runs start further ones themselves with `run_workflow`, and wait for them. "
        "The list of a `for_each` is fixed when it begins.",
    ),
    Pattern(
        16,
        "Deferred choice",
        "can be expressed",
        "Several branches are offered; the first event decides which one is taken, the others are withdrawn.",
        "A workflow with a branch for each offer, each ends in a `stop` that says which it was; "
        "`run_workflow` and a `switch` go on from there. People against the clock: the `timeout` port.",
    ),
    Pattern(
        17,
        "Interleaved parallel routing",
        "can be expressed",
        "Several steps run in any order, but never two at once.",
        "A workflow with `settings.concurrency: 1`, called from each branch: one of them runs at a time.",
    ),
    Pattern(
        18,
        "Milestone",
        "not supported",
        "A step is enabled only while another branch is at a certain point.",
        "Branches of a run do not see each other's state, so that what a step does depends on its inputs alone.",
    ),
    Pattern(
        19,
        "Cancel activity",
        "can be expressed",
        "A step that waits is withdrawn by another branch.",
        "The step and what may withdraw it are branches of a workflow of their own, each ends in a `stop`: "
        "the first one closes the tasks and cancels the child runs of the other.",
    ),
    Pattern(
        20,
        "Cancel case",
        "supported",
        "The whole run is ended.",
        "Cancel, Reject Run, or a `stop` node: open tasks are closed, child runs are cancelled.",
    ),
)


def page() -> str:
    """Return docs/control-flow.md."""
    counts = {
        verdict: sum(pattern.verdict == verdict for pattern in PATTERNS)
        for verdict in ("supported", "can be expressed", "not supported")
    }
    rows = [
        f"| {one.number} | **{one.name}**: {one.means} | {one.verdict} | {one.how} |"
        for one in PATTERNS
    ]
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return "\n".join(
        [
            "# Control flow",
            "",
            "The twenty basic and advanced workflow patterns of van der Aalst, ter Hofstede, Kiepuszewski and",
            f"Barros (2003): {told}. Each line is held by a test in `tests/conformance`, which this page is made",
            "from (`make schemas`).",
            "",
            "| | pattern | | how, or why not |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def main() -> int:
    """Write the page, or compare it; return the exit code."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/control-flow.md is not current; run make schemas.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
