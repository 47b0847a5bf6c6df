"""What a person waits for: how much the first page loads, and from where."""

import gzip

from tests.support.browser import WEB, Person, manifest

SCRIPT_KB_MAX = 130
STYLE_KB_MAX = 15
EDITOR_KB_MAX = 110
OUTLINE_KB_MAX = 40
"""A small screen needs no canvas."""
YAML_KB_MAX = 25
"""Only where a text of YAML is changed otherwise than as text."""

FIRST = ("index.html", "src/i18n/en.ts")
"""What the browser must have before a task can be decided: the entry, and what it imports."""


def loaded_with(*names: str) -> set[str]:
    """The files that modules of the build need, themselves included."""
    files = manifest()
    wanted, found = list(names), set[str]()
    while wanted:
        chunk = files[wanted.pop()]
        styles = chunk.get("css", [])
        imports = chunk.get("imports", [])
        assert isinstance(styles, list)
        assert isinstance(imports, list)
        found |= {str(chunk["file"]), *map(str, styles)}
        wanted += [str(name) for name in imports if str(files[str(name)]["file"]) not in found]
    return found


def scripts(names: set[str]) -> set[str]:
    return {name for name in names if name.endswith(".js")}


def kilobytes(names: set[str]) -> float:
    return sum(len(gzip.compress((WEB / "dist" / name).read_bytes(), 9)) for name in names) / 1_000


async def test_the_first_page_is_small() -> None:
    files = loaded_with(*FIRST)
    assert kilobytes(scripts(files)) <= SCRIPT_KB_MAX
    assert kilobytes(files - scripts(files)) <= STYLE_KB_MAX


async def test_the_editor_is_small_and_comes_only_when_it_is_opened() -> None:
    first = loaded_with("index.html")
    outline = scripts(loaded_with("src/editor/visual-editor.tsx") - first)
    graph = scripts(loaded_with("src/graph/canvas.tsx") - first)
    yaml = scripts(loaded_with("src/editor/yaml-edits.ts") - first) - outline - graph
    assert 0 < kilobytes(outline) <= OUTLINE_KB_MAX
    assert kilobytes(outline | graph) <= EDITOR_KB_MAX
    assert 0 < kilobytes(yaml) <= YAML_KB_MAX


async def test_nothing_is_fetched_from_elsewhere(person: Person) -> None:
    asked: list[str] = []
    person.page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/tasks", "/workflows", "/workflows/new", "/monitor", "/settings"):
        await person.open(path)
    assert [url for url in asked if not url.startswith(person.url)] == []


async def test_files_are_served_compressed_and_never_change(person: Person) -> None:
    for name in loaded_with(*FIRST):
        answer = await person.context.request.get(f"{person.url}/{name}")
        assert answer.headers["content-encoding"] == "br"
        assert "immutable" in answer.headers["cache-control"]
