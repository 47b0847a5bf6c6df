import pytest

from deploy.local.errors import CannotStart
from deploy.local.settings import base_url, read_settings


def test_nothing_set_means_the_defaults_of_the_readme() -> None:
    settings = read_settings({})
    assert settings.url == "http://127.0.0.1:8080"
    assert str(settings.data_dir) == ".flusso"
    assert (settings.admin_token, settings.database_url, settings.nats_url) == (None, None, None)


def test_an_empty_variable_counts_as_not_set() -> None:
    names = ("FLUSSO_PORT", "FLUSSO_HOST", "FLUSSO_DATA_DIR", "FLUSSO_ADMIN_TOKEN", "DATABASE_URL")
    assert read_settings(dict.fromkeys(names, "")) == read_settings({})


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "80 80", "8.0", "\u0663"])
def test_a_port_that_is_none_is_named(text: str) -> None:
    with pytest.raises(CannotStart, match=r"FLUSSO_PORT must be a port from 1 to 65535"):
        read_settings({"FLUSSO_PORT": text})


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:1"),  # noqa: S104 - not bound here
        ("::", "http://[::1]:1"),
        ("::1", "http://[::1]:1"),
        ("example.test", "http://example.test:1"),
    ],
)
def test_the_address_shown_is_one_that_a_browser_can_open(host: str, url: str) -> None:
    assert base_url(host, 1) == url
