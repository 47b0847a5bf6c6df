"""The files below contracts/schemas: current, valid, and saying what the models do."""

import json
from pathlib import Path

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator

from contracts import publish
from contracts.base import JsonObject
from contracts.catalogue import ANNOUNCEMENTS, REQUESTS, Request
from contracts.envelope import BATCH_CONTENT_TYPE

SCHEMAS = [path for path in sorted(publish.documents()) if "/" in path or path[0].isupper()]


def published(path: str) -> JsonObject:
    document: JsonObject = json.loads((publish.FOLDER / path).read_text(encoding="utf-8"))
    return document


def asyncapi() -> JsonObject:
    return published("asyncapi.json")


def references(document: object) -> set[str]:
    match document:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return {found for value in document.values() for found in references(value)}
        case list():
            return {found for value in document for found in references(value)}
        case _:
            return set()


def resolve(document: JsonObject, reference: str) -> object:
    found: object = document
    for key in reference.removeprefix("#/").split("/"):
        assert isinstance(found, dict)
        found = found[key]
    return found


# -- the files -------------------------------------------------------------------------------------


def test_published_files_are_current() -> None:
    assert publish.stale() == [], "run `make schemas`"


def test_a_stale_missing_or_stray_file_is_noticed_and_put_right(tmp_path: Path) -> None:
    publish.write(tmp_path)
    (tmp_path / "Reply.json").write_text("{}")
    (tmp_path / "CloudEvent.json").unlink()
    (tmp_path / "facts" / "gone.json").write_text("{}")

    assert publish.stale(tmp_path) == ["CloudEvent.json", "Reply.json", "facts/gone.json"]
    publish.write(tmp_path)
    assert publish.stale(tmp_path) == []


@pytest.mark.parametrize("path", SCHEMAS)
def test_each_schema_is_valid_json_schema_2020_12(path: str) -> None:
    Draft202012Validator.check_schema(published(path))


def test_the_index_names_only_files_that_exist() -> None:
    index = published("index.json")
    named = [fact["schema"] for fact in index["facts"]]
    named += [asked[part] for asked in index["requests"] for part in ("command", "answer")]
    named += [index["envelope"], index["reply"], index["asyncapi"]]

    assert all((publish.FOLDER / path).is_file() for path in named)


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: asked.command.__name__)
def test_commands_forbid_what_nobody_knows_and_answers_do_not(asked: Request) -> None:
    command = published(f"commands/{asked.command.__name__}.json")
    answer = published(f"answers/{asked.answer.__name__}.json")

    assert command["additionalProperties"] is False
    assert "additionalProperties" not in answer


# -- the AsyncAPI document -------------------------------------------------------------------------


def test_asyncapi_loads_as_asyncapi_3() -> None:
    document = asyncapi()
    document["servers"]["nats"]["pathname"] = ""  # FastStream asks for it, AsyncAPI does not

    loaded = ApplicationSchema.model_validate(document)

    assert loaded.asyncapi == "3.0.0"
    assert loaded.operations.keys() == document["operations"].keys()


def test_every_reference_of_asyncapi_leads_somewhere() -> None:
    document = asyncapi()

    assert all(resolve(document, reference) for reference in references(document))


def test_asyncapi_has_each_subject_once() -> None:
    addresses = [c["address"] for c in asyncapi()["channels"].values() if c["address"] is not None]

    said = [told.subject for told in ANNOUNCEMENTS] + [asked.subject for asked in REQUESTS]
    assert sorted(addresses) == sorted(said)


def test_operations_use_messages_of_their_own_channels() -> None:
    for operation in asyncapi()["operations"].values():
        assert operation["action"] in {"send", "receive"}
        ends = [operation, *([operation["reply"]] if "reply" in operation else [])]
        for end in ends:
            channel = end["channel"]["$ref"]
            assert all(m["$ref"].startswith(f"{channel}/messages/") for m in end["messages"])


def test_each_request_says_what_it_is_answered() -> None:
    document = asyncapi()
    operations = document["operations"]

    for asked in REQUESTS:
        operation = operations[asked.subject.removeprefix("flusso.").replace(".", "_")]
        reply = document["components"]["schemas"][f"{asked.answer.__name__}Reply"]
        assert operation["reply"]["messages"][0]["$ref"].endswith(f"{asked.answer.__name__}Reply")
        assert reply["oneOf"][0]["properties"]["ok"] == {
            "$ref": f"#/components/schemas/{asked.answer.__name__}"
        }


def test_facts_are_told_as_batches_and_jobs_as_batches_of_one() -> None:
    messages = asyncapi()["components"]["messages"]

    for told in ANNOUNCEMENTS:
        message = messages[told.subject.removeprefix("flusso.").replace(".", "_")]
        assert message["contentType"] == BATCH_CONTENT_TYPE
        assert message["payload"]["type"] == "array"
        assert (message["payload"].get("maxItems") == 1) is told.alone
