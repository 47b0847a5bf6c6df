"""Scripts that start runs at a steady rate, and people who answer what they are asked, race each other, and cancel."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from contracts.base import Json, JsonObject
from tests.faults.campaign import workflows
from tests.faults.campaign.client import Client

page_size = 200
look_seconds = 0.4
cancel_seconds = 2.5
audit_seconds = 0.7
rejected_part, raced_part, left_to_the_clock_part, repeated_part = 0.15, 0.2, 0.5, 0.2
ignored_part = 0.04
SHAPES = ("approval", "form", "effect", "branches", "clock", "delivery", "parent")
WEIGHTS = (5, 4, 3, 3, 3, 4, 1)
items_a_parent = 3


@dataclass(slots=True)
class Crowd:
    """Everybody who uses the system. `ids`: workflows by shape."""

    client: Client
    target_url: str
    starts_a_second: float
    name: str
    ids: dict[str, str] = field(default_factory=dict)
    recent: list[str] = field(default_factory=list)
    in_hand: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    """Tasks that nobody will answer: their runs still wait at the end."""
    started: int = 0
    decided: list[str] = field(default_factory=list)
    """Tasks whose decision somebody was told."""

    async def set_up(self, canary: str) -> None:
        """Make the workflows and the secret that they use; on a healthy system, before anything goes wrong."""
        path = f"/api/v1/secrets/{workflows.CANARY_NAME}"
        answer = await self.client.http.put(
            f"{self.client.gateways[0]}{path}", json={"value": canary}, timeout=30.0
        )
        answer.raise_for_status()
        child_name = f"Child {self.name}"
        definitions: dict[str, JsonObject] = {
            "child": workflows.child(),
            "approval": workflows.approval(),
            "form": workflows.form(),
            "effect": workflows.effect(self.target_url),
            "branches": workflows.branches(self.target_url),
            "clock": workflows.clock(),
            "delivery": workflows.delivery(),
            "parent": workflows.parent(child_name),
        }
        for shape, definition in definitions.items():
            name = child_name if shape == "child" else f"{shape.capitalize()} {self.name}"
            self.ids[shape] = await self._make(name, definition)

    async def _make(self, name: str, definition: JsonObject) -> str:
        body: JsonObject = {"name": name, "description": "", "definition": definition}
        answer = await self.client.insist("workflow", "/api/v1/workflows", body, key=name)
        assert answer is not None, f"the workflow {name} could not be made"
        assert answer.is_success, f"the workflow {name} was refused: {answer.text[:500]}"
        workflow_id = str(answer.json()["id"])
        path = f"/api/v1/workflows/{workflow_id}/activate"
        done = await self.client.insist("activate", path, {})
        assert done is not None, f"the workflow {name} could not be activated"
        assert done.is_success, f"the workflow {name} was not activated: {done.text[:500]}"
        return workflow_id

    # -- starting ------------------------------------------------------------------------------------

    async def start_until(self, stop: asyncio.Event) -> None:
        """Start runs until told to stop; each is asked for until it is accepted."""
        chance = self.client.chance
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                self.started += 1
                shape = chance.choices(SHAPES, WEIGHTS)[0]
                group.create_task(self._start(shape, f"{self.name}-{self.started}"))
                await asyncio.sleep(chance.uniform(0.5, 1.5) / self.starts_a_second)

    async def _start(self, shape: str, key: str) -> None:
        workflow_id = self.ids[shape]
        if shape == "delivery":
            await self._deliver(workflow_id, key)
            return
        given: JsonObject = {"key": key}
        if shape == "parent":
            given["items"] = [f"{key}-{number}" for number in range(items_a_parent)]
        path = f"/api/v1/workflows/{workflow_id}/runs"
        answer = await self.client.insist("start", path, {"input": given}, key=key, shape=shape)
        if answer is not None and answer.is_success:
            self.recent.append(str(answer.json()["id"]))

    async def _deliver(self, workflow_id: str, key: str) -> None:
        """Deliver as senders do: until it is taken, and sometimes once more after that."""
        chance = self.client.chance
        body: JsonObject = {"key": key, "amount": chance.randint(1, 100)}
        times = 2 if chance.random() < repeated_part else 1
        for _ in range(times):
            await self.client.insist(
                "delivery",
                f"/api/webhooks/{workflow_id}",
                body,
                headers={workflows.delivery_header: key},
                delivery=key,
            )

    # -- deciding ------------------------------------------------------------------------------------

    async def decide_until(self, stop: asyncio.Event) -> None:
        """Answer what is pending until told to stop."""
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                for task in await self._pending():
                    if task["id"] not in self.in_hand:
                        self.in_hand.add(str(task["id"]))
                        group.create_task(self._answer(task))
                await asyncio.sleep(look_seconds)

    async def _pending(self) -> list[JsonObject]:
        sort = self.client.chance.choice(("oldest", "newest", "due"))
        page = await self.client.read("/api/v1/tasks", limit=page_size, sort=sort)
        return [] if page is None else list(page["items"])

    async def _answer(self, task: JsonObject) -> None:
        chance = self.client.chance
        if task["timeout_at"] is None and chance.random() < ignored_part:
            self.ignored.add(str(task["id"]))
            return
        if task["timeout_at"] is not None:
            if chance.random() < left_to_the_clock_part:
                return
            await _until(task["timeout_at"], chance.uniform(-2.0, 0.2))
        action = self._action(task)
        if chance.random() < raced_part:
            other = "reject" if action != "reject" else self._yes(task)
            first, second = self.client.gateways[0], self.client.gateways[-1]
            await asyncio.gather(
                self._decide(task, action, "one", first), self._decide(task, other, "two", second)
            )
        else:
            await self._decide(task, action, "one", None)

    def _action(self, task: JsonObject) -> str:
        return "reject" if self.client.chance.random() < rejected_part else self._yes(task)

    def _yes(self, task: JsonObject) -> str:
        return "approve" if task["kind"] == "approval" else "submit"

    async def _decide(self, task: JsonObject, action: str, who: str, gateway: str | None) -> None:
        key = f"{task['id']}-{action}-{who}"
        body: JsonObject = {}
        if action == "submit":
            body["values"] = {"token": key, "amount": self.client.chance.randint(0, 1000)}
        else:
            body["comment"] = key
        path = f"/api/v1/tasks/{task['id']}/{action}"
        about: dict[str, Json] = {"task": task["id"], "action": action}
        answer = await self.client.insist("decision", path, body, key=key, gateway=gateway, **about)
        if answer is None or not answer.is_success:
            return
        self.decided.append(str(task["id"]))
        if self.client.chance.random() < repeated_part:
            await self.client.insist("decision", path, body, key=key, repeat=True, **about)

    # -- auditing ------------------------------------------------------------------------------------

    async def audit_until(self, stop: asyncio.Event) -> None:
        """Ask for receipts of what was decided and keep them, until told to stop."""
        while not stop.is_set():
            await asyncio.sleep(audit_seconds)
            if self.decided:
                task = self.client.chance.choice(self.decided)
                receipt = await self.client.read(f"/api/v1/tasks/{task}/receipt")
                if receipt is not None:
                    self.client.journal.note("receipt", task=task, told=receipt)

    # -- cancelling ----------------------------------------------------------------------------------

    async def cancel_until(self, stop: asyncio.Event) -> None:
        """Now and then cancel a run that was started lately."""
        while not stop.is_set():
            await asyncio.sleep(cancel_seconds * self.client.chance.uniform(0.5, 1.5))
            if self.recent:
                run_id = self.client.chance.choice(self.recent[-20:])
                path = f"/api/v1/runs/{run_id}/cancel"
                await self.client.insist("cancel", path, {"reason": "changed my mind"}, run=run_id)


async def _until(instant: str, seconds: float) -> None:
    """Sleep until so many seconds after the instant."""
    due = datetime.fromisoformat(instant)
    await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() + seconds))
