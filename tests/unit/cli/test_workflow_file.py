import pytest

from contracts.workflow import Fault
from services.cli.domain.workflow_file import (
    InvalidFile,
    WorkflowFile,
    looks_like_workflow,
    place_faults,
    read_workflow_file,
)

PARTS = """\
trigger:
  type: manual_trigger
nodes:
  - key: ask
    type: approval
    config:
      prompt: "Go on with {{ trigger.output.what }}?"
edges:
  - {from: trigger, to: ask}
"""
HEAD = "name: Ask\ndescription: Asks.\nstatus: Active\n"


def below_definition(parts: str) -> str:
    return "definition:\n" + "".join(f"  {line}\n" for line in parts.splitlines())


def faults_of(text: str) -> list[Fault]:
    with pytest.raises(InvalidFile) as found:
        read_workflow_file(text, "yaml")
    return found.value.faults


def test_parts_at_the_top_and_below_definition_mean_the_same() -> None:
    flat = read_workflow_file(HEAD + PARTS, "yaml")
    nested = read_workflow_file(HEAD + below_definition(PARTS), "yaml")
    assert flat == nested
    assert (flat.name, flat.description, flat.status) == ("Ask", "Asks.", "Active")
    assert flat.definition.keys() == {"trigger", "nodes", "edges"}


def test_what_a_file_does_not_say_is_none() -> None:
    file = read_workflow_file(PARTS, "yaml")
    assert file == WorkflowFile(definition=file.definition)


def test_json_is_read_with_a_schema_for_editors() -> None:
    text = """{"$schema": "workflow.schema.json", "name": "Ask", "trigger": {"type": "manual_trigger"},
      "nodes": [{"key": "end", "type": "stop"}], "edges": [{"from": "trigger", "to": "end"}]}"""
    assert read_workflow_file(text, "json").name == "Ask"


@pytest.mark.parametrize("nested", [False, True])
def test_every_fault_is_found_with_its_line(nested: bool) -> None:  # noqa: FBT001 - a case
    parts = PARTS.replace("approval", "aproval").replace("to: ask", "to: aks")
    faults = faults_of(HEAD + (below_definition(parts) if nested else parts))
    prefix = "/definition" if nested else ""
    found = {fault.path: (fault.line, fault.suggestion) for fault in faults}
    shift = 1 if nested else 0
    assert found[f"{prefix}/nodes/0/type"] == (8 + shift, "approval")
    assert found[f"{prefix}/edges/0/to"] == (12 + shift, "ask")


def test_a_misspelt_variable_names_the_nearest_one() -> None:
    text = PARTS.replace("trigger.output.what", "triger.output.what")
    (fault,) = faults_of(text)
    assert (fault.line, fault.suggestion) == (7, "trigger.output.what")


@pytest.mark.parametrize(
    ("line", "path", "suggestion"),
    [
        ("status: Activ", "/status", "Active"),
        ("status: active", "/status", "Active"),
        ("id: refund", "/id", None),
        ("name: 5", "/name", None),
        ("name: '  '", "/name", None),
        (f"name: {'x' * 201}", "/name", None),
        ("nam: Ask", "/nam", None),
    ],
)
def test_faults_of_the_head_are_found(line: str, path: str, suggestion: str | None) -> None:
    (fault,) = faults_of(f"{line}\n{PARTS}")
    assert (fault.path, fault.line, fault.suggestion) == (path, 1, suggestion)


def test_parts_beside_a_definition_are_a_fault() -> None:
    text = below_definition(PARTS) + "nodes: []\n"
    assert [fault.path for fault in faults_of(text)] == ["/nodes"]


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list\n", "name: [", "a: 1\na: 2\n"])
def test_what_is_no_workflow_has_a_fault_and_no_traceback(text: str) -> None:
    assert faults_of(text)


def test_a_file_of_a_folder_is_passed_over_if_it_is_something_else() -> None:
    assert looks_like_workflow(HEAD + PARTS, "yaml")
    assert looks_like_workflow('{"nodes": [', "json")
    assert looks_like_workflow("trigger: [\n", "yaml")
    assert not looks_like_workflow("deliveries:\n  - name: a push\n", "yaml")
    assert not looks_like_workflow("deliveries: [\n", "yaml")
    assert not looks_like_workflow('{"ref": {"trigger": "main"}}', "json")


@pytest.mark.parametrize("nested", [False, True])
def test_faults_of_the_server_are_found_in_the_file(nested: bool) -> None:  # noqa: FBT001 - a case
    text = HEAD + (below_definition(PARTS) if nested else PARTS)
    told = Fault(path="/nodes/0/config/prompt", code="odd", message="Odd.")
    (fault,) = place_faults([told], text, "yaml")
    assert fault.line == (11 if nested else 10)
    assert fault.path.endswith(told.path)
