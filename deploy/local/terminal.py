"""What a person sees: each line with its process's name in front, in colour where there is one."""

import sys
import threading
from collections.abc import Mapping
from typing import TextIO

from deploy.local.process import LineSink

NAME_WIDTH = 8
COLOURS = {"engine": 36, "tasks": 35, "gateway": 34, "postgres": 90, "nats": 90, "flusso": 32}
PLAIN_COLOUR = 37
# What the servers say about their ordinary life; warnings and errors are shown.
QUIET = {
    "postgres": ("LOG:", "DETAIL:", "HINT:", "STATEMENT:", "CONTEXT:"),
    # The password is random and lies in a private file; hashing it would slow every connection.
    "nats": ("[INF]", "[DBG]", "[TRC]", "Plaintext passwords"),
}


class Terminal:
    """Prints lines of many processes without mixing them."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._lock = threading.Lock()

    @property
    def environment(self) -> dict[str, str]:
        """What tells our children to write in colour although they write into a pipe."""
        return {"FORCE_COLOR": "1"} if self._colour else {}

    def sink(self, name: str) -> LineSink:
        """Where the lines of that process go."""

        def show(line: str) -> None:
            if worth_showing(name, line):
                self.show(name, line)

        return show

    def show(self, name: str, line: str) -> None:
        self._write(f"{self._paint(f'{name:<{NAME_WIDTH}}', name)} {line}")

    def say(self, text: str) -> None:
        """Flusso's own words to the person."""
        self._write(text)

    def _paint(self, text: str, name: str) -> str:
        if not self._colour:
            return text
        code = COLOURS.get(name.partition("-")[0], PLAIN_COLOUR)
        return f"\x1b[{code}m{text}\x1b[0m"

    def _write(self, text: str) -> None:
        with self._lock:
            print(text, file=self._stream, flush=True)


def open_terminal(environment: Mapping[str, str]) -> Terminal:
    colour = sys.stdout.isatty() and not environment.get("NO_COLOR")
    return Terminal(sys.stdout, colour=colour)


def worth_showing(name: str, line: str) -> bool:
    quiet = QUIET.get(name, ())
    return bool(line.strip()) and not any(word in line[:60] for word in quiet)
