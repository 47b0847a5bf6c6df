"""The examples in `examples/`: a workflow each, and deliveries as a real sender would post them."""

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deploy.local.errors import CannotStart

GENERATE = "generate"
SECRET_BYTES = 24

Json = Any  # the bodies are whatever senders send


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Delivery(Strict):
    """One request to the webhook. A header whose value is `generate` gets a new id each time."""

    name: str
    method: Literal["POST"] = "POST"
    headers: Mapping[str, str] = Field(default_factory=dict)
    body: Json = None
    body_file: str | None = None
    changes: Mapping[str, Json] = Field(default_factory=dict)

    @model_validator(mode="after")
    def has_one_body(self) -> "Delivery":
        if (self.body is None) == (self.body_file is None):
            raise ValueError("either body or body_file is needed")
        return self


class Deliveries(Strict):
    deliveries: Annotated[list[Delivery], Field(min_length=1)]


class Workflow(Strict):
    """What `POST /api/v1/workflows` takes."""

    name: str
    description: str
    definition: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Example:
    """An example whose secret, if its trigger has one, has just been made."""

    folder: Path
    workflow: Workflow
    deliveries: tuple[Delivery, ...]

    @property
    def has_webhook(self) -> bool:
        return bool(self.workflow.definition["trigger"]["type"] == "webhook_trigger")

    @property
    def trigger(self) -> Mapping[str, Json]:
        config: Mapping[str, Json] = self.workflow.definition["trigger"].get("config", {})
        return config


@dataclass(frozen=True, slots=True)
class Request:
    """A delivery as it goes over the wire."""

    method: str
    headers: Mapping[str, str]
    body: bytes


def load_examples(root: Path) -> list[Example]:
    """All examples below the folder, by name. Raises CannotStart if there is none or one is broken."""
    folders = sorted(path.parent for path in root.glob("*/workflow.yaml"))
    if not folders:
        raise CannotStart(f"There are no examples in {root}.")
    return [load_example(folder) for folder in folders]


def load_example(folder: Path) -> Example:
    try:
        workflow = Workflow.model_validate(read_yaml(folder / "workflow.yaml"))
        deliveries = Deliveries.model_validate(read_yaml(folder / "deliveries.yaml"))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise CannotStart(f"The example {folder.name} cannot be read: {error}") from None
    make_secret(workflow.definition)
    return Example(folder, workflow, tuple(deliveries.deliveries))


def read_yaml(path: Path) -> Json:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def make_secret(definition: dict[str, Json]) -> None:
    """No secret stands in a file: the word `generate` is replaced by a random one."""
    config = definition["trigger"].get("config", {})
    if config.get("secret") == GENERATE:
        config["secret"] = secrets.token_urlsafe(SECRET_BYTES)


def build_request(example: Example, delivery: Delivery) -> Request:
    """The delivery with new ids, and signed as the workflow's trigger expects it."""
    body = json.dumps(body_of(example, delivery), separators=(",", ":")).encode()
    ids = {name: fresh(value) for name, value in delivery.headers.items()}
    headers = {"content-type": "application/json", **ids, **proof(example.trigger, body)}
    return Request(delivery.method, headers, body)


def body_of(example: Example, delivery: Delivery) -> Json:
    if delivery.body_file is None:
        return delivery.body
    body = json.loads((example.folder / delivery.body_file).read_text(encoding="utf-8"))
    return {**body, **delivery.changes}


def fresh(value: str) -> str:
    return str(uuid.uuid4()) if value == GENERATE else value


def proof(trigger: Mapping[str, Json], body: bytes) -> dict[str, str]:
    """The header with which a sender proves that it knows the secret."""
    match trigger:
        case {"auth": "hmac", "preset": "github", "secret": str(secret)}:
            digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            return {"x-hub-signature-256": f"sha256={digest}"}
        case {"auth": "header", "header": str(header), "secret": str(secret)}:
            return {header: secret}
        case _:
            return {}
