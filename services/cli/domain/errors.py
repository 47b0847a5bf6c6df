"""How a command ends when it cannot do what it was asked: one clear sentence, and an exit code for scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell is told; 2 is a command that was not understood, as everywhere."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFLICT = 3
    """Somebody was faster: the task is decided, its run has ended, or the workflow was changed meanwhile."""
    INTERRUPTED = 130


class CliError(Exception):
    """The command ends; `message` says what is wrong and what to do about it."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
