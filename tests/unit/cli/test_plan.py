from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json, JsonObject
from services.cli.domain.errors import CliError
from services.cli.domain.names import find_by_name
from services.cli.domain.plan import (
    KEPT,
    Stored,
    diff_lines,
    exported,
    find_stored,
    has_untold_secret,
    plan_change,
    same_json,
)
from services.cli.domain.workflow_file import WorkflowFile, read_workflow_file
from services.engine.domain.definition_text import Format, write_definition

NODES: list[Json] = [{"key": "end", "type": "stop", "config": {"message": "Done."}}]
EDGES: list[Json] = [{"from": "trigger", "to": "end"}]


def definition(**trigger: Json) -> JsonObject:
    config = {"type": "webhook_trigger", "config": trigger}
    return {"trigger": config, "nodes": NODES, "edges": EDGES}


def signed(secret: str) -> JsonObject:
    return definition(auth="header", header="x-token", secret=secret)


def stored(**changes: Json) -> Stored:
    usual = Stored(uuid4(), 3, "Ask", "Asks.", "Active", definition(auth="none"))
    return replace(usual, **changes)


def test_a_new_workflow_is_created_and_then_activated() -> None:
    file = WorkflowFile(definition(), name="Ask", status="Active")
    change = plan_change(file, None)
    assert (change.action, change.saves, change.status) == ("create", True, "Active")


def test_a_new_workflow_is_a_draft_if_its_file_does_not_say() -> None:
    change = plan_change(WorkflowFile(definition(), name="Ask"), None)
    assert (change.wanted.status, change.status) == ("Draft", None)


def test_what_the_file_does_not_say_stays_as_it_is() -> None:
    before = stored()
    change = plan_change(WorkflowFile(before.definition), before)
    assert change.action == "unchanged"
    assert diff_lines(change) == []


def test_only_a_status_that_differs_is_set_without_a_new_version() -> None:
    before = stored(status="Paused")
    file = WorkflowFile(before.definition, status="Active")
    change = plan_change(file, before)
    assert (change.action, change.saves, change.status) == ("update", False, "Active")


def test_an_active_workflow_never_becomes_a_draft_again() -> None:
    file = WorkflowFile(definition(), status="Draft")
    with pytest.raises(CliError, match="cannot become a Draft again"):
        plan_change(file, stored())


def test_a_kept_secret_is_no_difference() -> None:
    before = stored(definition=signed(KEPT))
    for written in ("generate", KEPT, "the one that only its author knows"):
        change = plan_change(WorkflowFile(signed(written)), before)
        assert change.action == "unchanged"
        assert diff_lines(change) == []
        assert has_untold_secret(change) == written.startswith("the one")


@pytest.mark.parametrize(
    ("old", "new"),
    [(KEPT, "{{ secrets.SHOP }}"), ("{{ secrets.SHOP }}", "generate"), ("old", "new")],
)
def test_a_secret_from_elsewhere_is_a_difference(old: str, new: str) -> None:
    change = plan_change(WorkflowFile(signed(new)), stored(definition=signed(old)))
    assert change.saves
    assert len([line for line in diff_lines(change) if line[:1] in "+-"]) == 2


def test_a_diff_shows_that_a_secret_changes_but_not_to_what() -> None:
    before = stored(definition=signed("the old one"))
    change = plan_change(WorkflowFile(signed("the new one")), before)
    text = "\n".join(diff_lines(change))
    assert "-      secret: (another one, not shown)" in text
    assert "the old one" not in text
    assert "the new one" not in text


def test_a_diff_shows_what_changes_and_nothing_of_the_order_of_keys() -> None:
    before = stored(definition=dict(reversed(definition(auth="none").items())))
    after = definition(auth="none") | {
        "nodes": [{"key": "end", "type": "stop", "config": {"message": "Ended."}}]
    }
    change = plan_change(WorkflowFile(after), before)
    changed = [line for line in diff_lines(change) if line[:1] in "+-"]
    assert changed == ["-      message: Done.", "+      message: Ended."]


def test_a_workflow_is_found_by_its_id_before_its_name() -> None:
    one, two = uuid4(), uuid4()
    known = [(one, "Ask"), (two, "Other")]
    assert find_stored(WorkflowFile({}, name="Ask"), known) == one
    assert find_stored(WorkflowFile({}, name="Ask", id=two), known) == two
    assert find_stored(WorkflowFile({}, name="ask"), known) is None


def test_a_name_that_fits_two_is_an_error_that_names_both() -> None:
    known = [(UUID(int=1), "Ask"), (UUID(int=2), "Ask")]
    with pytest.raises(CliError, match="2 workflows are named `Ask`") as found:
        find_stored(WorkflowFile({}, name="Ask"), known)
    assert str(UUID(int=1)) in found.value.message
    assert str(UUID(int=2)) in found.value.message


def test_an_id_that_nothing_has_is_an_error() -> None:
    with pytest.raises(CliError, match="There is no workflow"):
        find_stored(WorkflowFile({}, name="Ask", id=UUID(int=1)), [])


def test_a_file_without_name_and_id_is_about_nothing() -> None:
    with pytest.raises(CliError, match="neither a name nor an id"):
        find_stored(WorkflowFile({}), [])


def test_a_misspelt_name_suggests_the_nearest() -> None:
    with pytest.raises(CliError, match="Did you mean `Refunds`"):
        find_by_name("Refnds", [(uuid4(), "Refunds")])


@pytest.mark.parametrize("text_format", ["yaml", "json"])
@pytest.mark.parametrize("secret", [KEPT, "{{ secrets.SHOP }}", "from before they were kept apart"])
def test_what_is_exported_changes_nothing_when_applied(text_format: Format, secret: str) -> None:
    before = stored(definition=signed(secret), description="Two\nlines: yes.")
    text = write_definition(exported(before, with_id=False), text_format)
    assert "from before" not in text
    change = plan_change(read_workflow_file(text, text_format), before)
    assert change.action == "unchanged"


def test_an_export_has_the_id_where_the_name_fits_several() -> None:
    before = stored()
    text = write_definition(exported(before, with_id=True), "yaml")
    file = read_workflow_file(text, "yaml")
    assert find_stored(file, [(before.id, "Ask"), (uuid4(), "Ask")]) == before.id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_value_is_the_same_as_itself_in_another_order(value: Json) -> None:
    assert same_json(value, reordered(value))


@pytest.mark.parametrize(("left", "right"), [(True, 1), (0, False), ([1], [1, 2]), ("1", 1)])
def test_values_that_python_takes_for_equal_are_told_apart(left: Json, right: Json) -> None:
    assert not same_json(left, right)


def reordered(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    return [reordered(item) for item in value] if isinstance(value, list) else value
