import io
import json
import logging
from collections.abc import Iterator

import pytest

from services.chassis.logs import LogFormat, configure_logging
from services.chassis.telemetry import span

logger = logging.getLogger("services.engine.app")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_is_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def log_to(stream: io.StringIO, log_format: LogFormat) -> None:
    configure_logging("engine", log_format, stream)


def test_json_lines_carry_the_event_its_fields_and_its_trace() -> None:
    stream = io.StringIO()
    log_to(stream, "json")

    with span("decide", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        logger.info("relay took over", extra={"log": "engine", "position": 17})

    entry = json.loads(stream.getvalue())
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "info",
        "service": "engine",
        "logger": "services.engine.app",
        "event": "relay took over",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "log": "engine",
        "position": 17,
    }


def test_a_json_entry_is_one_line_whatever_is_in_it() -> None:
    stream = io.StringIO()
    log_to(stream, "json")

    try:
        json.loads("first\nsecond")
    except ValueError:
        logger.exception(
            "batch failed\nforged", extra={"text": "\ud800", "number": 2**80, "n": object()}
        )

    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    assert "JSONDecodeError" in json.loads(lines[0])["error"]


def test_a_field_cannot_take_the_place_of_the_event() -> None:
    stream = io.StringIO()
    log_to(stream, "json")

    logger.info("task opened", extra={"event": "nothing happened", "level": "debug"})

    entry = json.loads(stream.getvalue())
    assert (entry["event"], entry["level"]) == ("task opened", "info")


def test_pretty_lines_are_readable_and_plain_outside_a_terminal() -> None:
    stream = io.StringIO()
    log_to(stream, "pretty")

    logger.warning("relay fell behind", extra={"log": "engine", "reason": "no answer"})

    assert stream.getvalue()[13:] == 'WARNING relay fell behind log=engine reason="no answer"\n'


def test_pretty_lines_cannot_be_forged_or_move_the_cursor() -> None:
    stream = io.StringIO()
    log_to(stream, "pretty")

    logger.info("signed in\n12:00:00.000 ERROR all is lost", extra={"name_given": "\x1b[2Jx y\r"})

    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_colours_appear_in_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, coloured = Terminal(), Terminal()

    log_to(coloured, "pretty")
    logger.info("ready")
    monkeypatch.setenv("NO_COLOR", "1")
    log_to(plain, "pretty")
    logger.info("ready")

    assert "\x1b[" in coloured.getvalue()
    assert "\x1b[" not in plain.getvalue()


def test_libraries_do_not_log_the_urls_that_they_call() -> None:
    stream = io.StringIO()
    log_to(stream, "json")

    logging.getLogger("httpx").info("HTTP Request: GET https://example.org/?key=secret")

    assert stream.getvalue() == ""
