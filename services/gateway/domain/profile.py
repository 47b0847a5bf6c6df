"""How a person wants the app: their name, and what they chose, on whatever device; None is as the device has it."""

from dataclasses import dataclass
from typing import Literal

from services.gateway.domain.identity import User

Language = Literal["en", "it"]
Theme = Literal["light", "dark", "system"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person chose."""

    time_zone: str | None = None
    language: Language | None = None
    theme: Theme | None = None
    shortcuts: bool | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A person and what they chose."""

    user: User
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Change:
    """`named` says which of the wishes change; a name of None stays."""

    name: str | None
    wishes: Wishes
    named: frozenset[str]
