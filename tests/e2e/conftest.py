"""What the end-to-end tests of the command line share."""

from uuid import uuid4

import pytest

from deploy.local.stack import Stack
from tests.support.cli import Cli


@pytest.fixture
def cli(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    made = Cli(stack, capsys)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("FORCE_COLOR", "FLUSSO_ADMIN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def name() -> str:
    """A workflow's name that nothing else of this stack has."""
    return f"Ask {uuid4()}"
