"""The user guide's page on tasks (`tasks-page.txt`), sentence by sentence, as a person sees it."""

from playwright.async_api import Route, expect

from tests.support.api import Api
from tests.support.asking import ANSWERS, approval, ask_for_approval, ask_for_values
from tests.support.browser import Person


async def test_a_waiting_run_shows_its_task_with_workflow_step_and_action(
    api: Api, person: Person
) -> None:
    """'Each card shows the workflow, step name, and the required action'."""
    await ask_for_approval(api, "Send it?", "Shall we **send** it?", name="Newsletter")
    await person.open("/tasks")
    card = person.card("Send it?")
    await expect(card.get_by_text("Newsletter")).to_be_visible()
    await expect(card.get_by_text("Manager ok")).to_be_visible()
    await expect(card.get_by_text("Approval", exact=True)).to_be_visible()
    await expect(card.locator("strong", has_text="send")).to_be_visible()


async def test_a_paused_workflow_is_waiting_until_a_human_responds(
    api: Api, person: Person
) -> None:
    """'When a workflow pauses, it enters Waiting status and remains paused until a human responds'."""
    task = await ask_for_approval(api, "Wait for me")
    await person.open(f"/runs/{task['run_id']}")
    await expect(person.page.locator(".page-head").get_by_text("Waiting")).to_be_visible()
    await person.page.get_by_role("button", name="Approve").click()
    await expect(person.page.locator(".page-head").get_by_text("Completed")).to_be_visible()


async def test_an_approval_shows_its_message_and_two_buttons(api: Api, person: Person) -> None:
    """'An Approval task presents a message (...) and two buttons: Approve and Reject'."""
    await ask_for_approval(api, "Two buttons", "The message of the node.")
    await person.open("/tasks")
    card = person.card("Two buttons")
    await expect(card.get_by_text("The message of the node.")).to_be_visible()
    await expect(card.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    await expect(card.get_by_role("button", name="Reject", exact=True)).to_be_visible()


async def test_approve_resumes_the_run_after_the_approval(api: Api, person: Person) -> None:
    """'Approve - the workflow resumes execution at the step following (...) output (...) { "approved": true }'."""
    task = await ask_for_approval(api, "Go on?")
    await person.open("/tasks")
    await person.card("Go on?").get_by_role("button", name="Approve").click()
    await expect(person.receipt("Approved. The run has resumed.")).to_be_visible()
    await expect(person.card("Go on?")).to_have_count(0)
    run = await api.run_when(str(task["run_id"]), "Completed")
    assert run["output"] == {"approved": True}


async def test_reject_fails_the_run_and_removes_the_task(api: Api, person: Person) -> None:
    """From the guide.

    'Reject - the workflow run is terminated with a Failed status and the task is removed from the list.
    The run detail will record the rejection.'
    """
    task = await ask_for_approval(api, "Stop here")
    await person.open("/tasks")
    await person.card("Stop here").get_by_role("button", name="Reject", exact=True).click()
    dialog = person.page.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill("The figures are wrong")
    await dialog.get_by_role("button", name="Reject Run").click()
    await expect(person.receipt("Rejected. The run is marked Failed.")).to_be_visible()
    await expect(person.card("Stop here")).to_have_count(0)
    await api.run_when(str(task["run_id"]), "Failed")
    await person.open(f"/runs/{task['run_id']}")
    trace = person.page.locator(".trace")
    await expect(trace.get_by_text("Rejected by")).to_be_visible()
    await expect(trace.get_by_text("The figures are wrong")).to_be_visible()


async def test_the_form_has_the_four_field_types(api: Api, person: Person) -> None:
    """'The form may contain fields of the following types: text, textarea, number, date'."""
    await ask_for_values(api, "Four fields")
    await person.open("/tasks")
    card = person.card("Four fields")
    await expect(card.get_by_label("Final text")).to_have_attribute("type", "text")
    assert await card.get_by_label("Notes").evaluate("e => e.tagName") == "TEXTAREA"
    await expect(card.get_by_label("Amount")).to_have_attribute("type", "number")
    await expect(card.get_by_label("Publish on")).to_have_attribute("type", "date")


async def test_required_fields_are_marked_and_hold_the_submit(api: Api, person: Person) -> None:
    """From the guide.

    'Required fields are marked with an asterisk (*). The form cannot be submitted until all required fields are
    filled.'
    """
    await ask_for_values(api, "Fill me in")
    await person.open("/tasks")
    card = person.card("Fill me in")
    await expect(card.locator("label", has_text="Final text")).to_have_text("Final text *")
    await expect(card.locator("label", has_text="Notes")).to_have_text("Notes")
    requests: list[str] = []
    person.page.on("request", lambda request: requests.append(request.url))
    await card.get_by_role("button", name="Submit").click()
    await expect(card.get_by_text("Final text is required.")).to_be_visible()
    await expect(card.get_by_text("Amount is required.")).to_be_visible()
    await expect(card.get_by_text("Publish on is required.")).to_be_visible()
    await expect(card.get_by_label("Final text")).to_be_focused()
    assert not any(url.endswith("/submit") for url in requests)
    await card.get_by_label("Final text").fill("x")
    await expect(card.get_by_text("Final text is required.")).to_have_count(0)


async def test_submitted_values_become_the_output_of_the_node(api: Api, person: Person) -> None:
    """From the guide.

    'Once submitted, the entered values are passed into the workflow as the output of the Manual Input node, and
    execution resumes from the next step.'
    """
    task = await ask_for_values(api, "Values")
    await person.open("/tasks")
    card = person.card("Values")
    await card.get_by_label("Final text").fill("Ready to go")
    await card.get_by_label("Amount").fill("12.5")
    await card.get_by_label("Publish on").fill("2026-12-24")
    await card.get_by_role("button", name="Submit").click()
    await expect(person.receipt("Submitted. The run has resumed.")).to_be_visible()
    await expect(person.card("Values")).to_have_count(0)
    run = await api.run_when(str(task["run_id"]), "Completed")
    assert run["output"] == {"text": "Ready to go"}
    (details,) = [step for step in run["trace"] if step["node"] == "details"]
    assert details["output"] == ANSWERS


async def test_the_servers_judgement_stands_at_the_field(api: Api, person: Person) -> None:
    """A form is judged by the server before the task is spent; what it finds stands where it belongs."""
    await ask_for_values(api, "Judged")
    await person.open("/tasks")
    card = person.card("Judged")
    await card.get_by_label("Final text").fill("x")
    await card.get_by_label("Amount").fill("2")
    await card.get_by_label("Publish on").fill("2026-12-24")

    async def spoil(route: Route) -> None:
        await route.continue_(post_data='{"values": {"final_text": "x", "amount": 0}}')

    await person.page.route("**/submit", spoil)
    await card.get_by_role("button", name="Submit").click()
    await expect(card.locator(".fault").first).to_be_visible()
    await expect(card.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    await expect(card.get_by_label("Final text")).to_have_value("x")


async def test_tasks_are_opened_from_the_sidebar(api: Api, person: Person) -> None:
    """'Click Tasks in the sidebar navigation'."""
    await ask_for_approval(api, "From the sidebar")
    await person.open("/")
    await person.page.locator(".sidebar").get_by_role("link", name="Tasks").click()
    await expect(person.card("From the sidebar")).to_be_visible()
    await expect(person.page.get_by_role("heading", name="Tasks", level=1)).to_be_focused()


async def test_every_card_has_reject_run(api: Api, person: Person) -> None:
    """From the guide.

    'Every task card (both Approval and Manual Input) includes a Reject Run button. Clicking it immediately
    terminates the paused workflow run with a Failed status, and removes the task from the list.'
    """
    asked = await ask_for_approval(api, "An approval")
    form = await ask_for_values(api, "A form")
    await person.open("/tasks")
    for title, task in (("An approval", asked), ("A form", form)):
        await person.card(title).get_by_role("button", name="Reject Run").click()
        dialog = person.page.get_by_role("dialog")
        await expect(dialog.get_by_text("This cannot be undone.")).to_be_visible()
        await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        await dialog.get_by_role("button", name="Reject Run").click()
        await expect(person.card(title)).to_have_count(0)
        await api.run_when(str(task["run_id"]), "Failed")


async def test_cancelling_the_question_rejects_nothing(api: Api, person: Person) -> None:
    """From the guide.

    'No undo': so the question can be answered with no, and the focus returns to where it was.
    """
    task = await ask_for_approval(api, "Not yet")
    await person.open("/tasks")
    opener = person.card("Not yet").get_by_role("button", name="Reject Run")
    await opener.click()
    await person.page.keyboard.press("Escape")
    await expect(person.page.get_by_role("dialog")).to_have_count(0)
    await expect(opener).to_be_focused()
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "pending"


async def test_the_rejected_run_is_failed_in_the_run_history(api: Api, person: Person) -> None:
    """'The run will be marked as Failed in the run history.' 'Clicking a row opens the full execution trace'."""
    task = await ask_for_approval(api, "For the history")
    await api.decide(str(task["id"]), "reject")
    await api.run_when(str(task["run_id"]), "Failed")
    await person.open(f"/workflows/{task['workflow_id']}/runs")
    row = person.page.locator(f"[data-run-id='{task['run_id']}']")
    await expect(row.get_by_text("Failed").first).to_be_visible()
    await row.locator("td").nth(2).click(force=True)
    await expect(person.page.get_by_role("heading", name="Steps")).to_be_visible()


async def test_the_dashboard_counts_pending_actions_and_leads_to_them(
    api: Api, person: Person
) -> None:
    """From the guide.

    'If there are any pending tasks, a Pending Actions card appears on the Dashboard with a count of how many tasks
    are waiting. Click View Tasks to jump directly to the Tasks page.'
    """
    await person.open("/")
    await expect(person.page.get_by_text("No tasks are waiting.")).to_be_visible()
    await expect(person.page.get_by_role("heading", name="Pending Actions")).to_have_count(0)
    await ask_for_approval(api, "First")
    await ask_for_values(api, "Second")
    await expect(person.page.locator("[data-pending-count]")).to_have_text("2")
    await person.page.get_by_role("link", name="View Tasks").click()
    await expect(person.page.locator("article.in-feed")).to_have_count(2)


async def test_a_prompt_shows_what_earlier_steps_brought(api: Api, person: Person) -> None:
    """'The Approval node's prompt field supports variable references'."""
    prompt = "Approve sending this email to {{ trigger.output.email }}?"
    workflow = await api.workflow(approval(prompt, "To whom"), "Variables")
    await api.tasks_of(await api.start(workflow, {"email": "ada@example.com"}))
    await person.open("/tasks")
    card = person.card("To whom")
    await expect(card.get_by_text("Approve sending this email to ada@example.com?")).to_be_visible()


async def test_a_task_has_a_page_of_its_own(api: Api, person: Person) -> None:
    """Opening a link decides nothing; afterwards it tells who decided."""
    task = await ask_for_approval(api, "Shared link")
    await person.open(f"/tasks/{task['id']}")
    await expect(person.page.get_by_role("heading", name="Shared link", level=1)).to_be_visible()
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "pending"
    await person.page.get_by_role("button", name="Approve").click()
    await expect(person.page.locator(".facts").get_by_text("Approved by")).to_be_visible()
    await person.open("/tasks/00000000-0000-7000-8000-000000000000")
    await expect(
        person.page.get_by_text("This task does not exist or you cannot see it.")
    ).to_be_visible()


async def test_filters_are_in_the_url_and_history_tells_who_decided(
    api: Api, person: Person
) -> None:
    """Search, filters in the URL, history of decided tasks."""
    kept = await ask_for_approval(api, "Keep this one")
    await ask_for_values(api, "Other kind")
    await person.open("/tasks")
    await person.page.get_by_label("Type").select_option("approval")
    await expect(person.page.locator("article.in-feed")).to_have_count(1)
    assert person.page.url.endswith("/tasks?kind=approval")
    await person.page.reload()
    await expect(person.card("Keep this one")).to_be_visible()
    await expect(person.card("Other kind")).to_have_count(0)
    await person.page.get_by_label("Search tasks").fill("nothing like it")
    await expect(person.page.get_by_text("No tasks match these filters.")).to_be_visible()
    await person.page.get_by_role("button", name="Clear filters").click()
    await expect(person.page.locator("article.in-feed")).to_have_count(2)
    await api.decide(str(kept["id"]), "approve", comment="Looks right")
    await person.page.get_by_role("link", name="History").click()
    line = person.page.locator(".history li", has_text="Keep this one").first
    await expect(line.get_by_text("Approved by")).to_be_visible()
    await expect(line.get_by_text("Looks right")).to_be_visible()


async def test_beside_the_list_stands_what_the_run_has_brought(api: Api, person: Person) -> None:
    """'The prompt text (...) should include enough context': and the rest is one look away."""
    workflow = await api.workflow(approval(title="In context"), "Contexts")
    await api.tasks_of(await api.start(workflow, {"customer": "Rossi S.r.l."}))
    await person.open("/tasks")
    await person.card("In context").focus()
    panel = person.page.get_by_role("complementary", name="Context")
    await expect(panel.get_by_text("Rossi S.r.l.")).to_be_visible()
    await person.page.set_viewport_size({"width": 1000, "height": 800})
    await expect(panel).to_have_count(0)
    await person.card("In context").get_by_text("Context: what the run brought so far").click()
    await expect(person.card("In context").get_by_text("Rossi S.r.l.")).to_be_visible()
