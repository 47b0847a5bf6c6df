"""What the documentation says of node and trigger types: the first words of a page, the rows of its tables."""

import re
from pathlib import Path

from services.cli.domain.schema import Pages, TypePage

FOLDER = Path(__file__).parents[3] / "docs" / "nodes"
_ROW = re.compile(r"^\| (`[^|]+?) \|(.*)\|\s*$", re.MULTILINE)
_NAME = re.compile(r"`([a-z_]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def read_pages(folder: Path = FOLDER) -> Pages:
    """Return what the pages say, by type; nothing where there are no pages, as in an installed package."""
    return {
        path.stem: _page(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.md"))
    }


def _page(text: str) -> TypePage:
    _, _, body = text.partition("\n")
    summary = _plain(body.strip().partition("\n\n")[0])
    keys: dict[str, str] = {}
    for names, cells in _ROW.findall(text):
        words = ": ".join(cell for cell in map(_plain, cells.split(" | ")) if cell)
        for name in _NAME.findall(names):
            keys.setdefault(name, words)
    return TypePage(summary, keys)


def _plain(markdown: str) -> str:
    return _LINK.sub(r"\1", " ".join(markdown.strip(" |").split()))
