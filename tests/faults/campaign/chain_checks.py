"""I17: the log of tasks is sealed to its end, nothing in it was changed, and receipts that were given still hold.

All of it from the evidence alone, as an auditor would who has a dump and the public key: nothing of the services' code,
only the script of docs/receipts.md, which is what auditors are given.
"""

import base64
import importlib.util
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from contracts.base import JsonObject
from tests.faults.campaign.evidence import LogEntry
from tests.faults.campaign.histories import OPENED, Histories
from tests.faults.campaign.verdicts import Verdict

SCRIPT = Path(__file__).resolve().parents[3] / "docs" / "verify_receipt.py"
BEGINNING = bytes(32).hex()
Tip = tuple[int, str]
"""The place and the hash of the last entry of a workflow's chain."""


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_receipt", SCRIPT)
    assert spec is not None, "the script is there"
    assert spec.loader is not None, "and Python"
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


script = _loaded()


def decisions_are_sealed(histories: Histories) -> Verdict:
    """I17."""
    verdict = Verdict("I17", "the log of tasks is sealed, and receipts hold")
    _check_entries(histories, verdict)
    _check_checkpoints(histories, verdict)
    _check_receipts(histories, verdict)
    return verdict


# -- entries -----------------------------------------------------------------------------------------------------------


def _check_entries(histories: Histories, verdict: Verdict) -> None:
    log = {entry.position: entry for entry in histories.evidence.tasks_log}
    tips: dict[str, Tip] = defaultdict(lambda: (0, BEGINNING))
    for row in histories.evidence.rows("chain"):
        at, workflow = row["position"], row["workflow"]
        entry = log.pop(at, None)
        verdict.expect(workflow is not None, f"the entry at {at} is not sealed")
        verdict.expect(entry is not None, f"the entry at {at} was sealed and is gone")
        if entry is None or workflow is None:
            continue
        document = entry_document(entry, row, tips[workflow])
        tips[workflow] = (row["place"], row["hash"])
        holds = digest(document) == row["hash"] and document["place"] == row["place"]
        verdict.expect(holds, f"the entry at {at} is not what was sealed")
        first = histories.tasks[entry.stream][0]
        holds = first.type != OPENED or first.facts["workflow_id"] == workflow
        verdict.expect(holds, f"the entry at {at} is in the chain of another workflow")
    for at in log:
        verdict.expect(False, f"the chain says nothing of the entry at {at}")  # noqa: FBT003


def entry_document(entry: LogEntry, row: JsonObject, tip: Tip) -> JsonObject:
    place, previous = tip
    return {
        "format": "flusso.entry/1",
        "workflow_id": row["workflow"],
        "place": place + 1,
        "previous": previous,
        "position": entry.position,
        "task_id": entry.stream,
        "version": entry.version,
        "type": entry.type,
        "schema_version": row["schema_version"],
        "occurred_at": row["occurred_at"],
        "data_sha256": script.sha256(entry.data.encode()).hex(),
        "metadata_sha256": script.sha256(entry.metadata.encode()).hex(),
    }


def digest(document: JsonObject) -> str:
    return str(script.sha256(script.canonical(document)).hex())


# -- checkpoints -------------------------------------------------------------------------------------------------------


def _check_checkpoints(histories: Histories, verdict: Verdict) -> None:
    evidence = histories.evidence
    keys = {base64.b64decode(evidence.public_key)}
    hashes = {row["position"]: row["hash"] for row in evidence.rows("chain") if row["hash"]}
    previous, number, covered = BEGINNING, 0, 0
    for row in evidence.rows("checkpoints"):
        number += 1
        verdict.expect(row["number"] == number, f"checkpoint {number} is missing")
        number = row["number"]
        inside = sorted(at for at in hashes if row["first_position"] <= at <= row["last_position"])
        covered += len(inside)
        document = checkpoint_document(row)
        _expect_signed(verdict, document, row, keys)
        verdict.expect(
            row["previous"] == previous, f"checkpoint {number} does not follow the one before it"
        )
        root = _root([bytes.fromhex(hashes[at]) for at in inside])
        holds = root == row["root"] and row["entries"] == covered
        verdict.expect(holds, f"checkpoint {number} does not cover what is there")
        previous = digest(document)
    verdict.expect(covered == len(hashes), f"{len(hashes) - covered} entries have no checkpoint")


def checkpoint_document(row: JsonObject) -> JsonObject:
    kept = ("number", "first_position", "last_position", "entries", "root", "previous")
    document = {name: row[name] for name in (*kept, "signed_at", "key_id")}
    return {"format": "flusso.checkpoint/1", **document}


def _expect_signed(
    verdict: Verdict, document: JsonObject, row: JsonObject, keys: set[bytes]
) -> None:
    signed = {
        "checkpoint": document,
        "signature": base64.b64encode(bytes.fromhex(row["signature"])),
        "public_key": base64.b64encode(bytes.fromhex(row["public_key"] or "")),
    }
    try:
        script.check_checkpoint(signed, keys)
    except script.Wrong as wrong:
        verdict.expect(False, str(wrong))  # noqa: FBT003
    else:
        verdict.checked += 1


def _root(hashes: Sequence[bytes]) -> str:
    """Return the root of the Merkle tree of RFC 6962 over the hashes; a lone node rises as it is."""
    level = [script.sha256(b"\x00" + digest) for digest in hashes]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        risen = level[-1:] if len(level) % 2 else []
        level = [script.sha256(b"\x01" + left + right) for left, right in pairs] + risen
    return level[0].hex() if level else ""


# -- receipts ----------------------------------------------------------------------------------------------------------


def _check_receipts(histories: Histories, verdict: Verdict) -> None:
    """Receipts were given while everything broke: what they say must be what the log says now."""
    evidence = histories.evidence
    keys = {base64.b64decode(evidence.public_key)}
    hashes = {row["position"]: row["hash"] for row in evidence.rows("chain")}
    given = evidence.entries("receipt")
    for told in given:
        receipt, task = told["told"], told["task"]
        try:
            checked = script.check_receipt(receipt, keys)
        except (script.Wrong, KeyError, TypeError, ValueError) as wrong:
            verdict.expect(False, f"the receipt of {task} does not hold: {wrong}")  # noqa: FBT003
            continue
        verdict.expect(receipt["task_id"] == task, f"the receipt of {task} is of another task")
        for entry, _ in checked:
            holds = hashes.get(entry["position"]) == digest(entry)
            words = (
                f"the receipt of {task} has an entry at {entry['position']} that the log has not"
            )
            verdict.expect(holds, words)
    verdict.notes.append(f"{len(given):,} receipts that were given meanwhile were checked")
