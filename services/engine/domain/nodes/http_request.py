"""`http_request`: a request that a worker performs."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled
from services.engine.domain.configs import Config, Text
from services.engine.domain.findings import Place
from services.engine.domain.retry import RetryPolicy
from services.engine.domain.steps import (
    ERROR,
    OUT,
    Compiled,
    Shape,
    Turn,
    error_words,
    node_type,
)
from services.engine.domain.template import Template
from services.engine.domain.value_compiler import compile_texts, compile_value
from services.engine.domain.value_tree import Tree

AUTHORIZATION = "authorization"
_STATUS = re.compile(r"([1-5])xx|([1-5]\d\d)", re.IGNORECASE)


class BasicConfig(Config):
    username: Text
    password: Text


class AuthConfig(Config):
    """Exactly one of both: a name with a password, or a token."""

    basic: BasicConfig | None = None
    bearer: Annotated[Text, Field(min_length=1)] | None = None


class HttpRequestConfig(Config):
    """`timeout` in seconds; `error_statuses` are statuses or classes such as `5xx`."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: str = Field(min_length=1)
    headers: dict[str, Text] = Field(default={}, max_length=100)
    query: dict[str, Text] = Field(default={}, max_length=100)
    body: Json = None
    auth: AuthConfig | None = None
    timeout: float = Field(default=30, gt=0, le=300)
    retries: int = Field(default=0, ge=0, le=20)
    retry_delay: float = Field(default=1, gt=0, le=3_600)
    retry_delay_max: float = Field(default=300, gt=0, le=86_400)
    error_statuses: list[Json] = Field(default=["4xx", "5xx"], max_length=100)


@dataclass(frozen=True, slots=True)
class HttpStep:
    method: str
    url: Template
    headers: tuple[tuple[str, Template], ...]
    query: tuple[tuple[str, Template], ...]
    body: Tree | None
    auth: Tree | None
    timeout_seconds: float
    error_statuses: tuple[tuple[int, int], ...]

    def take(self, turn: Turn) -> NodeScheduled:
        scope = turn.scope
        url = self.url.text(scope)
        request: JsonObject = {
            "method": self.method,
            # Stripping would move the places of secrets: the worker does it where there are some.
            "url": url if self.url.secret else url.strip(),
            "headers": {name: template.text(scope) for name, template in self.headers},
            "query": {name: template.text(scope) for name, template in self.query},
            "body": None if self.body is None else self.body.evaluate(scope),
            "timeout_seconds": self.timeout_seconds,
            "error_statuses": [list(statuses) for statuses in self.error_statuses],
        }
        if self.auth is not None:
            request["auth"] = self.auth.evaluate(scope)
        return turn.scheduled(request)


def _compile(config: HttpRequestConfig, place: Place) -> Compiled:
    shape = Shape(ports=(OUT, ERROR), members=frozenset({"status", "headers", "body", "ok"}))
    place = place.allowing_secrets()
    step = HttpStep(
        method=config.method,
        url=place.at("url").template(config.url),
        headers=_pairs(config.headers, place.at("headers")),
        query=_pairs(config.query, place.at("query")),
        body=None if config.body is None else compile_value(config.body, place.at("body")),
        auth=_auth(config, place.at("auth")),
        timeout_seconds=config.timeout,
        error_statuses=tuple(_statuses(config.error_statuses, place.at("error_statuses"))),
    )
    return step, shape


def _pairs(sources: dict[str, str], place: Place) -> tuple[tuple[str, Template], ...]:
    return tuple((name, place.at(name).template(source)) for name, source in sources.items())


def _auth(config: HttpRequestConfig, place: Place) -> Tree | None:
    auth = config.auth
    if auth is None:
        return None
    if (auth.basic is None) == (auth.bearer is None):
        place.fault(
            "invalid-value", "This has either `basic` or `bearer`.", reason="basic_or_bearer"
        )
    if any(name.lower() == AUTHORIZATION for name in config.headers):
        place.fault(
            "invalid-value",
            "There is a header `Authorization` already.",
            reason="authorization_twice",
        )
    texts = auth.model_dump(exclude_none=True)
    return compile_texts(texts, place)


def _statuses(statuses: list[Json], place: Place) -> list[tuple[int, int]]:
    """Return ranges of statuses, both ends included."""
    ranges = []
    for index, status in enumerate(statuses):
        found = _STATUS.fullmatch(str(status))
        if found is None:
            place.at(index).fault(
                "invalid-value", "A status is a number or a class such as `5xx`.", reason="status"
            )
        elif found.group(1):
            first = int(found.group(1)) * 100
            ranges.append((first, first + 99))
        else:
            ranges.append((int(found.group()), int(found.group())))
    return ranges


def _own_retry(raw: JsonObject) -> RetryPolicy | None:
    """Return what the configuration says of retries; None if it says nothing."""
    config = HttpRequestConfig.model_validate(raw)
    if config.model_fields_set.isdisjoint({"retries", "retry_delay", "retry_delay_max"}):
        return None
    return RetryPolicy(config.retries, config.retry_delay, config.retry_delay_max)


HTTP_REQUEST = replace(
    node_type(
        "http_request",
        HttpRequestConfig,
        _compile,
        errors=error_words(
            "error-status",
            "address-refused",
            "certificate-refused",
            "output-too-large",
            "invalid-request",
            "missing-secret",
            "secret-key-missing",
            "secret-damaged",
            timeout="request-timed-out",
            connection_failed="request-failed",
        ),
        limited=True,
    ),
    has_statuses=True,
    own_retry=_own_retry,
)
