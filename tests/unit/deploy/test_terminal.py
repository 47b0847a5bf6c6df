import io

import pytest

from deploy.local.terminal import Terminal, worth_showing


def test_each_line_has_its_process_in_front() -> None:
    stream = io.StringIO()
    Terminal(stream, colour=False).sink("engine")("relay took over")
    assert stream.getvalue() == "engine   relay took over\n"


def test_colour_is_for_terminals_only() -> None:
    plain, coloured = io.StringIO(), io.StringIO()
    Terminal(plain, colour=False).sink("tasks")("opened")
    Terminal(coloured, colour=True).sink("tasks")("opened")
    assert "\x1b" not in plain.getvalue()
    assert coloured.getvalue().startswith("\x1b[35mtasks")


def test_a_replica_has_the_colour_of_its_service() -> None:
    stream = io.StringIO()
    Terminal(stream, colour=True).sink("engine-2")("x")
    assert stream.getvalue().startswith("\x1b[36mengine-2")


@pytest.mark.parametrize(
    ("name", "line", "shown"),
    [
        ("postgres", "LOG:  database system is ready to accept connections", False),
        ("postgres", "FATAL:  could not write to file", True),
        ("nats", "[12] [INF] Server is ready", False),
        ("nats", "[12] [ERR] JetStream failed", True),
        ("engine", "LOG: a service's line is its own", True),
        ("engine", "   ", False),
    ],
)
def test_servers_are_quiet_unless_something_is_wrong(name: str, line: str, shown: bool) -> None:  # noqa: FBT001
    assert worth_showing(name, line) is shown
