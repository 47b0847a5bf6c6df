"""From the guide.

'a prompt holds data from outside, with HTML, scripts, a million characters or control characters: shown as text,
escaped, shortened with a way to see all; never executed, never lost'.
"""

from playwright.async_api import expect

from tests.support.api import Api
from tests.support.asking import approval, ask_for_approval
from tests.support.browser import Person

MARKUP = (
    "Look: <script>window.hurt = 1</script> <img src=x onerror='window.hurt = 1'> "
    "[press me](javascript:window.hurt=1) [or me](data:text/html,<script>window.hurt=1</script>) "
    "[entity](&#106;avascript:window.hurt=1) ![picture](https://tracker.invalid/p.png) "
    "[good](https://example.com/page) <a href='javascript:1'>raw</a>"
)
TURNED = "pay \u202egnp.exe\u202c now \u2066x\u2069"


async def test_markup_in_a_prompt_is_text_and_only_safe_links_are_links(
    api: Api, person: Person
) -> None:
    await ask_for_approval(api, "Hostile prompt", MARKUP)
    outside: list[str] = []
    person.page.on(
        "request",
        lambda request: None if request.url.startswith(person.url) else outside.append(request.url),
    )
    await person.open("/tasks")
    prompt = person.card("Hostile prompt").locator(".prompt")
    await expect(prompt.get_by_text("<script>window.hurt = 1</script>")).to_be_visible()
    await expect(prompt.get_by_text("javascript:window.hurt=1").first).to_be_visible()
    good = prompt.get_by_role("link", name="good")
    await expect(good).to_be_visible()
    hrefs = await prompt.locator("a").evaluate_all("links => links.map(link => link.href)")
    assert hrefs == ["https://tracker.invalid/p.png", "https://example.com/page"]
    await expect(good).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(good).to_contain_text("(example.com)")
    assert await prompt.locator("img, script, iframe, object, style").count() == 0
    assert await person.page.evaluate("'hurt' in window") is False
    assert outside == []


async def test_markup_in_a_variable_cannot_add_markup(api: Api, person: Person) -> None:
    """'what a variable brings in is text and cannot add markup'."""
    workflow = await api.workflow(approval("*From* {{ trigger.output.name }}", "Variable"), "Var")
    name = "**bold** [x](https://example.com) <b>raw</b> www.example.com ada@example.com\n# heading"
    await api.tasks_of(await api.start(workflow, {"name": name}))
    await person.open("/tasks")
    prompt = person.card("Variable").locator(".prompt")
    await expect(prompt).to_contain_text(name.replace("\n", " "))
    # The reader of Markdown has been here when its own parts of the prompt are set.
    await expect(prompt.locator(".markdown > p em")).to_have_text("From")
    assert await prompt.locator("a, strong, b, .markdown-heading").count() == 0


async def test_characters_that_turn_the_direction_are_shown_as_marks(
    api: Api, person: Person
) -> None:
    await ask_for_approval(api, "Turn \u202eekaf\u202c", TURNED, name="Name \u202eeman\u202c")
    await person.open("/tasks")
    card = person.page.locator("article.in-feed")
    await expect(card.locator(".prompt .hidden-character")).to_have_text(
        ["U+202E", "U+202C", "U+2066", "U+2069"]
    )
    raw = await card.evaluate("card => /[\\u202a-\\u202e\\u2066-\\u2069]/.test(card.textContent)")
    assert raw is False
    title = await person.page.title()
    assert "\u202e" not in title
    await card.get_by_role("button", name="Reject", exact=True).click()
    await expect(person.page.get_by_role("dialog")).to_contain_text('"Name eman"')


async def test_a_long_prompt_is_shortened_with_a_way_to_see_all(api: Api, person: Person) -> None:
    lines = "\n\n".join(f"Line {number} of many" for number in range(4_000))
    workflow = await api.workflow(approval("{{ trigger.output.text }}", "Long"), "Long texts")
    run = await api.start(workflow, {"text": f"{lines}\n\nThe very end"})
    (task,) = await api.tasks_of(run)
    await person.open("/tasks")
    card = person.card("Long")
    await expect(card.get_by_text("Line 1 of many")).to_be_visible()
    await expect(card.get_by_text("The very end")).to_have_count(0)
    await card.get_by_role("button", name="Show all").click()
    await expect(card.get_by_text("The very end")).to_have_count(1)
    await person.open(f"/tasks/{task['id']}")
    await expect(person.page.get_by_text("The very end")).to_have_count(1)


async def test_scripts_in_outputs_and_names_are_text(api: Api, person: Person) -> None:
    script = "<script>window.hurt = 1</script>"
    workflow = await api.workflow(approval(), script)
    run = await api.start(workflow, {"text": script, "__proto__x": script})
    await api.tasks_of(run)
    for path in (f"/runs/{run}?step=trigger.0", "/workflows", f"/workflows/{workflow}", "/monitor"):
        await person.open(path)
        await expect(person.page.get_by_text(script).first).to_be_attached()
        assert await person.page.evaluate("'hurt' in window") is False


async def test_reading_a_link_changes_nothing(api: Api, person: Person) -> None:
    """GET on any link decides nothing."""
    task = await ask_for_approval(api, "Only looked at")
    for action in ("approve", "reject", ""):
        await person.page.goto(f"{person.url}/tasks/{task['id']}/{action}")
    assert (await api.get(f"/tasks/{task['id']}"))["status"] == "pending"
