"""A decision's receipt, from the command line of a running Flusso to an auditor's machine."""

import json
from base64 import b64encode
from pathlib import Path

from deploy.local.stack import Stack
from services.tasks.adapters.signing import signer_from
from services.tasks.adapters.signing_key import public_half
from tests.support.chain import check_offline
from tests.support.cli import Cli
from tests.support.cli_asking import started, workflow


def test_a_receipt_proves_offline_what_was_shown_and_who_decided(
    cli: Cli, stack: Stack, tmp_path: Path, name: str
) -> None:
    content = workflow(name, prompt="Pay {{ trigger.output.amount }}?")
    _, task = started(cli, tmp_path, content, "--input", "amount=12.5")
    cli.ok("approve", task, "--comment", "Fine.")

    shown = cli.ok("receipt", task).out
    receipt = json.loads(cli.ok("receipt", task, "--json").out)

    assert "Pay 12.5?" in shown
    assert "approved by admin (" in shown
    assert ", with a token) at " in shown
    assert "flusso.task.resolved: entry" in shown
    key = public_half({"FLUSSO_SIGNING_KEY": stack.signing_key})
    told = check_offline(receipt, key)
    assert told.returncode == 0, told.stderr
    assert "Pay 12.5?" in told.stdout
    receipt["entries"][0]["data"] = receipt["entries"][0]["data"].replace("12.5", "12000")
    assert check_offline(receipt, key).returncode == 1


def test_a_task_that_is_not_there_has_no_receipt(cli: Cli) -> None:
    told = cli("receipt", "019a0c52-7a4e-7c0b-9c43-2f1d5ad6a1de")
    assert told.code == 1
    assert "no such task" in told.err


def test_the_public_half_is_that_of_the_key(stack: Stack) -> None:
    signer = signer_from({"FLUSSO_SIGNING_KEY": stack.signing_key})
    assert signer is not None
    assert b64encode(signer.public_key).decode() == public_half(
        {"FLUSSO_SIGNING_KEY": stack.signing_key}
    )
