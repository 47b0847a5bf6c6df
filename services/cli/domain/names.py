"""Which workflow a name means. Names are not unique, so one that fits several is an error and never a guess."""

import difflib
from collections.abc import Sequence
from uuid import UUID

from services.cli.domain.errors import CliError


def find_by_name(
    name: str, known: Sequence[tuple[UUID, str]], *, or_none: bool = False
) -> UUID | None:
    """Return the id of the workflow of exactly that name; raises CliError if there are several, or none."""
    found = [workflow_id for workflow_id, other in known if other == name]
    if len(found) > 1:
        ids = ", ".join(map(str, sorted(found)))
        raise CliError(f"{len(found)} workflows are named `{name}`: name one by its id ({ids}).")
    if found or or_none:
        return found[0] if found else None
    near = difflib.get_close_matches(name, [other for _, other in known], n=1)
    hint = f" Did you mean `{near[0]}`?" if near else " `flusso workflows` lists all."
    raise CliError(f"There is no workflow `{name}`.{hint}")
