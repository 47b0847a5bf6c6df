"""Who may decide a task."""

from collections.abc import Sequence

from contracts.actor import Actor


def may_decide(actor: Actor, assignees: Sequence[str]) -> bool:
    """A task without assignees is anybody's; else it is theirs, by id or by name, and every admin's."""
    return not assignees or actor.is_admin or actor.id in assignees or actor.name in assignees
