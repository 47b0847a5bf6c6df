"""The JSON of what was opened, written once and then used for the event, the snapshot, the list and the answer."""

from collections import OrderedDict

from contracts.task import TaskOpened

ENTRIES_MAX = 512
CHARACTERS_KEPT_MAX = 4_096
"""Longer ones are written anew, so that all that is kept stays within 2 MB."""
_kept: OrderedDict[int, tuple[TaskOpened, str]] = OrderedDict()


def json_of(opened: TaskOpened) -> str:
    """Return `opened.model_dump_json()`. Keeps the object with its text, so that no other can get its identity."""
    found = _kept.get(id(opened))
    if found is not None:
        return found[1]
    text = opened.model_dump_json()
    if len(text) <= CHARACTERS_KEPT_MAX:
        _kept[id(opened)] = (opened, text)
        if len(_kept) > ENTRIES_MAX:
            _kept.popitem(last=False)
    return text
