"""Workflows: the list, the editor with its problems beside the text, and what can be done with each."""

import re

from playwright.async_api import expect

from tests.support.api import Api, chain, node
from tests.support.asking import approval
from tests.support.browser import Person, violations, without_a_new_workflow


async def test_a_workflow_is_written_checked_and_created(person: Person) -> None:
    await without_a_new_workflow(person)
    await person.open("/workflows")
    await person.page.get_by_role("link", name="New workflow").click()
    await person.page.get_by_role("button", name="Text", exact=True).click()
    text = person.page.get_by_label("Definition")
    await expect(person.page.get_by_text("No problems found.")).to_be_visible()
    await text.fill((await text.input_value()).replace("type: approval", "type: aproval"))
    problem = person.page.locator(".problem", has_text="aproval").first
    await expect(problem).to_be_visible()
    await expect(problem.get_by_text("Did you mean approval?")).to_be_visible()
    await problem.click()
    await expect(text).to_be_focused()
    await text.fill((await text.input_value()).replace("type: aproval", "type: approval"))
    await expect(person.page.get_by_text("No problems found.")).to_be_visible()
    await person.page.get_by_role("button", name="Create workflow").click()
    await expect(person.page.get_by_text("Give the workflow a name.")).to_be_visible()
    await person.page.get_by_label("Name").fill("Written by hand")
    await person.page.get_by_role("button", name="Create workflow").click()
    await expect(
        person.page.get_by_role("heading", name="Written by hand", level=1)
    ).to_be_visible()
    await expect(person.page.locator(".page-head").get_by_text("Draft")).to_be_visible()


async def test_the_text_turns_from_yaml_to_json_and_is_saved_as_a_new_version(
    api: Api, person: Person
) -> None:
    workflow = await api.workflow(approval(), "Two versions")
    await person.open(f"/workflows/{workflow}?mode=text")
    text = person.page.get_by_label("Definition")
    await expect(text).to_have_value(re.compile("^trigger:"))
    await person.page.get_by_role("button", name="JSON", exact=True).click()
    await expect(text).to_have_value(re.compile("^{"))
    state = person.page.locator("[data-saved-state]")
    await expect(state).to_have_text("Version 1")
    await text.fill((await text.input_value()).replace("Please decide.", "Please decide soon."))
    await expect(state).to_have_text(re.compile("^Unsaved"))
    await person.page.get_by_role("button", name="Save", exact=True).click()
    await expect(state).to_have_text("Version 2")
    assert (await api.get(f"/workflows/{workflow}"))["version"] == 2
    await person.page.get_by_role("button", name="Version 1").click()
    await expect(person.page.get_by_text("You are looking at version 1.")).to_be_visible()
    await expect(text).to_have_attribute("readonly", "")
    await expect(text).to_have_value(re.compile("Please decide[.]"))


async def test_a_newer_version_of_somebody_else_is_not_overwritten_unasked(
    api: Api, person: Person
) -> None:
    workflow = await api.workflow(approval(), "Edited twice")
    await person.open(f"/workflows/{workflow}")
    await person.page.get_by_label("Description").fill("Mine")
    theirs = {"name": "Edited twice", "description": "Theirs", "definition": approval("Theirs")}
    answer = await api.http.put(f"/api/v1/workflows/{workflow}", json=theirs)
    assert answer.status_code == 200
    await person.page.get_by_role("button", name="Save", exact=True).click()
    await expect(person.page.get_by_text("Someone saved a newer version")).to_be_visible()
    assert (await api.get(f"/workflows/{workflow}"))["description"] == "Theirs"
    await person.page.get_by_role("button", name="Load the newer one").click()
    await expect(person.page.get_by_label("Description")).to_have_value("Theirs")
    await expect(person.page.locator("[data-saved-state]")).to_have_text("Version 2")


async def test_unsaved_text_survives_a_reload(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Reloaded")
    await person.open(f"/workflows/{workflow}")
    await person.page.get_by_label("Description").fill("Not saved")
    person.page.on("dialog", lambda dialog: dialog.accept())
    await person.page.reload()
    await expect(person.page.get_by_text("Your unsaved changes")).to_be_visible()
    await expect(person.page.get_by_label("Description")).to_have_value("Not saved")


async def test_a_workflow_is_activated_paused_duplicated_and_run(api: Api, person: Person) -> None:
    workflow = await api.workflow(approval(), "Put to use", active=False)
    await person.open(f"/workflows/{workflow}")
    head = person.page.locator(".page-head")
    await head.get_by_role("button", name="Activate").click()
    await expect(head.get_by_text("Active", exact=True)).to_be_visible()
    await head.get_by_role("button", name="Pause").click()
    await expect(head.get_by_text("Paused", exact=True)).to_be_visible()
    await head.get_by_role("button", name="Run Put to use").click()
    dialog = person.page.get_by_role("dialog")
    await dialog.get_by_label("Input").fill("[1]")
    await dialog.get_by_role("button", name="Start run").click()
    await expect(dialog.get_by_text("The input must be a JSON object.")).to_be_visible()
    await dialog.get_by_label("Input").fill('{"amount": 3}')
    await dialog.get_by_role("button", name="Start run").click()
    await expect(person.page.get_by_text("This run is waiting for a person")).to_be_visible()
    await person.page.locator(".trace-step", has_text="Trigger").click()
    await expect(person.page.locator(".step-detail").get_by_text("amount").first).to_be_visible()
    await person.open(f"/workflows/{workflow}")
    await head.get_by_role("button", name="Duplicate").click()
    await expect(
        person.page.get_by_role("heading", name="Copy of Put to use", level=1)
    ).to_be_visible()


async def test_a_run_is_given_what_its_trigger_asks_for(api: Api, person: Person) -> None:
    """The form is the trigger's, from the list and for running again; JSON is its equal."""
    fields = [
        {"name": "amount", "type": "number", "label": "Amount", "required": True, "min": 1},
        {"name": "note", "type": "text", "label": "Note"},
    ]
    config = {"fields": fields, "sample_input": {"note": "from the sample"}}
    definition = chain(
        node("kept", "transform", amount="{{ trigger.output.amount }}"),
        trigger={"type": "manual_trigger", "config": config},
    )
    workflow = await api.workflow(definition, "Asked for")
    page = person.page
    await person.open("/workflows?q=Asked+for")
    await page.get_by_role("button", name="Run Asked for").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Note")).to_have_value("from the sample")
    await dialog.get_by_role("button", name="Start run").click()
    await expect(dialog.get_by_text("Amount is required.")).to_be_visible()
    await expect(dialog.get_by_label("Amount")).to_be_focused()
    await dialog.get_by_label("Amount").fill("12")
    assert await violations(page) == []
    await dialog.get_by_role("tab", name="JSON").click()
    text = dialog.get_by_label("Input", exact=False).last
    await text.fill((await text.input_value()).replace("12", "0"))
    await dialog.get_by_role("button", name="Start run").click()
    await expect(dialog.get_by_text("amount: This must be at least 1.")).to_be_visible()
    await text.fill((await text.input_value()).replace("0", "13"))
    await dialog.get_by_role("tab", name="Form").click()
    await expect(dialog.get_by_label("Amount")).to_have_value("13")
    await dialog.get_by_role("button", name="Start run").click()
    await page.wait_for_url("**/runs/*")
    run = page.url.rsplit("/", 1)[1]
    await page.get_by_role("button", name="Run again").click()
    await expect(dialog.get_by_label("Amount")).to_have_value("13")
    trace = (await api.get(f"/runs/{run}"))["trace"]
    assert isinstance(trace, list)
    assert trace[0]["output"] == {"amount": 13, "note": "from the sample"}
    assert (await api.get(f"/workflows/{workflow}"))["steps"] == 1


async def test_deleting_asks_and_asks_for_the_name_while_runs_live(
    api: Api, person: Person
) -> None:
    """'refused while any run is live, unless asked to cancel them'."""
    workflow = await api.workflow(approval(), "To be deleted")
    caller = await api.workflow(chain(node("call", "run_workflow", workflow=workflow)), "Calls it")
    run = await api.start(workflow)
    await api.tasks_of(run)
    await person.open("/workflows?q=To+be+deleted")
    await person.page.get_by_role("button", name="Delete To be deleted").click()
    dialog = person.page.get_by_role("dialog")
    await expect(dialog.get_by_text("its run history with it")).to_be_visible()
    await expect(dialog.get_by_text("Its run history goes too: 1 run.")).to_be_visible()
    await expect(dialog.get_by_text("1 of them is live and would be cancelled")).to_be_visible()
    await expect(dialog.get_by_text("their calls would fail: Calls it.")).to_be_visible()
    await dialog.get_by_role("button", name="Delete", exact=True).click()
    await dialog.get_by_label("Type To be deleted to confirm").fill("To be")
    await dialog.get_by_role("button", name="Cancel its runs and delete").click()
    await expect(dialog.get_by_text("The name does not match.")).to_be_visible()
    await dialog.get_by_label("Type To be deleted to confirm").fill("To be deleted")
    await dialog.get_by_role("button", name="Cancel its runs and delete").click()
    await expect(person.receipt('"To be deleted" was deleted.')).to_be_visible()
    await expect(person.page.get_by_text("No workflows match these filters.")).to_be_visible()
    assert (await api.http.get(f"/api/v1/workflows/{workflow}")).status_code == 404
    assert (await api.http.delete(f"/api/v1/workflows/{caller}")).status_code == 204


async def test_the_list_is_a_table_or_a_grid_with_its_state_in_the_url(
    api: Api, person: Person
) -> None:
    await api.workflow(approval(), "In both views")
    await person.open("/workflows?q=In+both+views")
    await expect(person.page.get_by_role("columnheader", name="Steps")).to_be_visible()
    await person.page.get_by_role("button", name="Grid").click()
    assert "view=grid" in person.page.url
    await expect(person.page.get_by_role("heading", name="In both views")).to_be_visible()
    await person.open("/workflows?q=In+both+views")
    await expect(person.page.get_by_role("button", name="Grid")).to_have_attribute(
        "aria-pressed", "true"
    )
    await person.page.get_by_label("Status").select_option("Paused")
    await expect(person.page.get_by_text("No workflows match these filters.")).to_be_visible()


async def test_a_webhook_without_its_secret_says_so_when_it_is_activated(
    api: Api, person: Person
) -> None:
    config = {"auth": "header", "header": "X-Key", "secret": "generate"}
    definition = chain(
        node("kept", "transform", a=1), trigger={"type": "webhook_trigger", "config": config}
    )
    await api.workflow(definition, "Lacks its secret", active=False)
    await person.open("/workflows?q=Lacks+its+secret")
    await person.page.get_by_role("button", name="Activate Lacks its secret").click()
    await expect(person.receipt("Its webhook has no secret yet.")).to_be_visible()
    await person.page.get_by_role("link", name="Make a secret").click()
    await expect(person.page.get_by_role("heading", name="Webhook secret")).to_be_visible()


async def test_a_run_is_cancelled_by_an_operator(api: Api, person: Person) -> None:
    """'Cancelling a run makes it Cancelled and closes its open tasks'."""
    run = await api.start(await api.workflow(approval(), "Operated"))
    await api.tasks_of(run)
    await person.open(f"/runs/{run}")
    await person.page.get_by_role("button", name="Cancel run").click()
    dialog = person.page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Keep it running")).to_be_focused()
    await dialog.get_by_role("button", name="Cancel run").click()
    await expect(person.page.locator(".page-head").get_by_text("Cancelled")).to_be_visible()
    await api.tasks_of(run, 0)
