"""Whoever asks while the one who answers is only just starting is answered, not told that nobody is there."""

import asyncio
import time

import pytest
from nats.aio.msg import Msg

from contracts.base import Command
from services.chassis import rpc
from services.chassis.errors import Transient
from services.chassis.rpc import Caller
from tests.support.chassis import connected

SUBJECT = "flusso.greeting"


class Greet(Command):
    """Ask for a greeting."""

    name: str


async def greet(message: Msg) -> None:
    await message.respond(b'{"ok":"hello"}')


async def test_who_answers_a_moment_later_is_heard(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "nobody_seconds_max", 60.0)
    async with connected(nats_url) as asking, connected(nats_url) as answering:
        question = asyncio.create_task(Caller(asking).ask(SUBJECT, Greet(name="Ada")))
        await asyncio.sleep(rpc.nobody_pause_seconds * 2)
        assert not question.done()

        await answering.subscribe(SUBJECT, cb=greet)

        assert await question == b'"hello"'


async def test_after_a_while_nobody_is_told_as_such(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "nobody_seconds_max", 0.2)
    async with connected(nats_url) as asking:
        began = time.monotonic()

        with pytest.raises(Transient, match="NoRespondersError"):
            await Caller(asking).ask(SUBJECT, Greet(name="Ada"))

        assert time.monotonic() - began >= rpc.nobody_seconds_max


async def test_who_is_not_patient_is_told_at_once(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "nobody_seconds_max", 3_600.0)
    async with connected(nats_url) as asking:
        with pytest.raises(Transient, match="NoRespondersError"):
            await Caller(asking).ask(SUBJECT, Greet(name="Ada"), patient=False)
