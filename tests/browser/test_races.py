"""Two people, one task; a network that fails; fingers faster than the page: it never pretends, and nothing is lost."""

import asyncio
import re

from playwright.async_api import Request, Route, expect

from deploy.local.stack import Stack
from tests.support.api import Api
from tests.support.asking import ask_for_approval, ask_for_values
from tests.support.browser import Person

LATE_SECONDS = 0.3


def decisions(person: Person) -> list[Request]:
    """The decisions that a person's page sends from now on."""
    sent: list[Request] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith(("/approve", "/reject", "/submit")):
            sent.append(request)

    person.page.on("request", note)
    return sent


async def test_two_people_approve_at_once_and_the_loser_is_told_who_won(
    api: Api, person: Person, colleague: Person
) -> None:
    """'two people approve within a millisecond: one 200, one 409 naming the winner'."""
    task = await ask_for_approval(api, "Contested")
    people = [person, colleague]
    for somebody in people:
        await somebody.open("/tasks")
        await expect(somebody.card("Contested")).to_be_visible()
        await somebody.page.route("**/api/v1/tasks/*/approve", _late)
    await asyncio.gather(
        *(each.card("Contested").get_by_role("button", name="Approve").click() for each in people)
    )
    for somebody in people:
        told = somebody.receipt("Approved. The run has resumed.").or_(
            somebody.page.get_by_text("Your answer was not sent.")
        )
        await expect(told.first).to_be_visible()
    lost = [await each.page.get_by_text("Your answer was not sent.").count() for each in people]
    assert sorted(lost) == [0, 1]
    loser = people[lost.index(1)]
    await expect(loser.page.get_by_text("Already approved by")).to_be_visible()
    run = await api.run_when(str(task["run_id"]), "Completed")
    assert run["output"] == {"approved": True}
    await loser.page.get_by_role("button", name="Dismiss").first.click()
    await expect(loser.card("Contested")).to_have_count(0)


async def _late(route: Route) -> None:
    """Both requests are on their way before either is answered."""
    await asyncio.sleep(LATE_SECONDS)
    await route.continue_()


async def test_a_card_that_someone_else_resolves_says_who_did_and_goes(
    api: Api, person: Person
) -> None:
    """'A card that someone else resolves says who did and goes'."""
    task = await ask_for_approval(api, "Somebody else's")
    await person.open("/tasks")
    await person.live()
    card = person.card("Somebody else's")
    await expect(card).to_be_visible()
    await api.decide(str(task["id"]))
    await expect(card.get_by_text("Approved by")).to_be_visible()
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    await expect(card).to_have_count(0)


async def test_a_refresh_that_crosses_a_decision_still_says_who_decided(
    api: Api, person: Person
) -> None:
    """The list asked for again once the page is live is answered after the decision, so without its card."""
    task = await ask_for_approval(api, "Crossed")
    shown, asked, decided = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def once_it_is_shown(route: Route) -> None:
        await shown.wait()
        await route.continue_()

    async def once_it_is_decided(route: Route) -> None:
        if shown.is_set():
            asked.set()
            await decided.wait()
        await route.continue_()

    await person.page.route("**/api/v1/events*", once_it_is_shown)
    await person.page.route(re.compile(r"/api/v1/tasks\?"), once_it_is_decided)
    await person.open("/tasks")
    card = person.card("Crossed")
    await expect(card).to_be_visible()
    shown.set()
    await asked.wait()
    await api.decide(str(task["id"]))
    decided.set()
    await expect(card.get_by_text("Approved by")).to_be_visible()
    await expect(card).to_have_count(0)


async def test_typed_answers_and_focus_survive_somebody_elses_decision(
    api: Api, person: Person
) -> None:
    task = await ask_for_values(api, "Half filled")
    await person.open("/tasks")
    await person.live()
    card = person.card("Half filled")
    field = card.get_by_label("Notes")
    await field.fill("What I was about to say")
    await field.focus()
    await api.decide(str(task["id"]), "reject")
    await expect(card.get_by_text("Rejected by")).to_be_visible()
    await expect(field).to_be_focused()
    await expect(field).to_have_value("What I was about to say")
    await expect(field).to_have_attribute("readonly", "")
    await expect(card.get_by_role("button", name="Submit")).to_have_count(0)
    await card.get_by_role("button", name="Dismiss").click()
    await expect(card).to_have_count(0)


async def test_a_focused_card_stays_until_the_focus_leaves(api: Api, person: Person) -> None:
    task = await ask_for_approval(api, "In focus")
    await person.open("/tasks")
    await person.live()
    card = person.card("In focus")
    await card.get_by_role("button", name="Approve").focus()
    await api.decide(str(task["id"]))
    await expect(card.get_by_text("Approved by")).to_be_visible()
    await expect(card).to_be_focused()
    await person.page.get_by_label("Search tasks").focus()
    await expect(card).to_have_count(0)


async def test_a_double_click_sends_one_decision(api: Api, person: Person) -> None:
    await ask_for_approval(api, "Double click")
    await person.open("/tasks")
    sent = decisions(person)
    await person.card("Double click").get_by_role("button", name="Approve").dblclick()
    await expect(person.receipt("Approved.")).to_be_visible()
    assert len(sent) == 1


async def test_a_click_right_after_a_card_left_does_not_decide_the_next(
    api: Api, person: Person
) -> None:
    await ask_for_approval(api, "First of two")
    second = await ask_for_approval(api, "Second of two")
    await person.open("/tasks")
    await expect(person.card("Second of two")).to_be_visible()
    button = person.card("First of two").get_by_role("button", name="Approve")
    box = await button.bounding_box()
    assert box is not None
    x, y = box["x"] + 10, box["y"] + 10
    sent = decisions(person)
    await person.page.mouse.click(x, y)
    await expect(person.card("First of two")).to_have_count(0)
    await person.page.mouse.click(x, y)
    await expect(person.receipt("Approved.")).to_be_visible()
    assert len(sent) == 1
    assert (await api.get(f"/tasks/{second['id']}"))["status"] == "pending"


async def test_an_answer_lost_on_the_way_is_asked_for_again_under_the_same_key(
    api: Api, person: Person
) -> None:
    """'the network repeats a click: the same idempotency key gives the first answer'."""
    task = await ask_for_approval(api, "Lost answer")
    await person.open("/tasks")
    sent = decisions(person)
    lost = False

    async def lose_the_first_answer(route: Route) -> None:
        nonlocal lost
        if lost:
            return await route.continue_()
        lost = True
        await route.fetch()
        return await route.abort("connectionreset")

    await person.page.route("**/approve", lose_the_first_answer)
    await person.card("Lost answer").get_by_role("button", name="Approve").click()
    await expect(person.receipt("Approved. The run has resumed.")).to_be_visible()
    await expect(person.page.get_by_text("Your answer was not sent.")).to_have_count(0)
    keys = {await request.header_value("idempotency-key") for request in sent}
    assert len(sent) == 2
    assert len(keys) == 1
    await api.run_when(str(task["run_id"]), "Completed")


async def test_a_decision_made_while_tasks_are_away_lands_once_they_are_back(
    api: Api, person: Person, stack: Stack
) -> None:
    """From the guide.

    'decisions get 503 with Retry-After, never a guess'; the page goes on trying and then says what is true.
    """
    task = await ask_for_approval(api, "While away")
    await person.open("/tasks")
    await expect(person.card("While away")).to_be_visible()
    stack.pause("tasks")
    try:
        await person.card("While away").get_by_role("button", name="Approve").click()
        await expect(person.page.get_by_text("Trying again...")).to_be_visible()
    finally:
        stack.resume("tasks")
    await expect(person.receipt("Approved. The run has resumed.")).to_be_visible()
    await api.run_when(str(task["run_id"]), "Completed")


async def test_the_person_is_told_that_the_run_was_cancelled_first(
    api: Api, person: Person
) -> None:
    """'approve against cancel: one wins at the door; the other is told as such'."""
    task = await ask_for_approval(api, "Cancelled first")
    await person.open("/tasks")
    await expect(person.card("Cancelled first")).to_be_visible()
    started, go_on = asyncio.Event(), asyncio.Event()

    async def wait_for_the_cancel(route: Route) -> None:
        started.set()
        await go_on.wait()
        await route.continue_()

    await person.page.route("**/approve", wait_for_the_cancel)
    await person.card("Cancelled first").get_by_role("button", name="Approve").click()
    await started.wait()
    await api.post(f"/runs/{task['run_id']}/cancel", {"reason": "No longer needed"})
    await api.tasks_of(str(task["run_id"]), 0)
    go_on.set()
    card = person.card("Cancelled first")
    ended = card.get_by_text(re.compile(r"^This run was cancelled by .+ at .*\d.*\."))
    await expect(ended).to_be_visible()
    await expect(card.get_by_text("Your answer was not sent.")).to_be_visible()
    for page in (f"/tasks/{task['id']}", "/tasks?status=decided&q=Cancelled+first"):
        await person.open(page)
        await expect(person.page.get_by_text("This run was cancelled by ")).to_be_visible()
    await person.open(f"/runs/{task['run_id']}")
    await expect(person.page.locator(".facts").get_by_text("No longer needed")).to_be_visible()


async def test_a_draft_survives_a_reload(api: Api, person: Person) -> None:
    await ask_for_values(api, "Kept draft")
    await person.open("/tasks")
    field = person.card("Kept draft").get_by_label("Final text")
    await field.fill("Half a thought")
    await person.page.reload()
    await expect(field).to_have_value("Half a thought")
