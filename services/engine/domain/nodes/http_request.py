"""`http_request`: a request that a worker performs."""

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from contracts.base import Json
from contracts.run import NodeScheduled
from services.engine.domain.configs import Config, Text
from services.engine.domain.findings import Place
from services.engine.domain.retry import RetryPolicy
from services.engine.domain.steps import ERROR, OUT, Compiled, Shape, Turn, node_type
from services.engine.domain.template import Template
from services.engine.domain.value_compiler import compile_value
from services.engine.domain.value_tree import Tree

_STATUS = re.compile(r"([1-5])xx|([1-5]\d\d)", re.IGNORECASE)


class HttpRequestConfig(Config):
    """`timeout` in seconds; `error_statuses` are statuses or classes such as `5xx`."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: str = Field(min_length=1)
    headers: dict[str, Text] = Field(default={}, max_length=100)
    query: dict[str, Text] = Field(default={}, max_length=100)
    body: Json = None
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
    timeout_seconds: float
    error_statuses: tuple[tuple[int, int], ...]
    retry: RetryPolicy

    def take(self, turn: Turn) -> NodeScheduled:
        scope = turn.scope
        return turn.scheduled(
            {
                "method": self.method,
                "url": self.url.text(scope).strip(),
                "headers": {name: template.text(scope) for name, template in self.headers},
                "query": {name: template.text(scope) for name, template in self.query},
                "body": None if self.body is None else self.body.evaluate(scope),
                "timeout_seconds": self.timeout_seconds,
                "error_statuses": [list(statuses) for statuses in self.error_statuses],
            }
        )


def _compile(config: HttpRequestConfig, place: Place) -> Compiled:
    shape = Shape(ports=(OUT, ERROR), members=frozenset({"status", "headers", "body", "ok"}))
    step = HttpStep(
        method=config.method,
        url=place.at("url").template(config.url),
        headers=_pairs(config.headers, place.at("headers")),
        query=_pairs(config.query, place.at("query")),
        body=None if config.body is None else compile_value(config.body, place.at("body")),
        timeout_seconds=config.timeout,
        error_statuses=tuple(_statuses(config.error_statuses, place.at("error_statuses"))),
        retry=RetryPolicy(config.retries, config.retry_delay, config.retry_delay_max),
    )
    return step, shape


def _pairs(sources: dict[str, str], place: Place) -> tuple[tuple[str, Template], ...]:
    return tuple((name, place.at(name).template(source)) for name, source in sources.items())


def _statuses(statuses: list[Json], place: Place) -> list[tuple[int, int]]:
    """Return ranges of statuses, both ends included."""
    ranges = []
    for index, status in enumerate(statuses):
        found = _STATUS.fullmatch(str(status))
        if found is None:
            place.at(index).fault("invalid-value", "A status is a number or a class such as `5xx`.")
        elif found.group(1):
            first = int(found.group(1)) * 100
            ranges.append((first, first + 99))
        else:
            ranges.append((int(found.group()), int(found.group())))
    return ranges


HTTP_REQUEST = node_type("http_request", HttpRequestConfig, _compile)
