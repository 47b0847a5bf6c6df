"""The terminal: what is said on it, and what is asked. Nothing that comes from outside can steer it.

On a terminal lists are tables; in a pipe they are lines with tabs, whole and without a heading, as scripts like them.
"""

import json
import sys
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.base import Json
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.safe_text import safe_line, safe_text

STYLES = {
    "Completed": "green",
    "Active": "green",
    "Failed": "red",
    "Cancelled": "dim",
    "Skipped": "dim",
    "Draft": "dim",
    "Waiting": "yellow",
    "Retrying": "yellow",
    "Running": "cyan",
    "Queued": "cyan",
    "created": "green",
    "updated": "yellow",
    "unchanged": "dim",
}
GAP = 2
COLUMN_MIN = 6
"""No column is made narrower; what does not fit then is wrapped."""
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


class Terminal:
    """Standard output for what was asked for, standard error for what is only said."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, markup=False, emoji=False)
        self._err = Console(stderr=True, highlight=False, markup=False, emoji=False)

    @property
    def is_interactive(self) -> bool:
        """Whether a person sees the output as it comes."""
        return self.out.is_terminal

    def say(self, text: str = "", style: str = "") -> None:
        """Write lines, whole."""
        _write(self.out, Text(safe_text(text), style=style))

    def note(self, text: str, style: str = "") -> None:
        """Write beside the output what a pipe should not get."""
        _write(self._err, Text(safe_text(text), style=style))

    def outcome(self, status: str, what: str, also: str = "") -> None:
        """Write what came of something: a word of status in its colour, and what it is about."""
        line = Text(f"{status:<10}", STYLES.get(status, ""))
        line.append(f" {safe_line(what)}")
        line.append(f"  {safe_line(also)}" if also else "", "dim")
        _write(self.out, line)

    def json(self, value: Json) -> None:
        """Write a value for a script."""
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=not _is_utf8()) + "\n")

    def diff(self, lines: Iterable[str]) -> None:
        """Write a unified diff."""
        for line in lines:
            self.say("  " + line, _DIFF_STYLES.get(line[:1], ""))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], whole: str) -> None:
        """Write a list; `whole` is the column that is never shortened, the id."""
        if not self.is_interactive:
            for row in rows:
                self.say("\t".join(map(safe_line, row)))
            return
        cells = [[safe_line(cell) for cell in row] for row in rows]
        widths = fitting_widths([columns, *cells], columns.index(whole), self.out.width)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column, width in zip(columns, widths, strict=True):
            table.add_column(column, no_wrap=True, overflow="ellipsis", width=width)
        for row in cells:
            table.add_row(*(Text(cell, STYLES.get(cell, "")) for cell in row))
        self.out.print(table)

    def confirm(self, question: str, without_asking: str) -> bool:
        """Ask; raises CliError if nobody is there to answer, and names the option that answers."""
        if not (sys.stdin.isatty() and self.is_interactive):
            raise CliError(f"Nobody is there to be asked: give {without_asking}.", ExitCode.USAGE)
        return self.out.input(Text(f"{question} [y/N] ")).strip().lower() in {"y", "yes"}


def fitting_widths(rows: Sequence[Sequence[str]], whole: int, width: int) -> list[int]:
    """Return the width of each column so that a row fits: the widest give way first, headings and `whole` never."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    least = [max(COLUMN_MIN, cell_len(heading)) for heading in rows[0]]
    while excess > 0:
        wide = [i for i, one in enumerate(widths) if i != whole and one > least[i]]
        if not wide:
            break
        widths[max(wide, key=widths.__getitem__)] -= 1
        excess -= 1
    return widths


def _write(console: Console, line: Text) -> None:
    """Write it whole; in a pipe as it is, since a console would turn tabs into blanks."""
    if console.is_terminal:
        console.print(line, soft_wrap=True)
    else:
        console.file.write(line.plain + "\n")


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
