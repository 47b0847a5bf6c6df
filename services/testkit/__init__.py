"""Runs workflows in a Python test: scripted people, a virtual clock, stubbed HTTP, and the product's own rules.

from services.testkit import Lab

def test_a_large_refund_asks_first() -> None:
    lab = Lab()
    lab.http.reply("POST", "https://pay.example/refunds", 201, {"id": "r-1"})
    run = lab.start(lab.load("examples/refund-above-limit/workflow.yaml"), {"amount_cents": 48900})
    run.task("approve_refund").approve(by="Ann")
    assert run.status == "Completed"
"""

from services.testkit.lab import Lab
from services.testkit.mail import SentMail, StubMail
from services.testkit.people import Person
from services.testkit.runs import LabRun
from services.testkit.tasks import LabTask
from services.testkit.web import SentRequest, StubWeb

__all__ = ["Lab", "LabRun", "LabTask", "Person", "SentMail", "SentRequest", "StubMail", "StubWeb"]
