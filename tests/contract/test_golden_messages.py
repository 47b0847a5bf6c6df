"""Facts as they were published once: they load for ever, with the meaning that they had.

A golden file is never edited; a new version of a fact gets new files beside the old ones.
"""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contracts import publish
from contracts.base import Json, JsonObject
from contracts.catalogue import FACT_VERSION, FACTS
from contracts.envelope import BATCH, CloudEvent, encode_batch, encode_event, split_batch

GOLDEN = Path(__file__).parents[1] / "golden"
MESSAGES = sorted((GOLDEN / "messages").glob("*/*.json"))
BATCHES = sorted((GOLDEN / "batches").glob("*.json"))
LATER = "later_"
"""Golden fields and attributes with this prefix stand for what a later release may add."""


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def read(path: Path) -> JsonObject:
    document: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    return document


def without_later(value: Json) -> Json:
    match value:
        case dict():
            kept = {name: each for name, each in value.items() if not name.startswith(LATER)}
            return {name: without_later(each) for name, each in kept.items()}
        case list():
            return [without_later(each) for each in value]
        case _:
            return value


@pytest.mark.parametrize("path", MESSAGES, ids=name_of)
def test_a_fact_loads_and_is_written_again_as_it_was(path: Path) -> None:
    published = read(path)

    event = CloudEvent.model_validate_json(path.read_bytes())
    fact = FACTS[event.type].model_validate(event.data)

    assert fact.model_dump(mode="json", exclude_unset=True) == without_later(published["data"])
    assert FACTS[event.type].model_validate_json(fact.model_dump_json()) == fact


@pytest.mark.parametrize("path", MESSAGES, ids=name_of)
def test_its_envelope_is_written_again_as_it_was(path: Path) -> None:
    published = read(path)
    event = CloudEvent.model_validate(published)

    written = encode_event(
        source=event.source,
        name=event.type,
        schema_version=int(event.dataschema.rpartition("/")[2]),
        subject=event.subject,
        sequence=event.sequence,
        position=event.logposition,
        time=event.time,
        traceparent=event.traceparent,
        data=json.dumps(published["data"]),
    )

    assert json.loads(written) == {n: v for n, v in published.items() if not n.startswith(LATER)}


@pytest.mark.parametrize("path", MESSAGES, ids=name_of)
def test_it_is_valid_by_the_published_schemas(path: Path) -> None:
    published = read(path)
    schema = f"facts/{published['dataschema']}.json"

    for name, value in (("CloudEvent.json", published), (schema, published["data"])):
        document = json.loads((publish.FOLDER / name).read_text(encoding="utf-8"))
        Draft202012Validator(document).validate(value)


@pytest.mark.parametrize("path", MESSAGES, ids=name_of)
def test_it_lies_where_its_type_and_version_say(path: Path) -> None:
    published = read(path)
    version = path.stem.partition("-")[0].removeprefix("v")

    assert published["type"] == path.parent.name
    assert published["dataschema"] == f"{path.parent.name}/{version}"
    assert published["id"] == f"{published['subject']}-{published['sequence']}"
    assert datetime.fromisoformat(published["time"]).utcoffset() is not None


@pytest.mark.parametrize("fact_type", sorted(FACTS))
def test_every_fact_has_examples_with_and_without_later_fields(fact_type: str) -> None:
    names = {path.stem for path in (GOLDEN / "messages" / fact_type).glob("*.json")}

    assert f"v{FACT_VERSION}-later-fields" in names
    assert len(names) > 1


@pytest.mark.parametrize("path", BATCHES, ids=lambda path: path.stem)
def test_a_batch_is_split_into_its_events(path: Path) -> None:
    members = split_batch(path.read_bytes())

    events = BATCH.validate_json(path.read_bytes())
    assert [event.id for event in events] == [member["id"] for member in members]
    assert split_batch(encode_batch(json.dumps(m).encode() for m in members)) == members


@pytest.mark.parametrize("payload", [b"", b"{}", b"[1]", b"[{}, null]", b"[{}", b"\xff", b"null"])
def test_what_is_not_a_batch_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        split_batch(payload)


def test_golden_files_are_never_edited() -> None:
    """A new file adds its line to SUMS; a changed line means that a promise was broken."""
    lines = (GOLDEN / "SUMS").read_text(encoding="utf-8").splitlines()
    recorded = {path: digest for digest, _, path in (line.partition("  ") for line in lines)}

    found = {
        path.relative_to(GOLDEN).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in GOLDEN.rglob("*.json")
    }
    assert found == recorded
