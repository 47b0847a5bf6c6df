import pytest

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled, SecretUse
from contracts.workflow import Fault
from services.chassis.errors import Refused
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.run_state import status_of
from services.engine.domain.secret_names import as_name, is_name, sole_reference
from services.engine.domain.secret_places import fill, shown
from services.engine.domain.template_parser import parse_template
from tests.support.runs import node, started, workflow

SECRET = "{{ secrets.API_KEY }}"
URL = "https://example.com/"


def scheduled(config: JsonObject, payload: Json = None) -> NodeScheduled:
    config = {"url": URL, **config}
    return started(workflow([node("call", "http_request", **config)]), payload or {}).one(
        NodeScheduled
    )


def use(pointer: str, offset: int = 0, name: str = "API_KEY") -> SecretUse:
    return SecretUse(name=name, pointer=pointer, offset=offset)


def faults_of(raw: Json, secrets: list[str] | None = None) -> list[Fault]:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(raw, secrets)
    return list(caught.value.faults)


def fault_of(raw: Json, secrets: list[str] | None = None) -> tuple[str, str, str | None]:
    (fault,) = faults_of(raw, secrets)
    return fault.path, fault.code, fault.suggestion


def call(**config: Json) -> JsonObject:
    return workflow([node("call", "http_request", **{"url": URL, **config})])


# -- where their values belong -----------------------------------------------------------------------------------------


def test_a_secret_is_left_out_of_the_request_and_its_place_is_named() -> None:
    job = scheduled({"headers": {"X-Key": f"Key {SECRET}!"}})
    assert job.request["headers"] == {"X-Key": "Key !"}
    assert job.secrets == [use("/headers/X-Key", 4)]


def test_the_place_counts_what_variables_brought_in_before() -> None:
    job = scheduled({"query": {"q": "{{ trigger.output.a }}" + SECRET}}, {"a": "ümlaut"})
    assert job.request["query"] == {"q": "ümlaut"}
    assert job.secrets == [use("/query/q", 6)]


def test_a_body_may_hold_secrets_at_any_depth() -> None:
    job = scheduled({"method": "POST", "body": {"a/b": [1, {"~": SECRET}], "c": SECRET}})
    assert job.request["body"] == {"a/b": [1, {"~": ""}], "c": ""}
    assert job.secrets == [use("/body/a~1b/1/~0"), use("/body/c")]


def test_a_text_may_be_a_secret_and_nothing_else() -> None:
    job = scheduled({"url": f" {SECRET} ", "body": SECRET})
    assert job.secrets == [use("/url", 1), use("/body")]


def test_auth_may_hold_secrets() -> None:
    basic = scheduled({"auth": {"basic": {"username": "ada", "password": SECRET}}})
    assert basic.request["auth"] == {"basic": {"username": "ada", "password": ""}}
    assert basic.secrets == [use("/auth/basic/password")]
    bearer = scheduled({"auth": {"bearer": SECRET}})
    assert bearer.request["auth"] == {"bearer": ""}
    assert bearer.secrets == [use("/auth/bearer")]


def test_what_auth_brings_in_is_text() -> None:
    job = scheduled({"auth": {"bearer": "{{ trigger.output.token }}"}}, {"token": 7})
    assert job.request["auth"] == {"bearer": "7"}


@pytest.mark.parametrize("data", [SECRET, "{{secrets.API_KEY}}", "•", "\0"[1:]])
def test_data_that_looks_like_a_secret_stays_text(data: str) -> None:
    job = scheduled({"headers": {"X-Data": "{{ trigger.output.a }}"}}, {"a": data})
    assert (job.request["headers"], job.secrets) == ({"X-Data": data}, [])


def test_a_run_knows_nothing_but_the_name() -> None:
    run = started(call(headers={"X-Key": SECRET}), {})
    assert status_of(run.state) == "Running"
    assert "API_KEY" not in repr(run.state)


# -- putting them in ---------------------------------------------------------------------------------------------------


def test_values_are_put_in_at_their_places() -> None:
    job = scheduled(
        {
            "headers": {"X": "a{{ secrets.A }}b{{ secrets.B }}{{ secrets.A }}c"},
            "body": [{"k": "{{ secrets.B }}"}],
        }
    )
    filled = fill(job.request, job.secrets, {"A": "one", "B": "two"})
    assert filled["headers"] == {"X": "aonebtwoonec"}
    assert filled["body"] == [{"k": "two"}]
    assert job.request["headers"] == {"X": "abc"}


def test_a_value_that_looks_like_a_secret_is_put_in_as_it_is() -> None:
    job = scheduled({"headers": {"X": SECRET}})
    assert fill(job.request, job.secrets, {"API_KEY": SECRET})["headers"] == {"X": SECRET}


@pytest.mark.parametrize("pointer", ["/headers/Y", "/headers", "/body/9", "/url/x"])
def test_a_place_that_is_not_there_is_refused(pointer: str) -> None:
    request: JsonObject = {"url": URL, "headers": {"X": ""}, "body": [""]}
    with pytest.raises(Refused):
        fill(request, [use(pointer)], {"API_KEY": "value"})


def test_what_is_shown_has_a_mark_in_the_place_of_a_secret() -> None:
    job = scheduled({"headers": {"X-Key": f"Key {SECRET}"}})
    assert shown(job.request, job.secrets)["headers"] == {"X-Key": "Key ••••"}


# -- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "path"),
    [
        (node("n", "approval", prompt=SECRET), "/prompt"),
        (node("n", "approval", prompt="?", title=SECRET), "/title"),
        (node("n", "approval", prompt="?", assignees=[SECRET]), "/assignees/0"),
        (node("n", "transform", a={"b": SECRET}), "/a/b"),
        (node("n", "transform", a={"cel": "secrets.API_KEY"}), "/a/cel"),
        (node("n", "condition", expression="secrets.API_KEY == 'a'"), "/expression"),
        (node("n", "condition", expression="has(secrets.API_KEY)"), "/expression"),
        (node("n", "switch", expression="secrets", cases=["a"]), "/expression"),
        (node("n", "stop", message=SECRET), "/message"),
        (node("n", "delay", duration=SECRET), "/duration"),
        (node("n", "http_request", url=URL, body={"cel": "secrets.A"}), "/body/cel"),
        (node("n", "http_request", url="{{ trigger.output[secrets.A] }}"), "/url"),
        (node("n", "http_request", url="{{ 'a' | append: secrets.A }}"), "/url"),
        (node("n", "http_request", url="{{ secrets }}"), "/url"),
        (node("n", "http_request", url="{{ secrets.A.B }}"), "/url"),
        (node("n", "http_request", url="{{ secrets[trigger.output.a] }}"), "/url"),
    ],
)
def test_a_secret_where_nobody_but_a_worker_looks_is_a_fault(one: JsonObject, path: str) -> None:
    assert fault_of(workflow([one]))[:2] == (f"/nodes/0/config{path}", "secret-not-allowed")


def test_the_fault_says_where_secrets_may_be_used() -> None:
    (fault,) = faults_of(workflow([node("ask", "approval", prompt=SECRET)]))
    assert "`http_request`" in fault.message


def test_filters_are_no_use_on_secrets() -> None:
    found = fault_of(call(headers={"X": "{{ secrets.API_KEY | upcase }}"}))
    assert found == ("/nodes/0/config/headers/X", "secret-not-allowed", SECRET)


def test_a_name_that_cannot_be_one_is_a_fault_with_a_suggestion() -> None:
    found = fault_of(call(url="https://example.com/{{ secrets.api_key }}"))
    assert found == ("/nodes/0/config/url", "invalid-secret-name", SECRET)


def test_an_unknown_secret_is_a_fault_with_the_nearest_name() -> None:
    raw = call(headers={"X": "{{ secrets.API_KYE }}"})
    found = fault_of(raw, ["API_KEY", "OTHER"])
    assert found == ("/nodes/0/config/headers/X", "unknown-secret", SECRET)
    assert parse_definition(raw).secrets == {"API_KYE"}


def test_no_node_can_take_the_name_of_secrets() -> None:
    assert "invalid-key" in {
        fault.code for fault in faults_of(workflow([node("secrets", "transform", a=1)]))
    }


@pytest.mark.parametrize("auth", [{}, {"bearer": "a", "basic": {"username": "a", "password": "b"}}])
def test_auth_is_one_of_two(auth: JsonObject) -> None:
    assert fault_of(call(auth=auth))[:2] == ("/nodes/0/config/auth", "invalid-value")


def test_auth_beside_a_header_of_its_own_is_a_fault() -> None:
    found = fault_of(call(auth={"bearer": SECRET}, headers={"authorization": "x"}))
    assert found[:2] == ("/nodes/0/config/auth", "invalid-value")


def test_a_misspelt_key_of_auth_has_a_suggestion() -> None:
    found = fault_of(call(auth={"baerer": SECRET}))
    assert found == ("/nodes/0/config/auth/baerer", "unknown-key", "bearer")


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["A", "API_KEY", "A1_", "A" * 64])
def test_good_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "a", "1A", "_A", "A-B", "A" * 65, "A\n", "Ä"])
def test_bad_names(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize(
    ("given", "suggested"),
    [("api key", "API_KEY"), ("stripe-Key", "STRIPE_KEY"), ("123", None), ("", None)],
)
def test_a_bad_name_has_a_good_one_nearby(given: str, suggested: str | None) -> None:
    assert as_name(given) == suggested


def test_a_text_can_be_asked_whether_it_is_one_secret() -> None:
    assert sole_reference(" {{secrets.API_KEY}} ") == "API_KEY"
    assert sole_reference("x{{ secrets.API_KEY }}") is None
    assert sole_reference("plain") is None


def test_a_template_of_secrets_knows_them() -> None:
    assert list(parse_template("{{ secrets.A }}-{{ b }}-{{ secrets.C }}").secrets()) == ["A", "C"]
