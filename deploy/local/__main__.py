"""`python -m deploy.local`: runs Flusso in this terminal until Ctrl-C."""

import os
import signal
import sys
import time
from types import FrameType

from deploy.local.errors import CannotStart

PYTHON_MIN = (3, 11)
EXIT_CANNOT_START = 1
IDLE_SECONDS = 0.5


def main() -> int:
    try:
        require_python()
        return run()
    except CannotStart as error:
        print(f"Flusso cannot start. {error}", file=sys.stderr)
    except ModuleNotFoundError as error:
        print(f"Flusso cannot start. {error.name} is missing: run `make setup`.", file=sys.stderr)
    return EXIT_CANNOT_START


def require_python() -> None:
    if sys.version_info < PYTHON_MIN:
        raise CannotStart(f"It needs Python 3.11 or newer, and this is {sys.version.split()[0]}.")


def run() -> int:
    # Imported here so that a missing wheel is told in a sentence.
    from deploy.local.data_folder import owned_data_folder  # noqa: PLC0415
    from deploy.local.settings import read_settings  # noqa: PLC0415
    from deploy.local.stack import Stack  # noqa: PLC0415
    from deploy.local.terminal import open_terminal  # noqa: PLC0415

    settings = read_settings(os.environ)
    terminal = open_terminal(os.environ)
    # SIGINT too: a shell that starts it in the background lets it be ignored, and Python keeps to that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    with owned_data_folder(settings.data_dir) as folder:
        started_at = time.monotonic()
        terminal.say(f"Starting Flusso with the data in {settings.data_dir}")
        stack = Stack(
            folder,
            host=settings.host,
            port=settings.port,
            admin_token=settings.admin_token,
            database_url=settings.database_url,
            nats_url=settings.nats_url,
            environment=terminal.environment,
            restart=True,
            output=terminal.sink,
            announce=lambda line: terminal.show("flusso", line),
        )
        try:
            stack.start()
            terminal.say(welcome(stack.url, stack.sign_in_link(), time.monotonic() - started_at))
            # Woken now and then, for a signal that comes between two instructions wakes nobody.
            while True:
                time.sleep(IDLE_SECONDS)
        except KeyboardInterrupt:
            terminal.say("Stopping Flusso")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            stack.stop()
    terminal.say("Flusso has stopped; its data is kept.")
    return 0


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def welcome(url: str, sign_in_link: str, seconds: float) -> str:
    return (
        f"\n  Flusso is ready after {seconds:.1f} s:  {url}\n"
        f"  Sign in (this link works once):  {sign_in_link}\n"
        "  Fill it with examples:  make demo\n"
        "  Stop it:  Ctrl-C\n"
    )


if __name__ == "__main__":
    sys.exit(main())
