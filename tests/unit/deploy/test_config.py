import re
from pathlib import Path

import pytest

from deploy.local.nats import render_config as render_nats
from deploy.local.postgres_config import render_config as render_postgres
from deploy.local.postgres_config import render_hba, render_ident


def test_postgres_listens_on_no_network() -> None:
    config = render_postgres(Path("/data/socket"), 5432, durable=True)
    assert "listen_addresses = ''" in config
    assert "unix_socket_permissions = 0700" in config


@pytest.mark.parametrize("durable", [True, False])
def test_postgres_answers_only_what_survives_a_crash(durable: bool) -> None:  # noqa: FBT001
    config = render_postgres(Path("/data/socket"), 5432, durable=durable)
    assert "\nsynchronous_commit = on\n" in config
    assert "\nfull_page_writes = on\n" in config


def test_only_tests_do_without_fsync() -> None:
    folder = Path("/data/socket")
    assert "\nfsync = on\n" in render_postgres(folder, 5432, durable=True)
    assert "\nfsync = off\n" in render_postgres(folder, 5432, durable=False)


def test_a_quote_in_the_path_does_not_end_the_setting() -> None:
    config = render_postgres(Path("/it's here"), 5432, durable=True)
    assert "unix_socket_directories = '/it''s here'" in config


def test_only_the_user_who_started_postgres_may_connect() -> None:
    assert render_hba() == "local all all peer map=flusso_owner\n"
    assert render_ident("mara") == 'flusso_owner "mara" all\n'


def test_nats_listens_on_loopback_behind_a_password() -> None:
    config = render_nats(Path("/data/jetstream"), 4222, "geheim", None)
    assert "host: 127.0.0.1\n" in config
    assert 'password: "geheim"' in config


def test_nats_has_no_monitoring_port_unless_asked() -> None:
    assert "http:" not in render_nats(Path("/data"), 4222, "geheim", None)
    assert re.search(
        r"^http: 127\.0\.0\.1:8222$", render_nats(Path("/data"), 4222, "x", 8222), re.MULTILINE
    )


def test_nats_takes_messages_of_up_to_a_mebibyte() -> None:
    assert "max_payload: 1048576\n" in render_nats(Path("/data"), 4222, "geheim", None)
