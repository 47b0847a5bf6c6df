"""Mail in the test kit: what was sent can be read, and it can fail."""

from pathlib import Path

from contracts.base import JsonObject
from services.testkit import Lab

NEWSLETTER = Path(__file__).parents[3] / "examples" / "newsletter-approval" / "workflow.yaml"
CAMPAIGN: JsonObject = {
    "campaign": {
        "id": "c-1",
        "subject": "Three *lessons*",
        "from": "Linden <letters@linden.example>",
        "audience": "All",
        "recipients": 7,
        "text": "Dear reader",
    }
}


def approved(lab: Lab) -> JsonObject:
    run = lab.start(lab.load(NEWSLETTER), CAMPAIGN)
    run.task("approve_sending").approve(by="Ann")
    lab.play()
    assert run.status == "Completed"
    output = run.output
    assert isinstance(output, dict)
    return output


def test_the_author_is_told_and_data_stays_text() -> None:
    lab = Lab()

    assert approved(lab)["author"] == "was told by mail"

    (mail,) = lab.mail.sent
    assert mail.recipients == ("letters@linden.example",)
    assert mail.subject == "Approved: Three *lessons*"
    assert mail.text.startswith("Three *lessons* may go out to 7 people.")
    assert "<strong>Three *lessons*</strong>" in mail.html


def test_a_mail_that_is_put_off_is_tried_again() -> None:
    lab = Lab()
    lab.mail.fail(times=2)

    assert approved(lab)["author"] == "was told by mail"
    assert len(lab.mail.sent) == 1


def test_without_mail_the_campaign_goes_out_all_the_same() -> None:
    lab = Lab()
    lab.mail.fail("email-not-configured", retryable=False)

    assert approved(lab)["author"] == "The mail failed: email-not-configured."
