"""What somebody can do who has the database in their hands, but not the key of the deployment."""

import secrets
from dataclasses import replace

import orjson

from contracts.base import JsonObject
from services.tasks.adapters.signing import Ed25519Signer
from tests.faults.campaign import chain_checks
from tests.faults.campaign.evidence import Evidence, LogEntry


def _sealed(evidence: Evidence, kind: str) -> tuple[int, JsonObject]:
    """Return the place in the log of the last entry of that kind, and what the chain says of it."""
    at = max(place for place, entry in enumerate(evidence.tasks_log) if entry.type == kind)
    position = evidence.tasks_log[at].position
    return at, next(row for row in evidence.rows("chain") if row["position"] == position)


def _with(entry: LogEntry, **changes: object) -> LogEntry:
    return replace(entry, data=orjson.dumps(entry.facts | changes).decode())


def forged_decision(evidence: Evidence) -> None:
    at, _ = _sealed(evidence, "flusso.task.resolved")
    entry = evidence.tasks_log[at]
    evidence.tasks_log[at] = _with(entry, comment="as you like it")


def forged_with_its_hash(evidence: Evidence) -> None:
    """The entry is changed, and its hash with it: nothing comes after it in its chain but its checkpoint."""
    at, row = _sealed(evidence, "flusso.task.resolved")
    workflow = row["workflow"]
    chain = [each for each in evidence.rows("chain") if each["workflow"] == workflow]
    for each in chain[chain.index(row) + 1 :]:
        each["hash"] = None
    entry = evidence.tasks_log[at]
    forged = _with(entry, comment="forged")
    evidence.tasks_log[at] = forged
    before = [(each["place"], each["hash"]) for each in chain if each["place"] < row["place"]]
    tip = before[-1] if before else (0, chain_checks.BEGINNING)
    row["hash"] = chain_checks.digest(chain_checks.entry_document(forged, row, tip))


def taken_out(evidence: Evidence) -> None:
    at, _ = _sealed(evidence, "flusso.task.resolved")
    del evidence.tasks_log[at]


def put_in_later(evidence: Evidence) -> None:
    _, row = _sealed(evidence, "flusso.task.opened")
    row |= {"workflow": None, "place": None, "hash": None}


def forged_checkpoint(evidence: Evidence) -> None:
    evidence.rows("checkpoints")[-1]["signed_at"] = "2020-01-01T00:00:00.000000Z"


def signed_by_another(evidence: Evidence) -> None:
    """Whoever has the database can sign anew with a key of their own, and name it there."""
    other = Ed25519Signer(secrets.token_bytes(32))
    row = evidence.rows("checkpoints")[-1]
    row["key_id"], row["public_key"] = other.key_id, other.public_key.hex()
    document = chain_checks.checkpoint_document(row)
    row["signature"] = other.sign(chain_checks.script.canonical(document)).hex()


def cut_off_its_end(evidence: Evidence) -> None:
    """The log ends before a decision, seals and all; only who has kept its receipt can know."""
    kept = evidence.entries("receipt")[-1]["told"]["entries"][-1]
    checkpoints = evidence.rows("checkpoints")
    last = next(row for row in checkpoints if row["number"] == kept["checkpoint"])
    first = last["first_position"]
    checkpoints[:] = [row for row in checkpoints if row["last_position"] < first]
    chain = evidence.rows("chain")
    chain[:] = [row for row in chain if row["position"] < first]
    evidence.tasks_log[:] = [row for row in evidence.tasks_log if row.position < first]


def forged_receipt(evidence: Evidence) -> None:
    given = evidence.entries("receipt")[-1]["told"]["entries"][-1]
    given["data"] = given["data"].replace("}", ',"more":1}')
