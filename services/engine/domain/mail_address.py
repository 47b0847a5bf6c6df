"""Mail addresses as people write them: `ada@example.org`, or `Ada Lovelace <ada@example.org>`.

One text is one address, whatever data has brought into it: nobody is added by a comma in a name.
"""

import re
import unicodedata
from dataclasses import dataclass

import idna

ADDRESS_BYTES_MAX = 254
"""RFC 5321 in its errata: what fits between angle brackets."""
LOCAL_BYTES_MAX = 64
NAME_MAX = 200
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_JOINERS = frozenset("\u200c\u200d")
"""Invisible, but part of how words are written in some languages."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address whose domain is in ASCII, and the name of who reads there, if it was given."""

    address: str
    name: str = ""

    @property
    def local(self) -> str:
        """The part before the `@`."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """The part after the `@`."""
        return self.address.rpartition("@")[2]


def parse_mailbox(text: str) -> Mailbox:
    """Return the mailbox that a text names; raises ValueError, whose text says what is wrong."""
    shown = f"`{text[:100]}`"
    if any(is_control(character) for character in text.strip()):
        msg = f"{shown} holds a line break or another control character."
        raise ValueError(msg)
    found = _MAILBOX.fullmatch(text.strip())
    address = text.strip() if found is None else found["address"].strip()
    local, _, domain = address.rpartition("@")
    if _LOCAL.fullmatch(local) is None or len(local.encode()) > LOCAL_BYTES_MAX:
        msg = f"{shown} is no mail address such as `ada@example.org` or `Ada <ada@example.org>`."
        raise ValueError(msg)
    address = f"{local}@{_ascii_domain(domain, shown)}"
    if len(address.encode()) > ADDRESS_BYTES_MAX:
        msg = f"{shown} is longer than a mail address can be."
        raise ValueError(msg)
    return Mailbox(address, "" if found is None else _name(found["name"]))


def _ascii_domain(domain: str, shown: str) -> str:
    try:
        if domain.endswith("."):
            raise idna.IDNAError("it ends with a dot")
        return idna.encode(domain, uts46=True, std3_rules=True).decode().lower()
    except UnicodeError as error:
        msg = f"{shown} has no domain that mail could go to: {error}."
        raise ValueError(msg) from error


def _name(text: str) -> str:
    name = one_line(text)
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].strip()
    return name[:NAME_MAX]


def one_line(text: str) -> str:
    """Return a text without line breaks and what nobody sees, such as marks that turn the reading direction."""
    kept = (" " if is_control(character) else character for character in text)
    return " ".join("".join(each for each in kept if not _is_hidden(each)).split())


def is_control(character: str) -> bool:
    """Tell whether a character is a control character, a line separator, or no character at all."""
    return unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"}


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) == "Cf" and character not in _JOINERS
