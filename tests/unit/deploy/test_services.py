from pathlib import Path

import pytest

from deploy.local.services import Surroundings, plan_services, service_environment

SURROUNDINGS = Surroundings(
    database_url="postgresql://there",
    nats_url="nats://there",
    host="127.0.0.1",
    port=8080,
    data_dir=Path("data"),
    admin_token="token",
    secret_keys="local:key",
    extra={"FLUSSO_EXTRA": "1"},
)


def test_each_service_runs_once_unless_asked_for_more() -> None:
    assert [plan.name for plan in plan_services(8080, {})] == ["engine", "tasks", "gateway"]


def test_replicas_are_numbered_and_have_ports_of_their_own() -> None:
    plans = list(plan_services(8080, {"gateway": 2, "engine": 2}))
    assert [plan.name for plan in plans] == ["engine", "engine-2", "tasks", "gateway", "gateway-2"]
    assert len({plan.port for plan in plans}) == len(plans)
    assert [plan.port for plan in plans if plan.name == "gateway"] == [8080]


@pytest.mark.parametrize(
    ("service", "variable"), [("gateway", "FLUSSO_PORT"), ("engine", "FLUSSO_HEALTH_PORT")]
)
def test_a_service_is_told_its_port(service: str, variable: str) -> None:
    plan = next(plan for plan in plan_services(8080, {}) if plan.service == service)
    environment = service_environment(plan, SURROUNDINGS, {})
    assert environment[variable] == str(plan.port)


def test_what_the_user_set_for_the_services_reaches_them() -> None:
    plan = next(plan_services(8080, {}))
    environment = service_environment(plan, SURROUNDINGS, {"OTEL_SERVICE_NAMESPACE": "mine"})
    assert environment["OTEL_SERVICE_NAMESPACE"] == "mine"
    assert environment["FLUSSO_EXTRA"] == "1"


def test_logs_are_readable_unless_machines_read_them() -> None:
    plan = next(plan_services(8080, {}))
    assert service_environment(plan, SURROUNDINGS, {})["FLUSSO_LOG_FORMAT"] == "pretty"
    asked = {"FLUSSO_LOG_FORMAT": "json"}
    assert service_environment(plan, SURROUNDINGS, asked)["FLUSSO_LOG_FORMAT"] == "json"


def test_the_engine_alone_has_the_keys_for_secrets() -> None:
    for plan in plan_services(8080, {}):
        made = service_environment(plan, SURROUNDINGS, {})
        given = service_environment(plan, SURROUNDINGS, {"FLUSSO_SECRET_KEYS": "mine:key"})
        is_engine = plan.service == "engine"
        assert made["FLUSSO_SECRET_KEYS"] == ("local:key" if is_engine else "")
        assert given["FLUSSO_SECRET_KEYS"] == ("mine:key" if is_engine else "")


def test_the_engine_alone_knows_the_mail_server() -> None:
    for plan in plan_services(8080, {}):
        made = service_environment(plan, SURROUNDINGS, {"FLUSSO_SMTP_URL": "smtp://mail.example"})
        assert made["FLUSSO_SMTP_URL"] == (
            "smtp://mail.example" if plan.service == "engine" else ""
        )
