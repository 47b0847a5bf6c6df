"""Logs as events with fields: JSON lines for machines, or readable lines for a person.

A message says in the past tense what happened; what varies goes into fields:
`logger.info("relay took over", extra={"log": "engine"})`. Bodies of requests and values of runs
are never logged.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

import orjson

from services.chassis.telemetry import current_traceparent

LogFormat = Literal["json", "pretty"]
Fields = dict[str, object]

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
"""What every record carries by itself; anything else is a field that the caller gave."""

_QUIET: Final = ("httpx", "httpcore", "faststream", "urllib3", "opentelemetry", "uvicorn")
"""Libraries that tell too much at INFO; httpx its whole URL, which may hold a secret."""

_RESET = "\x1b[0m"
_DIM = "\x1b[2m"
_COLOURS: Mapping[int, str] = {
    logging.DEBUG: "\x1b[2m",
    logging.INFO: "\x1b[32m",
    logging.WARNING: "\x1b[33m",
    logging.ERROR: "\x1b[31m",
    logging.CRITICAL: "\x1b[1;31m",
}


def configure_logging(service: str, log_format: LogFormat, stream: TextIO | None = None) -> None:
    """Send every log record of this process to `stream` (standard error), one a line."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        JsonLines(service) if log_format == "json" else PrettyLines(coloured=_shows_colours(target))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, service, logger, event, trace_id, the fields, error."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        entry: Fields = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "event": record.getMessage(),
        }
        trace_id = _trace_id()
        if trace_id is not None:
            entry["trace_id"] = trace_id
        for name, value in fields_of(record).items():
            entry.setdefault(name, value)
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return _to_json(entry)


class PrettyLines(logging.Formatter):
    """`12:30:01.250 INFO relay took over log=engine`; control characters are shown as escapes."""

    def __init__(self, *, coloured: bool) -> None:
        super().__init__()
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        level = self._paint(_COLOURS.get(record.levelno, ""), f"{record.levelname:<7}")
        fields = "".join(
            f" {self._paint(_DIM, name + '=')}{_readable(value)}"
            for name, value in fields_of(record).items()
        )
        line = f"{_time_of(record)[11:23]} {level} {_printable(record.getMessage())}{fields}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if self._coloured else text


def fields_of(record: logging.LogRecord) -> Fields:
    """Return what the caller gave as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def _time_of(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds") + "Z"


def _trace_id() -> str | None:
    traceparent = current_traceparent()
    return None if traceparent is None else traceparent.split("-")[1]


def _to_json(entry: Fields) -> str:
    try:
        return orjson.dumps(entry, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # a lone surrogate or a huge integer: json can write it as an escape
        return json.dumps(entry, default=str)


def _readable(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return json.dumps(text) if " " in text or text == "" else _printable(text)


def _printable(text: str) -> str:
    """Return the text with everything escaped that could move the cursor or forge a line."""
    if text.isprintable():
        return text
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)


def _shows_colours(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()
