"""What a person waits for: how much the first page loads, and from where."""

import gzip

from tests.support.browser import WEB, Person, manifest

SCRIPT_KB_MAX = 130
STYLE_KB_MAX = 15


def first_load() -> set[str]:
    """The files that the browser must have before a task can be decided: the entry and what it imports."""
    files = manifest()
    wanted, found = ["index.html", "src/i18n/en.ts"], set()
    while wanted:
        chunk = files[wanted.pop()]
        styles = chunk.get("css", [])
        imports = chunk.get("imports", [])
        assert isinstance(styles, list)
        assert isinstance(imports, list)
        found |= {str(chunk["file"]), *map(str, styles)}
        wanted += [str(name) for name in imports if str(files[str(name)]["file"]) not in found]
    return found


def kilobytes(names: set[str]) -> float:
    return sum(len(gzip.compress((WEB / "dist" / name).read_bytes(), 9)) for name in names) / 1_000


async def test_the_first_page_is_small() -> None:
    files = first_load()
    scripts = {name for name in files if name.endswith(".js")}
    assert kilobytes(scripts) <= SCRIPT_KB_MAX
    assert kilobytes(files - scripts) <= STYLE_KB_MAX


async def test_nothing_is_fetched_from_elsewhere(person: Person) -> None:
    asked: list[str] = []
    person.page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/tasks", "/workflows", "/workflows/new", "/monitor", "/settings"):
        await person.open(path)
    assert [url for url in asked if not url.startswith(person.url)] == []


async def test_files_are_served_compressed_and_never_change(person: Person) -> None:
    for name in first_load():
        answer = await person.context.request.get(f"{person.url}/{name}")
        assert answer.headers["content-encoding"] == "br"
        assert "immutable" in answer.headers["cache-control"]
