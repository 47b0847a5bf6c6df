"""`make faults SEED= MINUTES=`: run a campaign, check every invariant, say how to repeat it. Exit code 1: broken."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.campaign.campaign import Settings, run_campaign, seeded
from tests.faults.campaign.checker import broken, check
from tests.faults.campaign.disk_strikes import PRLIMIT
from tests.faults.campaign.evidence import Evidence, save
from tests.faults.campaign.plan import plan_faults
from tests.faults.campaign.verdicts import lines_of

OUT = sys.stdout


def read_arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--rate", type=float, default=6.0, help="runs started a second")
    parser.add_argument("--rest", type=float, default=30.0, help="seconds from healing to rest")
    parser.add_argument("--calm", action="store_true", help="no faults: for I13")
    parser.add_argument("--kinds", default="", help="only kinds whose names hold this text")
    parser.add_argument("--keep", action="store_true", help="keep the folder in any case")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    arguments = read_arguments(given)
    seed = seeded(arguments.seed)
    faults = plan_faults(seed, arguments.minutes * 60, arguments.kinds, disks=PRLIMIT is not None)
    settings = Settings(
        seed=seed,
        faults=() if arguments.calm else faults,
        starts_a_second=arguments.rate,
        rest_seconds_max=arguments.rest,
    )
    folder = Path(tempfile.mkdtemp(prefix=f"flusso-faults-{seed}-"))
    began = time.monotonic()

    def tell(words: str) -> None:
        OUT.write(f"{time.monotonic() - began:7.1f} s  {words}\n")
        OUT.flush()

    tell(f"seed {seed}, {len(settings.faults)} faults, folder {folder}")
    evidence = asyncio.run(run_campaign(folder, settings, tell))
    save(evidence, folder / "evidence.json")
    verdicts = check(evidence)
    OUT.write("\n" + "\n".join([*summary(evidence), "", *lines_of(verdicts)]) + "\n")
    failed = broken(verdicts)
    if failed or arguments.keep:
        OUT.write(f"\nLogs, journal and evidence are in {folder}\n")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    again = f"make faults SEED={seed} MINUTES={arguments.minutes:g}"
    OUT.write(f"\n{'BROKEN: ' + ', '.join(sorted(failed)) if failed else 'All hold'}. ")
    OUT.write(f"The same faults again: {again}\n")
    return 1 if failed else 0


def summary(evidence: Evidence) -> list[str]:
    """Return what was done: faults by kind, runs, decisions."""
    kinds = Counter(record.kind for record in evidence.faults)
    later = Counter(entry["status"] for entry in evidence.entries("later"))
    asked = Counter(entry["status"] for entry in evidence.entries("decision"))
    return [
        (
            f"{len(evidence.rows('runs')):,} runs, {len(evidence.engine_log):,} + "
            f"{len(evidence.tasks_log):,} events, {len(evidence.journal):,} lines of journal"
        ),
        f"decisions answered: {dict(asked)}; asked to come back: {dict(later)}",
        "faults: " + (", ".join(f"{n} x {kind}" for kind, n in sorted(kinds.items())) or "none"),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
