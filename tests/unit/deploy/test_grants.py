"""The least that services need is what they use, and what operators are given is complete."""

import re

import pytest

from contracts import subjects
from contracts.catalogue import REQUESTS
from deploy.grants import SERVICES
from deploy.grants.__main__ import main
from deploy.grants.broker import BETWEEN_SERVICES, DURABLES, permissions_of, render_users
from deploy.grants.database import url_for
from deploy.local.nats import passwords_from
from tests.support.processes import ROOT

PASSWORDS = passwords_from("a secret")


def used_by(service: str) -> set[str]:
    """The subjects that the code of a service names."""
    texts = [path.read_text() for path in (ROOT / "services" / service).rglob("*.py")]
    names = {name for text in texts for name in re.findall(r"\bsubjects\.([A-Z_]+)\b", text)}
    return {getattr(subjects, name) for name in names}


def test_the_gateway_may_ask_what_its_code_asks_and_nothing_between_services() -> None:
    asked = {request.subject for request in REQUESTS} & used_by("gateway")
    assert len(asked) > 20
    assert asked <= set(permissions_of("gateway").publish)
    assert not BETWEEN_SERVICES & set(permissions_of("gateway").publish)


def test_every_durable_consumer_is_guarded() -> None:
    named = {
        value
        for name, value in vars(subjects).items()
        if re.match("(TASKS|ENGINE|WORKER|GATEWAY)_ON_", name)
    }
    assert named == set(DURABLES)


def test_only_its_owner_may_tell_a_fact() -> None:
    may = {service: set(permissions_of(service).publish) for service in SERVICES}
    assert [name for name in SERVICES if "flusso.run.>" in may[name]] == ["engine"]
    assert [name for name in SERVICES if "flusso.task.>" in may[name]] == ["tasks"]
    for permissions in map(permissions_of, SERVICES):
        rights = " ".join(permissions.publish)
        assert "PURGE" not in rights
        assert "DELETE" not in rights


def test_each_service_hears_replies_to_itself_alone() -> None:
    for service in SERVICES:
        inboxes = [name for name in permissions_of(service).subscribe if name.startswith("_INBOX")]
        assert inboxes == [f"_INBOX.{service}.>"]


def test_passwords_differ_and_are_quoted() -> None:
    assert len(set(PASSWORDS.values())) == len(SERVICES)
    written = render_users({**PASSWORDS, "tasks": 'a"b\\c'}, ("root", "secret"))
    assert r'password: "a\"b\\c"' in written
    assert 'user: "root"' in written


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("postgresql://flusso@/flusso?host=/a/b", "postgresql://r@/flusso?host=/a/b"),
        ("postgresql://a:b@h:5432/db?ssl=on", "postgresql://r@h:5432/db?ssl=on"),
    ],
)
def test_an_address_for_another_role_is_otherwise_the_same(given: str, wanted: str) -> None:
    assert url_for(given, "r") == wanted
    assert url_for(given, "r", "p@s:s") == wanted.replace("r@", "r:p%40s%3As@", 1)


def test_operators_are_told_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["database"], {}) == 2
    assert "DATABASE_URL is not set" in capsys.readouterr().err
    assert main(["nats"], {"FLUSSO_NATS_PASSWORD_ENGINE": "x"}) == 2
    told = capsys.readouterr().err
    assert told == "Not set: FLUSSO_NATS_PASSWORD_TASKS, FLUSSO_NATS_PASSWORD_GATEWAY.\n"


def test_operators_get_the_users_of_nats(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {f"FLUSSO_NATS_PASSWORD_{service.upper()}": service * 3 for service in SERVICES}
    assert main(["nats"], environ) == 0
    assert capsys.readouterr().out == render_users({service: service * 3 for service in SERVICES})
