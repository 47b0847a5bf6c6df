"""How runs fared, and when each step ran: drawn, told as a table, and reached by keyboard."""

from playwright.async_api import expect

from tests.support.api import Api
from tests.support.asking import ask_for_approval
from tests.support.browser import Person

FITS = "document.documentElement.scrollWidth <= window.innerWidth"
"""Drawings follow the window a moment later."""


async def test_charts_tell_what_happened_also_as_tables(api: Api, person: Person) -> None:
    task = await ask_for_approval(api, "Counted", name="Counted runs")
    await api.decide(str(task["id"]), "reject")
    await api.run_when(str(task["run_id"]), "Failed")
    page = person.page
    await person.open(f"/monitor?workflow_id={task['workflow_id']}")
    await page.get_by_role("tab", name="Runs").press("ArrowRight")
    failing = page.get_by_role("region", name="Workflows that fail most")
    await expect(failing.get_by_role("link", name="Counted runs")).to_be_visible()
    await expect(failing).to_contain_text("1 was rejected")
    await expect(
        page.get_by_role("img", name="0 completed, 1 failed, 0 cancelled.")
    ).to_be_visible()
    decisions = page.get_by_role("region", name="Time to decide")
    await decisions.get_by_text("Show as a table").press("Enter")
    await expect(decisions.get_by_role("row").nth(1)).to_contain_text("Counted runs")
    await page.reload()
    await expect(failing.get_by_role("link", name="Counted runs")).to_be_visible()
    await page.set_viewport_size({"width": 320, "height": 800})
    await page.wait_for_function(FITS)


async def test_timelines_show_what_is_active_and_follow_it(api: Api, person: Person) -> None:
    task = await ask_for_approval(api, "On the line", name="On the line")
    page = person.page
    await person.open(f"/timelines?workflow_id={task['workflow_id']}")
    await person.live()
    row = page.locator(f".gantt [data-run-id='{task['run_id']}']")
    await expect(row).to_contain_text("Waiting")
    await page.get_by_role("region", name="When each step ran, and what is active").press("+")
    await expect(page.get_by_text("2x")).to_be_visible()
    await page.get_by_text("Show as a table").press("Enter")
    await expect(page.get_by_role("row").filter(has_text="On the line")).to_be_visible()
    await api.decide(str(task["id"]))
    await expect(row).to_contain_text("Completed")
    await page.set_viewport_size({"width": 320, "height": 800})
    await page.wait_for_function(FITS)
