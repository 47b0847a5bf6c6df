"""The user guide's page on tasks as a person lives it: each test cites the sentences of `guide.py` that it shows."""

from playwright.async_api import Locator, expect

from contracts.base import JsonObject
from tests.support.api import Api, chain, node
from tests.support.asking import ANSWERS, FIELDS, ask_for_approval, ask_for_values, form
from tests.support.browser import Person


async def follow_the_sidebar(person: Person) -> None:
    """Go to the Tasks page as the guide says."""
    await person.page.locator(".sidebar").get_by_role("link", name="Tasks").click()
    await expect(person.page.get_by_role("heading", name="Tasks", level=1)).to_be_visible()


def button(card: Locator, name: str) -> Locator:
    return card.get_by_role("button", name=name, exact=True)


async def confirm(person: Person, reason: str = "") -> None:
    """Say yes to the question that stands before what cannot be undone."""
    dialog = person.page.get_by_role("dialog")
    await expect(dialog.get_by_text("This cannot be undone.")).to_be_visible()
    await dialog.get_by_label("Reason").fill(reason)
    await button(dialog, "Reject Run").click()


async def test_the_page_lists_what_paused_runs_ask_of_people(api: Api, person: Person) -> None:
    """Both kinds of nodes pause their runs, and both tasks stand on the page that the sidebar leads to.

    - The Tasks page is the human interaction centre of Flusso.
    - When a workflow reaches an Approval or Manual Input node, it pauses and creates a task for you to act on.
    - Tasks — pending human-action items from paused workflow runs.
    - Tasks page — when workflows are paused at Approval or Manual Input nodes, they appear here awaiting your
      response.
    - Click Tasks in the sidebar navigation.
    - Each card shows the workflow, step name, and the required action.
    """
    asked = await ask_for_approval(api, "Send it?", "Shall we **send** it?", name="Newsletter")
    form = await ask_for_values(api, "Say more", name="Campaign")
    for task in (asked, form):
        assert (await api.get(f"/runs/{task['run_id']}"))["status"] == "Waiting"
    await person.open("/")
    await follow_the_sidebar(person)
    for title, workflow, step, kind, action in (
        ("Send it?", "Newsletter", "Manager ok", "Approval", "Approve"),
        ("Say more", "Campaign", "Details", "Manual input", "Submit"),
    ):
        card = person.card(title)
        await expect(card.get_by_text(workflow, exact=True)).to_be_visible()
        await expect(card.get_by_text(step, exact=True)).to_be_visible()
        await expect(card.get_by_text(kind, exact=True)).to_be_visible()
        await expect(button(card, action)).to_be_visible()
    await expect(person.card("Send it?").locator("strong", has_text="send")).to_be_visible()


MAIL = node("newsletter", "send_email", to=["all@example.com"], subject="News", body="Hello.")
POST = node("post", "emit_event", event="social.post", data={"text": "{{ wording.output.text }}"})
PAY = node("pay", "http_request", method="POST", url="https://bank.example/payments")


def ask(key: str, title: str) -> JsonObject:
    return node(key, "approval", title=title, prompt="Is it right?")


WORDING = node(
    "wording",
    "manual_input",
    title="Final text",
    prompt="As it will be read.",
    fields=[{"name": "text", "label": "Text", "type": "text"}],
)
CHECKPOINTS: dict[str, tuple[JsonObject, JsonObject]] = {
    "Newsletter": (chain(node("collect", "transform", count=3), ask("ok", "Send 3 mails?")), MAIL),
    "Post of the day": (chain(WORDING), POST),
    "Payment": (chain(ask("second_eyes", "Pay 900 EUR?")), PAY),
}


def before(asking: JsonObject, act: JsonObject) -> JsonObject:
    """Put the act behind the last step of a definition."""
    last = asking["nodes"][-1]["key"]
    edges = [*asking["edges"], {"from": last, "to": act["key"]}]
    return {**asking, "nodes": [*asking["nodes"], act], "edges": edges}


async def test_checkpoints_stand_before_mails_posts_and_payments(api: Api, person: Person) -> None:
    """What must not happen unseen has not begun while its run waits, wherever in the workflow the person stands.

    - Fully automated workflows are powerful, but some decisions require a human judgment call.
    - Flusso's human-in-the-loop nodes let you insert human checkpoints at any point in a workflow:
    - Before sending a large batch of emails, an approval step lets a human review and confirm.
    - Before posting to social media, a manual input step might ask for the final text.
    - Before processing a financial transaction, an approval ensures a second pair of eyes reviews it.
    """
    for name, (asking, act) in CHECKPOINTS.items():
        run = await api.start(await api.workflow(before(asking, act), name))
        await api.tasks_of(run)
        trace = (await api.get(f"/runs/{run}"))["trace"]
        assert trace[-1]["node"] == asking["nodes"][-1]["key"]
        assert act["key"] not in {step["node"] for step in trace}
    await person.open("/tasks")
    for title in ("Send 3 mails?", "Final text", "Pay 900 EUR?"):
        await expect(person.card(title)).to_be_visible()


async def test_a_paused_run_waits_for_a_person_and_for_nothing_else(
    api: Api, person: Person
) -> None:
    """There is no clock in it; the answer on the Tasks page is what moves it.

    - When a workflow pauses, it enters Waiting status and remains paused until a human responds on the Tasks page.
    - The workflow does not time out — it waits indefinitely.
    - Check Tasks regularly — workflows paused at a human step do not proceed until you act.
    - For time-sensitive workflows, check the Tasks page at least once a day.
    """
    task = await ask_for_approval(api, "Wait for me")
    assert (task.get("due_at"), task.get("timeout_at")) == (None, None)
    await person.open(f"/runs/{task['run_id']}")
    status = person.page.locator(".page-head .badge")
    await expect(status).to_have_text("Waiting")
    await expect(person.page.locator("[data-node=afterwards]")).to_have_count(0)
    await follow_the_sidebar(person)
    await person.page.clock.install()
    await person.page.clock.fast_forward("48:00:00")
    card = person.card("Wait for me")
    await expect(card.locator(".card-deadlines")).to_have_count(0)
    await button(card, "Approve").click()
    await expect(card).to_have_count(0)
    await api.run_when(str(task["run_id"]), "Completed")


async def test_an_approval_goes_on_after_its_message_was_approved(api: Api, person: Person) -> None:
    """The message, the two buttons, and what Approve does to the run.

    - An Approval task presents a message (defined in the workflow's Approval node) and two buttons: Approve and
      Reject.
    - The card displays the message configured in the Approval node.
    - Review it carefully.
    - Click "Approve" or "Reject"
    - The task is resolved immediately and the workflow either resumes or is terminated.
    - Approve — the workflow resumes execution at the step following the Approval node.
    - The output of the Approval node is { "approved": true }.
    """
    task = await ask_for_approval(api, "Go on?", "The message of the node.")
    await person.open("/tasks")
    card = person.card("Go on?")
    await expect(card.get_by_text("The message of the node.")).to_be_visible()
    await expect(button(card, "Reject")).to_be_visible()
    await button(card, "Approve").click()
    await expect(person.receipt("Approved. The run has resumed.")).to_be_visible()
    await expect(card).to_have_count(0)
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "resolved"
    run = await api.run_when(str(task["run_id"]), "Completed")
    asked, after = run["trace"][-2:]
    assert (asked["node"], asked["output"]["approved"]) == ("manager_ok", True)
    assert (after["node"], after["output"]) == ("afterwards", {"approved": True})


async def test_a_rejected_run_is_failed_and_says_so_wherever_it_is_shown(
    api: Api, person: Person
) -> None:
    """Reject ends the run for good; its history and its page tell by whom and why.

    - Tasks are listed here until you approve, reject, or submit the required information.
    - Reject — the workflow run is terminated with a Failed status and the task is removed from the list.
    - The run detail will record the rejection.
    - No undo: Rejecting a task terminates the workflow run permanently.
    - The run will be marked as Failed in the run history.
    - Run history — each workflow run's start time, duration, and status.
    - Clicking a row opens the full execution trace.
    """
    task = await ask_for_approval(api, "Stop here")
    await person.open("/tasks")
    card = person.card("Stop here")
    await button(card, "Reject").click()
    await confirm(person, "The figures are wrong")
    await expect(person.receipt("Rejected. The run is marked Failed.")).to_be_visible()
    await expect(card).to_have_count(0)
    run = str(task["run_id"])
    await api.run_when(run, "Failed")
    await person.open(f"/workflows/{task['workflow_id']}/runs")
    row = person.page.locator(f"[data-run-id='{run}']")
    await expect(row.locator("time")).to_be_visible()
    await expect(row.get_by_text("Failed", exact=True)).to_be_visible()
    duration = row.locator("td").nth(2)
    await expect(duration).not_to_be_empty()
    # The row's one link lies over all of its cells.
    await duration.click(force=True)
    await expect(person.page.get_by_role("heading", name="Steps")).to_be_visible()
    await expect(person.page.locator(".page-head .badge")).to_have_text("Failed")
    trace = person.page.locator(".trace")
    await expect(trace.locator("[data-node=manager_ok]")).to_be_visible()
    await expect(trace.get_by_text("Rejected by")).to_be_visible()
    await expect(trace.get_by_text("The figures are wrong")).to_be_visible()
    assert (await api.decide(str(task["id"]), "approve")).status_code == 409


async def test_every_card_has_reject_run(api: Api, person: Person) -> None:
    """Of both kinds: one question, and the run is over.

    - Every task card (both Approval and Manual Input) includes a Reject Run button.
    - Clicking it immediately terminates the paused workflow run with a Failed status, and removes the task from
      the list.
    - Use this if the workflow should not continue — for example, if the original triggering event is no longer
      relevant.
    """
    asked = await ask_for_approval(api, "An approval")
    form = await ask_for_values(api, "A form")
    await person.open("/tasks")
    for title, task in (("An approval", asked), ("A form", form)):
        await button(person.card(title), "Reject Run").click()
        await confirm(person, "The order was withdrawn")
        await expect(person.card(title)).to_have_count(0)
        run = await api.run_when(str(task["run_id"]), "Failed")
        assert "afterwards" not in {step["node"] for step in run["trace"]}


async def test_a_rejected_workflow_runs_again_from_the_editor_or_by_its_trigger(
    api: Api, person: Person
) -> None:
    """The next run asks anew; schedules have tests of their own (`test_schedules.py`).

    - If you need the workflow to run again, trigger it again from the editor or wait for the next scheduled or
      webhook trigger.
    """
    trigger: JsonObject = {"type": "webhook_trigger", "config": {"auth": "none"}}
    workflow = await api.workflow(chain(ask("again", "Once more?"), trigger=trigger), "Repeated")
    (task,) = await api.tasks_of(await api.start(workflow))
    await api.decide(str(task["id"]), "reject")
    await api.run_when(str(task["run_id"]), "Failed")
    await person.open(f"/workflows/{workflow}")
    await person.page.get_by_role("button", name="Run Repeated").click()
    await person.page.get_by_role("dialog").get_by_role("button", name="Start run").click()
    await expect(person.page.get_by_text("This run is waiting for a person")).to_be_visible()
    answer = await api.http.post(f"/api/webhooks/{workflow}", json={"number": 2})
    assert answer.status_code == 202
    await follow_the_sidebar(person)
    await expect(person.card("Once more?")).to_have_count(2)


async def test_a_form_has_the_fields_of_its_node(api: Api, person: Person) -> None:
    """All of them are on the card, each as what its type says.

    - A Manual Input task presents a form with one or more fields defined in the workflow's Manual Input node
      configuration.
    - The task card shows the form fields.
    - The form may contain fields of the following types:
    - text A single-line text input.
    - textarea A multi-line text area for longer input.
    - number A numeric input field.
    - date A date picker field.
    """
    await ask_for_values(api, "Four fields")
    notes = [{"name": f"note_{n}", "label": f"Note {n}", "type": "text"} for n in range(8)]
    await ask_for_values(api, "Twelve fields", fields=[*FIELDS, *notes])
    await person.open("/tasks")
    card = person.card("Four fields")
    await expect(card.get_by_label("Final text")).to_have_attribute("type", "text")
    assert await card.get_by_label("Notes").evaluate("e => e.tagName") == "TEXTAREA"
    await expect(card.get_by_label("Amount")).to_have_attribute("type", "number")
    await expect(card.get_by_label("Publish on")).to_have_attribute("type", "date")
    await expect(person.card("Twelve fields").locator("input, textarea")).to_have_count(12)


async def test_a_form_is_held_until_it_is_filled_and_its_values_go_on(
    api: Api, person: Person
) -> None:
    """Required fields have their asterisk and hold the form; what is sent is the output of the node.

    - Required fields are marked with an asterisk (*).
    - Fields marked with * must be completed before submission.
    - The form cannot be submitted until all required fields are filled.
    - Click "Submit"
    - The user fills in the form and submits it to resume the workflow.
    - The entered values are sent to the workflow and execution resumes.
    - Once submitted, the entered values are passed into the workflow as the output of the Manual Input node,
      and execution resumes from the next step.
    """
    task = await ask_for_values(api, "Fill me in")
    await person.open("/tasks")
    card = person.card("Fill me in")
    await expect(card.locator("label", has_text="Final text")).to_have_text("Final text *")
    await expect(card.locator("label", has_text="Notes")).to_have_text("Notes")
    sent: list[str] = []
    person.page.on("request", lambda request: sent.append(request.url))
    await button(card, "Submit").click()
    for label in ("Final text", "Amount", "Publish on"):
        await expect(card.get_by_text(f"{label} is required.")).to_be_visible()
    await expect(card.get_by_label("Final text")).to_be_focused()
    await card.get_by_label("Final text").fill("Ready to go")
    await expect(card.get_by_text("Final text is required.")).to_have_count(0)
    await card.get_by_label("Amount").fill("12.5")
    await button(card, "Submit").click()
    await expect(card.get_by_label("Publish on")).to_be_focused()
    assert not any(url.endswith("/submit") for url in sent)
    await card.get_by_label("Publish on").fill("2026-12-24")
    await button(card, "Submit").click()
    await expect(person.receipt("Submitted. The run has resumed.")).to_be_visible()
    await expect(card).to_have_count(0)
    run = await api.run_when(str(task["run_id"]), "Completed")
    details, after = run["trace"][-2:]
    assert (details["node"], details["output"]) == ("details", ANSWERS)
    assert (after["node"], after["output"]) == ("afterwards", {"text": "Ready to go"})


async def test_a_form_asks_only_for_what_earlier_steps_do_not_know(
    api: Api, person: Person
) -> None:
    """What is known is filled in already, so that a form of one field takes one press.

    - Keep Manual Input forms short — only ask for information that cannot be obtained automatically.
    - Fewer fields mean faster task completion.
    """
    known = {
        "name": "final_text",
        "label": "Wording",
        "type": "text",
        "default": "{{ trigger.output.draft }}",
    }
    workflow = await api.workflow(form("Short", [{**known, "required": True}]), "Short form")
    run = await api.start(workflow, {"draft": "As drafted"})
    await api.tasks_of(run)
    await person.open("/tasks")
    card = person.card("Short")
    await expect(card.get_by_label("Wording")).to_have_value("As drafted")
    await button(card, "Submit").click()
    assert (await api.run_when(run, "Completed"))["output"] == {"text": "As drafted"}


async def test_the_dashboard_reminds_of_what_waits(api: Api, person: Person) -> None:
    """The card comes with the first task, counts, leads to the page, and goes with the last task.

    - If there are any pending tasks, a Pending Actions card appears on the Dashboard with a count of how many
      tasks are waiting.
    - Click View Tasks to jump directly to the Tasks page.
    - This ensures that even if you forget to check the Tasks page, you will see a reminder the next time you
      visit the Dashboard.
    - Use the Dashboard badge — the Pending Actions counter on the Dashboard is the fastest way to know if any
      tasks require your attention.
    """
    await person.open("/")
    await expect(person.page.get_by_text("No tasks are waiting.")).to_be_visible()
    await expect(person.page.get_by_role("heading", name="Pending Actions")).to_have_count(0)
    await ask_for_approval(api, "First")
    await ask_for_values(api, "Second")
    await expect(person.page.get_by_role("heading", name="Pending Actions")).to_be_visible()
    await expect(person.page.locator("[data-pending-count]")).to_have_text("2")
    await person.open("/")
    await expect(person.page.locator("[data-pending-count]")).to_have_text("2")
    await person.page.get_by_role("link", name="View Tasks").click()
    await expect(person.page.locator("article.in-feed")).to_have_count(2)


async def test_a_prompt_brings_what_earlier_steps_found(api: Api, person: Person) -> None:
    """The reviewer reads the address itself, and has the steps' outputs at hand.

    - Design approval prompts clearly — the prompt text shown on the Approval card should include enough context
      for the reviewer to make an informed decision without needing to look up the workflow configuration.
    - Use variable references in prompts — the Approval node's prompt field supports variable references, so you
      can include relevant data from earlier steps.
    - For example: "Approve sending this email to {{ fetch_user.output.email }}?"
    """
    fetch = node("fetch_user", "transform", email="{{ trigger.output.name }}@example.com")
    prompt = "Approve sending this email to {{ fetch_user.output.email }}?"
    asks = node("manager_ok", "approval", prompt=prompt, title="To whom")
    await api.tasks_of(
        await api.start(await api.workflow(chain(fetch, asks), "Mail"), {"name": "ada"})
    )
    await person.open("/tasks")
    card = person.card("To whom")
    await expect(card.get_by_text("Approve sending this email to ada@example.com?")).to_be_visible()
