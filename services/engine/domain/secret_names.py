"""What secrets are called, and how a configuration refers to one: `{{ secrets.NAME }}`."""

import re

ROOT = "secrets"
NAME_MAX = 64
NAME_RULE = f"A secret's name has A-Z, 0-9 and `_`, begins with a letter, at most {NAME_MAX}."
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_REFERENCE = re.compile(r"\s*\{\{-?\s*secrets\.([A-Za-z0-9_]+)\s*-?\}\}\s*")


def is_name(text: str) -> bool:
    """Tell whether a secret may be called so."""
    return _NAME.fullmatch(text) is not None


def as_name(text: str) -> str | None:
    """Return the name that was probably meant."""
    name = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")[:NAME_MAX]
    return name if is_name(name) else None


def written(name: str) -> str:
    """Return how a configuration refers to a secret."""
    return f"{{{{ {ROOT}.{name} }}}}"


def sole_reference(text: str) -> str | None:
    """Return the name if a text is a secret and nothing else."""
    found = _REFERENCE.fullmatch(text)
    return None if found is None else found[1]


def context_of(name: str) -> bytes:
    """Return what the value of a secret is bound to when it is encrypted: moved to another name it is void."""
    return f"secrets/{name}".encode()
