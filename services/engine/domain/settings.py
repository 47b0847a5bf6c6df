"""What a definition may say of time and number: `settings` of a workflow, `retry` and `time_limit` of a node."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from contracts.base import Json, JsonObject
from services.engine.domain.configs import Config, Text
from services.engine.domain.duration import in_words, parse_duration
from services.engine.domain.findings import Place, nearest
from services.engine.domain.limits import ATTEMPTS_MAX, CONCURRENCY_MAX, RETRY_DELAY_MAX
from services.engine.domain.reading import read_model
from services.engine.domain.retry import ANY, NO_RETRIES, RetryPolicy, Statuses, statuses_of
from services.engine.domain.steps import NodeType

_RETRY_WORDS_MAX = 50
_ASKING = frozenset({"approval", "manual_input"})
_DIGITS = re.compile(r"\s*\d{1,9}\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """`concurrency`: how many runs of the workflow run at once. None: no limit."""

    concurrency: int | None = None
    time_limit: timedelta | None = None


NO_SETTINGS = Settings()


class SettingsConfig(Config):
    concurrency: Annotated[int | None, Field(ge=1, le=CONCURRENCY_MAX)] = None
    time_limit: Text | None = None


class RetryConfig(Config):
    """`attempts` counts all of them, the first one too; `on` limits the errors that are worth another one."""

    attempts: int = Field(ge=1, le=ATTEMPTS_MAX)
    delay: Text = "1s"
    backoff: float = Field(default=2.0, ge=1, le=10)
    max_delay: Text = "5m"
    jitter: float = Field(default=0.25, ge=0, le=1)
    on: Annotated[list[Text], Field(min_length=1, max_length=_RETRY_WORDS_MAX)] | None = None


def read_settings(value: Json, place: Place) -> Settings:
    """Return the settings of a workflow, after noting what is wrong with them."""
    config = None if value is None else read_model(SettingsConfig, value, place)
    if config is None:
        return NO_SETTINGS
    limit = _duration(config.time_limit, place.at("time_limit"))
    return Settings(config.concurrency, limit)


def read_time_limit(value: Json, node: NodeType, place: Place) -> timedelta | None:
    """Return the time that a node may take."""
    if value is None:
        return None
    if not node.limited:
        reason = "people" if node.name in _ASKING else "no_time"
        text = _why_unlimited(node.name)
        place.fault("option-not-available", text, reason=reason, name=node.name)
        return None
    return _duration(value, place)


def _why_unlimited(node: str) -> str:
    if node in _ASKING:
        return f"`{node}` waits for people, whose time is not limited here; give it a `timeout`."
    return f"`{node}` takes no time that could be limited."


def _duration(value: Json, place: Place) -> timedelta | None:
    if value is None:
        return None
    text = str(value)
    try:
        return parse_duration(text)
    except (ValueError, OverflowError) as error:
        suggestion = f"{text.strip()}s" if _DIGITS.fullmatch(text) else None
        place.fault("invalid-value", f"{error}", suggestion, reason="duration")
        return None


def read_retry(value: Json, raw: JsonObject, node: NodeType, place: Place) -> RetryPolicy:
    """Return how often a node is tried again; `raw` is its configuration, which may have an older way to say it."""
    own = None if node.own_retry is None else node.own_retry(raw)
    if value is None:
        return own or node.retry
    if node.errors is None:
        place.fault(
            "option-not-available",
            f"`{node.name}` has nothing to try again.",
            reason="no_retry",
            name=node.name,
        )
        return NO_RETRIES
    if own is not None:
        text = "The configuration says how often to retry too (`retries`); keep one of them."
        place.fault("conflicting-keys", text)
    config = read_model(RetryConfig, value, place)
    return NO_RETRIES if config is None else _policy(config, node, place)


def _policy(config: RetryConfig, node: NodeType, place: Place) -> RetryPolicy:
    delay = _duration(config.delay, place.at("delay")) or timedelta(seconds=1)
    longest = _duration(config.max_delay, place.at("max_delay")) or delay
    if longest > RETRY_DELAY_MAX:
        text = f"`{config.max_delay}` is longer than {in_words(RETRY_DELAY_MAX)}."
        longest_words = in_words(RETRY_DELAY_MAX)
        place.at("max_delay").fault("invalid-value", text, longest_words, reason="delay_limit")
    elif delay > longest:
        place.at("max_delay").fault(
            "invalid-value",
            f"`max_delay` ({config.max_delay}) is less than `delay`.",
            config.delay,
            reason="delay_order",
        )
    codes, statuses = _covered(config.on, node, place.at("on"))
    return RetryPolicy(
        retries=config.attempts - 1,
        delay_seconds=delay.total_seconds(),
        delay_seconds_max=longest.total_seconds(),
        backoff=config.backoff,
        jitter=config.jitter,
        codes=codes,
        statuses=statuses,
    )


def _covered(
    words: list[str] | None, node: NodeType, place: Place
) -> tuple[frozenset[str] | None, tuple[Statuses, ...]]:
    """Return the error codes and the HTTP statuses that the words stand for; None: those that may pass."""
    if words is None:
        return None, ()
    assert node.errors is not None, "the caller has looked"
    codes: set[str] = set()
    statuses: list[Statuses] = []
    for index, word in enumerate(words):
        found = statuses_of(word) if node.has_statuses else None
        if found is not None:
            statuses.append(found)
        elif word == ANY:
            codes.add(ANY)
        elif word in node.errors:
            codes |= node.errors[word]
        else:
            _note_word(word, node, place.at(index))
    return frozenset(codes), tuple(statuses)


def _note_word(word: str, node: NodeType, place: Place) -> None:
    known = [
        ANY,
        *(node.errors or ()),
        *(["status-5xx", "status-429"] if node.has_statuses else ()),
    ]
    text = f"`{node.name}` has no error `{word[:60]}`; it has {', '.join(known)}."
    options = ", ".join(known)
    place.fault("unknown-error", text, nearest(word, known), name=word[:60], options=options)
