import hashlib
import hmac
import json
from pathlib import Path

import pytest

from deploy.local.demo import EXAMPLES
from deploy.local.errors import CannotStart
from deploy.local.examples import Example, build_request, load_example, load_examples
from services.engine.domain.definition import parse_definition


def example_named(name: str) -> Example:
    return load_example(EXAMPLES / name)


@pytest.mark.parametrize(
    "example", load_examples(EXAMPLES), ids=lambda example: example.folder.name
)
def test_every_example_has_a_readme_and_deliveries_with_a_body(example: Example) -> None:
    assert (example.folder / "README.md").read_text().startswith("# ")
    for delivery in example.deliveries:
        assert json.loads(build_request(example, delivery).body)


@pytest.mark.parametrize(
    "example", load_examples(EXAMPLES), ids=lambda example: example.folder.name
)
def test_every_example_is_a_workflow_without_faults(example: Example) -> None:
    assert parse_definition(example.workflow.definition).nodes


def test_no_secret_stands_in_a_file() -> None:
    first, second = example_named("release-gate"), example_named("release-gate")
    assert first.trigger["secret"] != "generate"
    assert first.trigger["secret"] != second.trigger["secret"]


def test_a_push_is_signed_as_github_signs_it() -> None:
    example = example_named("release-gate")
    request = build_request(example, example.deliveries[0])
    expected = hmac.new(example.trigger["secret"].encode(), request.body, hashlib.sha256)
    assert request.headers["x-hub-signature-256"] == f"sha256={expected.hexdigest()}"


def test_the_shop_proves_itself_by_its_header() -> None:
    example = example_named("refund-above-limit")
    request = build_request(example, example.deliveries[0])
    assert request.headers["x-shop-token"] == example.trigger["secret"]


def test_each_delivery_has_an_id_of_its_own_each_time() -> None:
    example = example_named("release-gate")
    ids = {
        build_request(example, delivery).headers["x-github-delivery"]
        for delivery in example.deliveries * 2
    }
    assert len(ids) == 2 * len(example.deliveries)


def test_changes_replace_members_of_the_body_in_the_file() -> None:
    example = example_named("release-gate")
    bodies = [json.loads(build_request(example, each).body) for each in example.deliveries]
    assert [body["ref"] for body in bodies] == ["refs/heads/main", "refs/heads/try-larger-buttons"]


def test_a_broken_example_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "workflow.yaml").write_text("name: [")
    with pytest.raises(CannotStart, match="The example odd cannot be read"):
        load_examples(tmp_path)


def test_no_examples_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="There are no examples in"):
        load_examples(tmp_path)
