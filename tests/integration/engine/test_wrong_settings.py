"""An engine whose settings cannot be used ends at once, and says which and why in one sentence."""

import asyncio
import os
import secrets
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLUSSO_SMTP_URL", "http://flusso:{secret}@mail.example"),
        ("FLUSSO_EMAIL_FROM", "nobody"),
        ("FLUSSO_ENGINE_ROLES", "butler"),
        ("FLUSSO_HTTP_ALLOWED_NETWORKS", "everything"),
    ],
)
async def test_a_wrong_setting_is_one_sentence(
    database_url: str, nats_url: str, name: str, value: str
) -> None:
    secret = secrets.token_hex(8)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.engine.main",
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database_url,
            "NATS_URL": nats_url,
            "FLUSSO_HEALTH_PORT": "0",
            name: value.format(secret=secret),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        said, sentence = await process.communicate()

    assert process.returncode == 2
    assert sentence.decode().startswith(name)
    assert sentence.decode().count("\n") == 1
    assert secret.encode() not in said + sentence
