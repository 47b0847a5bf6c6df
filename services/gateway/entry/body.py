"""Reads request bodies within limits on size, time and form, before anything else looks at them."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from contracts.base import Json
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json

value_bytes_max = 262_144
"""Of one value: a trigger's input, a webhook's payload, a form's values."""
document_bytes_max = 700_000
"""Of a workflow: a definition of at most 256 KiB, also as an escaped text inside JSON."""
document_keys_max = 50_000
"""A definition of 2,000 nodes."""
body_seconds_max = 10.0
drained_bytes_max = 32 * 1024 * 1024
"""Of a body that is refused: closing on unread data would destroy the answer on its way to the sender."""
drain_seconds_max = 1.0
"""Without another byte of it."""


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Return the raw body. Raises Refused if it is too large, too slow, or compressed."""
    _refuse_compressed(request)
    length = request.headers.get("content-length")
    try:
        async with asyncio.timeout(body_seconds_max):
            if length is not None and length.isdecimal() and int(length) > bytes_max:
                if "expect" not in request.headers:
                    await _drain(request)
                raise _too_large(bytes_max)
            return await _collect(request, bytes_max)
    except TimeoutError:
        raise Refused("request-timeout", "The body did not arrive in time.") from None


async def _collect(request: Request, bytes_max: int) -> bytes:
    message = await request.receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        if len(body) > bytes_max:
            await _drain(request)
            break
        message = await request.receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    if len(body) > bytes_max:
        raise _too_large(bytes_max)
    return body


async def _drain(request: Request) -> None:
    """Read on and throw away, so that the sender gets to read the answer; not for long if it stalls."""
    drained = 0
    while drained < drained_bytes_max:
        try:
            async with asyncio.timeout(drain_seconds_max):
                message = await request.receive()
        except TimeoutError:
            return
        drained += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


async def read_json(request: Request, bytes_max: int) -> tuple[bytes, Json]:
    """Return the raw body and its normalised value; an empty body is an empty object. Raises Refused."""
    raw = await read_body(request, bytes_max)
    if not raw:
        return raw, {}
    refuse_other_than_json(request)
    return raw, normalise_json(raw, bytes_max=bytes_max)


def refuse_other_than_json(request: Request) -> None:
    """Refuse a body that does not say it is JSON: a form of another site could send it."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    charset = parameters.strip().lower()
    if not is_json or charset not in {"", "charset=utf-8", 'charset="utf-8"'}:
        raise Refused(
            "unsupported-media-type", "Send JSON in UTF-8, with content-type: application/json."
        )


def _refuse_compressed(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise Refused("unsupported-media-type", "Compressed bodies are not taken.")


def _too_large(bytes_max: int) -> Refused:
    return Refused("too-large", f"The body is larger than {bytes_max} bytes.", bytes_max=bytes_max)
