"""All invariants over what is left of a campaign. `python -m tests.faults.campaign.checker FILE` checks it again."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.campaign import chain_checks, client_checks, decision_checks, log_checks
from tests.faults.campaign.evidence import Evidence, load
from tests.faults.campaign.histories import Histories
from tests.faults.campaign.verdicts import Verdict, lines_of

CHECKS: tuple[Callable[[Histories], Verdict], ...] = (
    decision_checks.each_answer_stands,
    decision_checks.waits_have_tasks,
    decision_checks.tasks_have_waits,
    decision_checks.one_decision_a_task,
    client_checks.effects_are_not_repeated,
    log_checks.tables_are_folds,
    log_checks.snapshots_are_folds,
    log_checks.nothing_follows_an_end,
    log_checks.everything_was_told,
    client_checks.nothing_accepted_is_lost,
    client_checks.listeners_go_forward,
    client_checks.everything_comes_to_rest,
    client_checks.repairs_follow_faults,
    decision_checks.decisions_are_signed,
    client_checks.secrets_stay_secret,
    client_checks.every_fault_struck,
    chain_checks.decisions_are_sealed,
    client_checks.operators_find_nothing,
    client_checks.nobody_broke,
)


def check(evidence: Evidence) -> list[Verdict]:
    """Return a verdict an invariant."""
    histories = Histories(evidence)
    return [judge(histories) for judge in CHECKS]


def broken(verdicts: Sequence[Verdict]) -> set[str]:
    """Return the names of the invariants that do not hold."""
    return {verdict.name for verdict in verdicts if verdict.broken}


if __name__ == "__main__":
    found = check(load(Path(sys.argv[1])))
    sys.stdout.write("\n".join(lines_of(found)) + "\n")
    sys.exit(1 if broken(found) else 0)
