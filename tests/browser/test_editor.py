"""The editor as a graph and as an outline: built by mouse or by keys alone, undone, never at odds with the text."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.api import Api, chain, node
from tests.support.asking import approval, form
from tests.support.browser import (
    Person,
    sideways_scroll,
    violations,
    without_a_new_workflow,
)
from tests.support.chassis import until


def step(page: Page, name: str) -> Locator:
    """A node of the canvas, by the name that is read out."""
    return page.locator(f"[data-step][aria-label^='{name},']")


def row(page: Page, name: str) -> Locator:
    """A step of the outline."""
    return page.locator("[data-row]").filter(has=page.get_by_text(name, exact=True))


def box(scope: Page | Locator, label: str) -> Locator:
    """A text field by its label."""
    return scope.get_by_role("textbox", name=label, exact=True)


async def in_mode(person: Person, path: str, mode: str) -> Page:
    if path == "/workflows/new":
        await without_a_new_workflow(person)
    await person.open(f"{path}?mode={mode}")
    shown = {"graph": ".canvas", "outline": ".outline", "text": ".editor-text"}[mode]
    await expect(person.page.locator(shown)).to_be_visible()
    return person.page


async def created(person: Person, api: Api, name: str) -> dict[str, object]:
    """Create what stands in the editor, and return it as the server has it."""
    page = person.page
    await page.get_by_label("Name", exact=True).first.fill(name)
    await expect(page.get_by_text("No problems found.")).to_be_visible()
    await page.get_by_role("button", name="Create workflow").click()
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return await api.get(f"/workflows/{page.url.split('/')[-1].split('?')[0]}")


def edges(workflow: dict[str, object]) -> set[tuple[str, str, str]]:
    definition = workflow["definition"]
    assert isinstance(definition, dict)
    return {(one["from"], one.get("port", "out"), one["to"]) for one in definition["edges"]}


async def test_a_workflow_is_built_with_the_mouse(api: Api, person: Person) -> None:
    page = await in_mode(person, "/workflows/new", "graph")
    await step(page, "Review").click()
    await page.get_by_role("button", name="Condition").click()
    await box(page, "Expression").fill("review.output.approved")
    await page.get_by_role("button", name="Stop").click()
    await step(page, "Condition").click()
    await page.get_by_role("button", name="Manual input").drag_to(step(page, "Condition"))
    await expect(step(page, "Manual input")).to_be_visible()
    workflow = await created(person, api, "Built with the mouse")
    assert edges(workflow) == {
        ("trigger", "out", "review"),
        ("review", "out", "condition"),
        ("condition", "true", "stop"),
        ("condition", "false", "manual_input"),
    }


async def test_nothing_moves_when_it_says_that_changes_are_kept(person: Person) -> None:
    """A palette that moves while it is pointed at gives another step than the one that was meant."""
    page = await in_mode(person, "/workflows/new", "graph")
    bar = page.locator(".editor-bar")
    for width in (1280, 1024, 800):
        await page.set_viewport_size({"width": width, "height": 900})
        before = await bar.evaluate("bar => bar.offsetHeight")
        await step(page, "Review").click()
        await page.get_by_role("button", name="Transform").click()
        await expect(page.locator("[data-saved-state=kept]")).to_be_visible()
        assert await bar.evaluate("bar => bar.offsetHeight") == before
        await page.get_by_role("button", name="Discard").click()
        await page.get_by_role("dialog").get_by_role("button", name="Discard").click()
        await expect(page.locator("[data-saved-state=saved]")).to_be_attached()


async def test_the_whole_graph_is_shown_and_looked_at_from_nearer(person: Person) -> None:
    page = await in_mode(person, "/workflows/new", "graph")
    canvas = await page.locator(".canvas").bounding_box()
    view = page.locator(".react-flow__viewport")
    assert canvas is not None
    middle = canvas["x"] + canvas["width"] / 2

    async def is_in_the_middle() -> bool:
        box = await step(page, "Review").bounding_box()
        return box is not None and abs(box["x"] + box["width"] / 2 - middle) < 2

    await until(is_in_the_middle)
    await page.get_by_role("button", name="Zoom in").click()
    await expect(view).not_to_have_attribute("style", re.compile(r"scale\(1\)"))
    await step(page, "Review").focus()
    await page.keyboard.press("0")
    await expect(view).to_have_attribute("style", re.compile(r"scale\(1\)"))


async def test_an_edge_is_drawn_from_port_to_node_and_deleted(api: Api, person: Person) -> None:
    steps = [node(key, "transform", done=True) for key in ("first", "second", "third")]
    workflow = await api.workflow(chain(*steps), "Edges")
    page = await in_mode(person, f"/workflows/{workflow}", "graph")
    source = step(page, "First").locator(".react-flow__handle.source")
    await source.drag_to(step(page, "Third").locator(".react-flow__handle.target"))
    edge = page.get_by_label("First, out, leads to Third")
    await expect(edge).to_be_attached()
    await edge.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Delete")
    await expect(edge).not_to_be_attached()
    await expect(page.get_by_label("First, out, leads to Second")).to_be_attached()


async def test_a_workflow_is_built_with_the_keyboard_alone(api: Api, person: Person) -> None:
    """The outline is the graph's equal without a pointer."""
    page = await in_mode(person, "/workflows/new", "outline")
    keys = page.keyboard
    await row(page, "Review").focus()
    await keys.press("Insert")
    await expect(page.get_by_role("dialog").get_by_label("Search steps")).to_be_focused()
    await keys.type("stop")
    await keys.press("Enter")
    await expect(row(page, "Stop")).to_be_focused()
    await expect(row(page, "Stop")).to_have_attribute("aria-expanded", "true")
    await keys.press("ArrowUp")
    await keys.press("Insert")
    await keys.type("transform")
    await keys.press("Enter")
    await expect(row(page, "Transform")).to_be_focused()
    for _ in range(3):
        await keys.press("Tab")
    await keys.press("Control+a")
    await keys.type("Note it")
    panel = page.get_by_label("Settings of Note it")
    await panel.get_by_role("button", name="Add an entry").press("Enter")
    await panel.get_by_role("group", name="Entry 1").get_by_label("Name").press_sequentially("by")
    await (
        panel.get_by_role("group", name="by")
        .get_by_role("textbox", name="Value")
        .press_sequentially("me")
    )
    await panel.get_by_role("checkbox", name="Trigger").press("Space")
    await row(page, "Stop").press("Delete")
    await expect(row(page, "Stop")).to_have_count(0)
    await expect(row(page, "Note it")).to_be_focused()
    workflow = await created(person, api, "Built with keys")
    assert edges(workflow) == {
        ("trigger", "out", "review"),
        ("review", "out", "transform"),
        ("trigger", "out", "transform"),
    }


async def test_what_was_done_is_undone_and_done_again(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Undone")
    page = await in_mode(person, f"/workflows/{workflow}", "graph")
    await step(page, "Manager ok").click()
    await box(page.locator(".panel"), "Name").fill("Boss")
    await step(page, "Boss").click()
    await page.keyboard.press("Delete")
    await expect(step(page, "Boss")).to_have_count(0)
    await expect(page.get_by_label("Trigger, out, leads to Afterwards")).to_be_attached()
    await expect(step(page, "Trigger")).to_be_focused()
    await page.keyboard.press("Control+z")
    await expect(step(page, "Boss")).to_be_visible()
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(step(page, "Manager ok")).to_be_visible()
    await expect(page.locator("[data-saved-state]")).to_have_text("Version 1")
    await page.get_by_role("button", name="Redo", exact=True).click()
    await expect(step(page, "Boss")).to_be_visible()


async def test_the_keyboard_goes_from_a_node_to_its_settings_and_back(
    api: Api, person: Person
) -> None:
    workflow = await api.workflow(approval(), "Walked")
    page = await in_mode(person, f"/workflows/{workflow}", "graph")
    await step(page, "Manager ok").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Settings of Manager ok")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(box(page.locator(".panel"), "Name")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(step(page, "Manager ok")).to_be_focused()
    await page.keyboard.press("Control+d")
    await expect(page.locator("[data-step='manager_ok_2']")).to_be_visible()


async def test_steps_are_copied_with_their_edges_and_variables(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Copied")
    page = await in_mode(person, f"/workflows/{workflow}", "graph")
    await step(page, "Manager ok").click()
    await step(page, "Afterwards").click(modifiers=["Control"])
    await expect(page.get_by_role("heading", name="2 steps are chosen.")).to_be_visible()
    await step(page, "Afterwards").press("Control+c")
    await step(page, "Afterwards").press("Control+v")
    await expect(page.locator("[data-step]")).to_have_count(5)
    await expect(page.locator("[data-step='afterwards_2']")).to_be_visible()
    await page.get_by_role("button", name="Text", exact=True).click()
    text = page.get_by_label("Definition")
    await expect(text).to_contain_text("{{ manager_ok_2.output.approved }}")


async def test_the_focused_row_is_what_is_copied_and_the_keys_go_on_in_the_other_mode(
    person: Person,
) -> None:
    page = await in_mode(person, "/workflows/new", "outline")
    keys = page.keyboard
    await row(page, "Review").focus()
    await keys.press("Control+c")
    await row(page, "Trigger").focus()
    await keys.press("Control+v")
    await expect(row(page, "Review")).to_have_count(2)
    await expect(page.get_by_label("Key", exact=True)).to_have_value("review_2")
    await keys.press("Alt+o")
    await expect(page.locator(".canvas")).to_be_visible()
    await keys.press("Alt+o")
    await expect(page.locator(".outline")).to_be_visible()
    await expect(page.locator("[data-row=review_2]")).to_be_focused()


async def test_modes_change_one_draft_and_lose_nothing(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval("Please decide."), "One draft")
    page = await in_mode(person, f"/workflows/{workflow}", "text")
    text = page.get_by_label("Definition")
    await text.fill((await text.input_value()).replace("Please decide.", "From the text."))
    await page.get_by_role("button", name="Graph", exact=True).click()
    await step(page, "Manager ok").click()
    prompt = box(page, "Prompt")
    await expect(prompt).to_have_value("From the text.")
    await prompt.fill("From the graph.")
    await page.keyboard.press("Alt+o")
    await expect(page.locator(".outline")).to_be_visible()
    await page.get_by_role("button", name="Text", exact=True).click()
    await expect(text).to_contain_text("prompt: From the graph.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("[data-saved-state]")).to_have_text("Version 2")
    stored = await api.get(f"/workflows/{workflow}")
    assert "From the graph." in str(stored["definition"])


async def test_text_that_is_no_definition_is_not_drawn_but_kept(person: Person) -> None:
    page = await in_mode(person, "/workflows/new", "text")
    await page.get_by_label("Definition").fill("nodes: [")
    await page.get_by_role("button", name="Graph", exact=True).click()
    await expect(page.get_by_text("cannot be drawn")).to_be_visible()
    await page.get_by_role("button", name="Mend the text").click()
    await expect(page.get_by_label("Definition")).to_have_value("nodes: [")


async def test_problems_stand_at_their_fields_and_lead_there(api: Api, person: Person) -> None:
    workflow = await api.workflow(form("Fill in"), "Faulty")
    page = await in_mode(person, f"/workflows/{workflow}", "graph")
    await step(page, "Details").click()
    first = page.get_by_role("group", name="Field 1", exact=True)
    await box(first, "Name").fill("no good")
    await expect(first.get_by_text("should match pattern")).to_be_visible()
    await expect(box(first, "Name")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("[data-step='details']")).to_have_attribute(
        "aria-label", "Details, Manual input, details, 1 problem"
    )
    await page.locator(".react-flow__pane").click(position={"x": 5, "y": 200})
    await page.locator(".problem", has_text="should match pattern").click()
    await expect(box(first, "Name")).to_be_focused()
    await page.get_by_role("button", name="Save and run test").press("Enter")
    await expect(page.locator(".editor-bar")).to_contain_text("Mend the problems first")


async def test_a_key_is_renamed_wherever_it_is_named(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Renamed")
    page = await in_mode(person, f"/workflows/{workflow}", "outline")
    await row(page, "Manager ok").click()
    key = box(page, "Key")
    await key.fill("afterwards")
    await expect(page.get_by_text("is this step's own")).to_be_visible()
    await key.fill("boss")
    await key.press("Tab")
    await expect(box(page, "Prompt")).to_have_value("Please decide.")
    await expect(page.get_by_role("button", name="Insert a variable in Prompt")).to_be_focused()
    await row(page, "Afterwards").click()
    await expect(page.get_by_role("textbox", name="Value")).to_have_value(
        "{{ boss.output.approved }}"
    )
    await expect(page.get_by_text("No problems found.")).to_be_visible()


async def test_a_form_is_designed_and_seen_at_once(api: Api, person: Person) -> None:
    workflow = await api.workflow(form("Fill in"), "Designed")
    page = await in_mode(person, f"/workflows/{workflow}", "graph")
    await step(page, "Details").click()
    preview = page.get_by_label("Preview")
    await expect(preview.get_by_label("Final text")).to_be_visible()
    await page.get_by_role("button", name="Add a field").click()
    fifth = page.get_by_role("group", name="Field 5", exact=True)
    await expect(box(fifth, "Name")).to_be_focused()
    await box(fifth, "Label").fill("Due date")
    await fifth.get_by_label("Type").select_option("date")
    await expect(preview.get_by_label("Due date")).to_have_attribute("type", "date")
    await page.get_by_role("button", name="Move Due date up").click()
    await page.get_by_role("button", name="Remove Notes").click()
    labels = preview.locator("label")
    await expect(labels).to_have_text(["Final text *", "Amount *", "Due date", "Publish on *"])


async def test_variables_are_offered_with_what_the_last_run_had(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Variables")
    await api.start(workflow, {"order": {"number": "A-17"}})
    page = await in_mode(person, f"/workflows/{workflow}", "graph")
    await step(page, "Manager ok").click()
    prompt = box(page, "Prompt")
    await prompt.fill("Order ")
    await prompt.press_sequentially("{{")
    await page.get_by_role("dialog").get_by_label("Search variables").fill("number")
    offer = page.get_by_role("button", name="trigger.output.order.number")
    await expect(offer).to_contain_text("A-17")
    assert await violations(page) == []
    await offer.click()
    await expect(prompt).to_have_value("Order {{ trigger.output.order.number }}")
    await expect(prompt).to_be_focused()


async def test_a_test_runs_in_place_and_shows_each_step(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Tested")
    page = await in_mode(person, f"/workflows/{workflow}", "graph")
    await page.get_by_label("Description").fill("Saved by the test")
    await page.get_by_role("button", name="Save and run test").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Input").fill('{"subject": "a test"}')
    await dialog.get_by_role("button", name="Start run").click()
    await expect(page.locator("[data-step='manager_ok']")).to_have_attribute(
        "aria-label", "Manager ok, Waiting, Approval, manager_ok"
    )
    await step(page, "Trigger").click()
    await expect(page.locator(".tested")).to_contain_text("a test")
    (task,) = await api.tasks_of(page.url.split("test=")[1])
    await api.decide(str(task["id"]), "approve")
    await expect(page.locator("[data-step='afterwards']")).to_have_attribute(
        "aria-label", "Afterwards, Completed, Transform, afterwards"
    )
    await expect(page.get_by_label("Manager ok, out, leads to Afterwards, taken")).to_be_attached()


async def test_a_small_screen_begins_with_the_outline(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Small")
    await person.page.set_viewport_size({"width": 360, "height": 740})
    await person.open(f"/workflows/{workflow}")
    await row(person.page, "Manager ok").click()
    await expect(box(person.page, "Prompt")).to_have_value("Please decide.")
    assert await sideways_scroll(person.page) <= 0


@pytest.mark.parametrize("mode", ["graph", "outline", "text"])
async def test_nothing_that_axe_finds(api: Api, person: Person, mode: str) -> None:
    workflow = await api.workflow(form("Fill in"), "Accessible")
    page = await in_mode(person, f"/workflows/{workflow}", mode)
    if mode != "text":
        await (step(page, "Details") if mode == "graph" else row(page, "Details")).click()
        await expect(page.get_by_label("Preview")).to_be_visible()
    found = []
    for theme in ("light", "dark"):
        await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        found += [f"{theme}: {fault}" for fault in await violations(page)]
    assert found == []


async def test_a_run_is_drawn_with_what_has_happened(api: Api, person: Person) -> None:
    run = await api.start(await api.workflow(approval(), "Drawn"))
    (task,) = await api.tasks_of(run)
    await person.open(f"/runs/{run}?view=graph")
    page = person.page
    waiting = page.locator("[data-step='manager_ok']")
    await expect(waiting).to_have_attribute(
        "aria-label", "Manager ok, Waiting, Approval, manager_ok"
    )
    await api.decide(str(task["id"]), "approve")
    await expect(page.get_by_label("Manager ok, out, leads to Afterwards, taken")).to_be_attached()
    await waiting.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".step-detail h2").first).to_have_text("Manager ok")
    assert await violations(page) == []
