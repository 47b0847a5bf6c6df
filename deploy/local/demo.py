"""`python -m deploy.local.demo`: fills a running Flusso with the examples, through its public API."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import httpx

from deploy.local.errors import CannotStart
from deploy.local.examples import Delivery, Example, build_request, load_examples
from deploy.local.services import ROOT
from deploy.local.settings import LocalSettings, read_settings

EXAMPLES = ROOT / "examples"
TIMEOUT_SECONDS = 10.0
WORDS_MAX = 500
EXIT_FAILED = 1


def main() -> int:
    try:
        run(read_settings(os.environ))
    except CannotStart as error:
        print(f"The demo stopped. {error}", file=sys.stderr)
        return EXIT_FAILED
    except httpx.TransportError as error:
        print(f"Flusso does not answer ({error}): start it with `make run`.", file=sys.stderr)
        return EXIT_FAILED
    return 0


def run(settings: LocalSettings) -> None:
    examples = load_examples(EXAMPLES)
    with Client(settings.url, admin_token(settings)) as client:
        delivered = sum(sum(1 for _ in play(client, example)) for example in examples)
        pending = client.pending_tasks()
    print(f"\n{len(examples)} workflows are active, and {delivered} deliveries were accepted.")
    print(f"{pending} tasks wait for an answer: {settings.url}/tasks")


def play(client: "Client", example: Example) -> Iterator[str]:
    """Load one example and deliver its requests; yields the ids of the runs."""
    workflow = client.put_workflow(example)
    print(f"\n{example.workflow.name} (version {workflow.version})", flush=True)
    for delivery in example.deliveries:
        run_id = client.deliver(workflow, example, delivery)
        print(f"  delivered: {delivery.name}", flush=True)
        yield run_id


def admin_token(settings: LocalSettings) -> str:
    if settings.admin_token is not None:
        return settings.admin_token
    path = settings.data_dir / "admin-token"
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        raise CannotStart(
            f"There is no {path}: start Flusso with `make run` first, or set FLUSSO_ADMIN_TOKEN."
        ) from None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A workflow that is active."""

    id: str
    version: int
    webhook_url: str


class Client:
    """The few calls of the public API that the demo needs."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)
        self._authorization = {"Authorization": f"Bearer {token}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def put_workflow(self, example: Example) -> Loaded:
        """Create the workflow, or give the one of that name a new version; then activate it."""
        body = example.workflow.model_dump(mode="json")
        existing = self._find(example.workflow.name)
        if existing is None:
            workflow = self._call("POST", "/api/v1/workflows", json=body)
        else:
            workflow = self._call("PUT", f"/api/v1/workflows/{existing}", json=body)
        self._call("POST", f"/api/v1/workflows/{workflow['id']}/activate")
        webhook_url = f"/api/webhooks/{workflow['id']}"
        return Loaded(workflow["id"], workflow["version"], webhook_url)

    def deliver(self, workflow: Loaded, example: Example, delivery: Delivery) -> str:
        """Post it as its sender would, without any token of ours; the id of the run."""
        request = build_request(example, delivery)
        answer = self._http.request(
            request.method,
            workflow.webhook_url,
            content=request.body,
            headers=dict(request.headers),
        )
        return str(checked(answer)["run_id"])

    def pending_tasks(self) -> int:
        return int(self._call("GET", "/api/v1/tasks/count")["pending"])

    def _find(self, name: str) -> str | None:
        page = self._call("GET", "/api/v1/workflows", params={"q": name, "limit": "200"})
        return next((item["id"] for item in page["items"] if item["name"] == name), None)

    def _call(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
        return checked(self._http.request(method, path, headers=self._authorization, **options))


def checked(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    """The answer's JSON. Raises CannotStart with what Flusso said if it refused."""
    if not answer.is_success:
        what = f"{answer.request.method} {answer.request.url.path}"
        raise CannotStart(f"{what} was answered {answer.status_code}: {answer.text[:WORDS_MAX]}")
    return answer.json() if answer.content else None


if __name__ == "__main__":
    sys.exit(main())
