"""Checks a receipt of a task, offline: `python verify_receipt.py receipt.json --key PUBLIC_KEY`.

Needs Python 3.11 and the package `cryptography`, and nothing of Flusso. The public key is the deployment's, in base64,
as its operator made it known (docs/receipts.md); several may be given, since keys change. It reads the receipt from
standard input if the file is `-`. It ends with 0 if all is well, with 1 if anything is not, and with 2 if it was not
understood. Whatever it prints comes from what was checked.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SHOWN = ("kind", "workflow_id", "workflow_version", "node", "step_name", "title", "prompt")
TIMES = ("due_at", "timeout_at")


class Wrong(Exception):  # noqa: N818 - a verdict
    """The receipt does not prove what it says."""


class Number(str):
    """A number with a fraction or an exponent, as it was written: programs write the same one in several ways."""

    __slots__ = ()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, without white space, in UTF-8."""
    return written(value).encode()


def written(value: Any) -> str:
    match value:
        case Number():
            return str(value)
        case dict():
            pairs = (f"{written(name)}:{written(value[name])}" for name in sorted(value))
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(map(written, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def check(condition: bool, message: str) -> None:  # noqa: FBT001 - it reads like assert
    if not condition:
        raise Wrong(message)


def check_checkpoint(signed: dict, keys: set[bytes]) -> dict:
    """The checkpoint, if one of the known keys has signed it."""
    checkpoint, key = signed["checkpoint"], base64.b64decode(signed["public_key"])
    check(checkpoint["format"] == "flusso.checkpoint/1", "the checkpoint has an unknown format")
    check(key in keys, f"the key {checkpoint['key_id']} is none of those that you trust")
    check(sha256(key).hex()[:16] == checkpoint["key_id"], "the checkpoint names another key")
    try:
        signature = base64.b64decode(signed["signature"])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, canonical(checkpoint))
    except InvalidSignature:
        raise Wrong(f"the signature of checkpoint {checkpoint['number']} is wrong") from None
    return checkpoint


def check_entry(each: dict, task_id: str, checkpoints: dict[int, dict]) -> dict:
    """The content of an entry, if it is what a checkpoint covers."""
    entry, name = each["entry"], each["entry"]["type"]
    check(entry["format"] == "flusso.entry/1", f"{name}: unknown format")
    check(entry["task_id"] == task_id, f"{name}: of another task")
    check(
        sha256(each["data"].encode()).hex() == entry["data_sha256"],
        f"{name}: its content was changed",
    )
    digest = sha256(canonical(entry))
    check(digest.hex() == each["hash"], f"{name}: the entry was changed")
    node = sha256(b"\x00" + digest)
    for step in each["path"]:
        other = bytes.fromhex(step["hash"])
        pair = other + node if step["side"] == "left" else node + other
        node = sha256(b"\x01" + pair)
    checkpoint = checkpoints.get(each["checkpoint"])
    check(checkpoint is not None, f"{name}: its checkpoint is not here")
    check(node.hex() == checkpoint["root"], f"{name}: its checkpoint does not cover it")
    inside = checkpoint["first_position"] <= entry["position"] <= checkpoint["last_position"]
    check(inside, f"{name}: its checkpoint does not cover its position")
    content: dict = json.loads(each["data"], parse_float=Number)
    return content


def digest_of(opened: dict) -> str:
    """The digest of what was shown: the question, the form and its times."""
    shown = {name: opened[name] for name in SHOWN}
    fields = opened.get("fields", [])
    shown["fields"] = [{k: v for k, v in field.items() if v is not None} for field in fields]
    shown |= {name: opened[name] for name in TIMES if opened.get(name) is not None}
    return sha256(canonical(shown)).hex()


def check_receipt(receipt: dict, keys: set[bytes]) -> list[tuple[dict, dict]]:
    """Everything; the entries with their contents, in order. Raises Wrong."""
    check(receipt["format"] == "flusso.receipt/1", "the receipt has an unknown format")
    signed = [check_checkpoint(each, keys) for each in receipt["checkpoints"]]
    checkpoints = {checkpoint["number"]: checkpoint for checkpoint in signed}
    entries = receipt["entries"]
    contents = [check_entry(each, receipt["task_id"], checkpoints) for each in entries]
    versions = [each["entry"]["version"] for each in entries]
    check(versions == list(range(1, len(versions) + 1)), "entries of the task are missing")
    positions = [each["entry"]["position"] for each in entries]
    check(positions == sorted(set(positions)), "the entries are not in their order")
    check(
        bool(entries) and entries[0]["entry"]["type"] == "flusso.task.opened",
        "what was shown is missing",
    )
    opened = contents[0]
    check(digest_of(opened) == opened["digest"], "what was shown does not have its digest")
    for each, content in zip(entries, contents, strict=True):
        if each["entry"]["type"] == "flusso.task.resolved":
            check(content["digest"] == opened["digest"], "the decision was made on something else")
    return [(each["entry"], content) for each, content in zip(entries, contents, strict=True)]


def printable(value: Any) -> str:
    """A text that cannot steer a terminal."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def say(entry: dict, content: dict) -> None:
    """What an entry says, for a person."""
    kind = entry["type"].removeprefix("flusso.task.")
    print(
        f"{kind} at {entry['occurred_at']} (entry {entry['place']} of workflow {entry['workflow_id']})"
    )
    match kind:
        case "opened":
            print(
                f"  {printable(content['workflow_name'])}, step {printable(content['step_name'])}"
            )
            print(f"  {printable(content['title'])}")
            for line in printable(content["prompt"]).splitlines():
                print(f"  | {line}")
            for field in content.get("fields", []):
                print(
                    f"  field {printable(field['name'])} ({field['type']}): {printable(field['label'])}"
                )
        case "resolved":
            by = content["by"]
            who = f"{printable(by['name'])} ({by['kind']} {printable(by['id'])}, by {by['means']})"
            print(f"  {content['outcome']} by {who}")
            for name, value in (content.get("values") or {}).items():
                print(f"  {printable(name)} = {printable(value)}")
            if content.get("comment"):
                print(f"  comment: {printable(content['comment'])}")
        case _:
            print(f"  the run ended as {content.get('run_status')}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a receipt of a Flusso task, offline.")
    parser.add_argument(
        "file", help="the receipt: `flusso receipt TASK --json`; - reads standard input"
    )
    parser.add_argument("--key", action="append", required=True, help="a public key that you trust")
    arguments = parser.parse_args()
    try:
        keys = {base64.b64decode(key, validate=True) for key in arguments.key}
        if arguments.file == "-":
            receipt = json.load(sys.stdin)
        else:
            receipt = json.loads(Path(arguments.file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"Not understood: {error}", file=sys.stderr)
        return 2
    try:
        checked = check_receipt(receipt, keys)
    except (Wrong, KeyError, TypeError, ValueError) as error:
        print(
            f"WRONG: {error if isinstance(error, Wrong) else f'not a receipt ({error!r})'}",
            file=sys.stderr,
        )
        return 1
    for entry, content in checked:
        say(entry, content)
    print("The receipt is genuine: nothing in it was changed since it was sealed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
