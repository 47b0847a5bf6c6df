"""Markdown as mail shows it: HTML for those who read that, plain text for all others, from the same reading of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
_RULE = "-" * 20


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - its parent's name
        """Tell whether a link of a mail may be one: what runs code, or means nothing outside a page, stays text."""
        try:
            return urlsplit(url.strip()).scheme.lower() in LINK_SCHEMES
        except ValueError:
            return False


_PARSER = _Parser("commonmark", {"html": False}).enable(["table", "strikethrough"])


def mail_html(tokens: Sequence[Token]) -> str:
    """Return the tokens as HTML."""
    rendered: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8"></head>\n'
        '<body style="font-family: sans-serif; line-height: 1.5">\n'
        f"{rendered}</body></html>\n"
    )


def read_markdown(source: str) -> list[Token]:
    """Return the tokens that both forms are made of."""
    return _PARSER.parse(source)


@dataclass(slots=True)
class _Plain:
    """Lines of plain text so far, and what the next line begins with."""

    lines: list[str] = field(default_factory=list)
    prefix: list[str] = field(default_factory=list)
    """What each open quote or list puts in front of a line."""
    numbers: list[int | None] = field(default_factory=list)
    """The next number of each open list; None for one without."""
    cells: list[str] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Add lines; the marker of a list item stands before the first one only."""
        for line in text.split("\n"):
            self.lines.append(("".join(self.prefix) + line).rstrip())
            self.prefix = [
                each if each.startswith(">") else " " * len(each) for each in self.prefix
            ]

    def part(self) -> None:
        """Leave a line free between blocks."""
        if self.lines and self.lines[-1].strip(" >"):
            quotes = [each for each in self.prefix if each.startswith(">")]
            self.lines.append("".join(quotes).rstrip())


def mail_plain(tokens: Sequence[Token]) -> str:
    """Return the tokens as plain text."""
    plain = _Plain()
    for token in tokens:
        _add(plain, token)
    return "\n".join(plain.lines).strip("\n") + "\n"


def _add(plain: _Plain, token: Token) -> None:
    match token.type:
        case "inline" if plain.cells:
            plain.cells[-1] = _inline(token)
        case "inline":
            plain.write(_inline(token))
        case "fence" | "code_block":
            plain.part()
            plain.write(token.content.rstrip("\n"))
        case "hr":
            plain.part()
            plain.write(_RULE)
        case "paragraph_open" | "heading_open" if not token.hidden:
            _part_unless_in_item(plain)
        case "table_open":
            plain.part()
        case "th_open" | "td_open":
            plain.cells.append(" ")
        case "tr_close":
            plain.write(" | ".join(cell.strip() for cell in plain.cells))
            plain.cells.clear()
        case _:
            _nest(plain, token)


def _part_unless_in_item(plain: _Plain) -> None:
    """The first paragraph of a list item stands beside its marker."""
    if not any(each.strip(" >") for each in plain.prefix):
        plain.part()


def _nest(plain: _Plain, token: Token) -> None:
    """Open and close what stands in front of lines."""
    match token.type:
        case "blockquote_open":
            plain.part()
            plain.prefix.append("> ")
        case "blockquote_close" | "list_item_close":
            plain.prefix.pop()
        case "bullet_list_open" | "ordered_list_open":
            if not plain.numbers:
                plain.part()
            is_bulleted = token.type == "bullet_list_open"
            plain.numbers.append(None if is_bulleted else int(token.attrGet("start") or 1))
        case "bullet_list_close" | "ordered_list_close":
            plain.numbers.pop()
        case "list_item_open":
            number = plain.numbers[-1]
            plain.prefix.append("- " if number is None else f"{number}. ")
            if number is not None:
                plain.numbers[-1] = number + 1
        case _:
            return


def _inline(token: Token) -> str:
    """Return text with the targets of links behind it; marks for emphasis are left out."""
    pieces: list[str] = []
    targets: list[tuple[str, int]] = []
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline":
                pieces.append(child.content)
            case "softbreak" | "hardbreak":
                pieces.append("\n")
            case "image":
                pieces.append(child.content or cast("str", child.attrGet("src")))
            case "link_open":
                targets.append((str(child.attrGet("href")), len(pieces)))
            case "link_close":
                target, start = targets.pop()
                shown = "".join(pieces[start:])
                if shown not in {target, target.removeprefix("mailto:")}:
                    pieces.append(f" ({target})")
            case _:
                pass
    return "".join(pieces)
