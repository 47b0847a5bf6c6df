"""`python -m deploy.local.demo`: fills a running Flusso with the examples, through its public API."""

import os
import sys
from dataclasses import dataclass
from typing import Any, Self

import httpx

from deploy.local.errors import CannotStart
from deploy.local.examples import Delivery, Example, body_of, build_request, load_examples
from deploy.local.services import ROOT
from deploy.local.settings import LocalSettings, read_settings
from deploy.local.waiting import wait_until

EXAMPLES = ROOT / "examples"
TIMEOUT_SECONDS = 10.0
SETTLE_SECONDS_MAX = 10.0
MOVING = frozenset({"Queued", "Running"})
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
        runs = [run_id for example in examples for run_id in play(client, example)]
        client.wait_until_settled(runs)
        print(f"\n{len(examples)} workflows are active; {len(runs)} runs were started.")
        print(f"{client.pending_tasks()} tasks wait for an answer: {settings.url}/tasks")


def play(client: "Client", example: Example) -> list[str]:
    """Load one example and deliver its requests, or start its runs by hand if it has no webhook; their ids."""
    workflow = client.put_workflow(example)
    print(f"\n{example.workflow.name} (version {workflow.version})", flush=True)
    return [play_delivery(client, workflow, example, each) for each in example.deliveries]


def play_delivery(
    client: "Client", workflow: "Loaded", example: Example, delivery: Delivery
) -> str:
    if example.has_webhook:
        run_id = client.deliver(workflow, example, delivery)
        print(f"  delivered: {delivery.name}", flush=True)
    else:
        run_id = client.start(workflow, body_of(example, delivery))
        print(f"  started: {delivery.name}", flush=True)
    return run_id


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

    def start(self, workflow: Loaded, given: Any) -> str:  # noqa: ANN401 - JSON
        """Start a run by hand; its id."""
        body = {"input": given}
        return str(self._call("POST", f"/api/v1/workflows/{workflow.id}/runs", json=body)["id"])

    def wait_until_settled(self, run_ids: list[str]) -> None:
        """Until each run has ended or waits for a person, but not for ever."""
        waiting = set(run_ids)

        def all_settled() -> bool:
            for run_id in list(waiting):
                if self._run_status(run_id) not in MOVING:
                    waiting.discard(run_id)
            return not waiting

        wait_until(all_settled, SETTLE_SECONDS_MAX)

    def pending_tasks(self) -> int:
        return int(self._call("GET", "/api/v1/tasks/count")["pending"])

    def _run_status(self, run_id: str) -> str:
        return str(self._call("GET", f"/api/v1/runs/{run_id}")["status"])

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
