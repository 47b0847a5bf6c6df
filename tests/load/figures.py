"""Percentiles of what was measured, and how the results are told."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


def percentile(values: Sequence[float], part: float) -> float:
    """Return the nearest-rank percentile; `part` is between 0 and 1."""
    ordered = sorted(values)
    rank = max(0, min(len(ordered) - 1, round(part * len(ordered) + 0.5) - 1))
    return ordered[rank]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table; `reached` is None where there is nothing to reach."""

    name: str
    value: float
    unit: str
    target: float | None = None
    higher_is_better: bool = True

    @property
    def reached(self) -> bool | None:
        """Tell whether the target is met."""
        if self.target is None:
            return None
        return self.value >= self.target if self.higher_is_better else self.value <= self.target


def table(figures: Sequence[Figure]) -> str:
    """Return the figures for a person."""
    width = max(len(figure.name) for figure in figures)
    lines = [f"{'measure':<{width}}  {'value':>10}  {'reach':>10}"]
    for figure in figures:
        target = "" if figure.target is None else f"{figure.target:,.6g}"
        verdict = {None: "", True: "reached", False: "MISSED"}[figure.reached]
        value = f"{figure.value:,.5g}"
        lines.append(
            f"{figure.name:<{width}}  {value:>10}  {target:>10}  {figure.unit:<9} {verdict}"
        )
    return "\n".join(lines)


def machine() -> dict[str, str | int | float]:
    """Return what the figures were measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }
