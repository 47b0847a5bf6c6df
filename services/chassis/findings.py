"""Says what does not hold: in English, and by codes and parameters for whoever says it in another language."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.operations import Finding, FindingCodes


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, or a part of one, by its code and what is told in it."""

    code: str
    text: str
    params: Mapping[str, str | int]


def said(code: str, template: str, **params: object) -> Said:
    """Return the sentence; `{name}` in it stands for the parameter of that name."""
    kept = {name: value if isinstance(value, int) else str(value) for name, value in params.items()}
    return Said(code, template.format_map(kept), kept)


def finding(service: str, check: str, subject: Said, message: Said, *remedies: Said) -> Finding:
    """Return a finding: which check, of what, what is wrong, and what to do about it."""
    return Finding(
        service=service,
        check=check,
        subject=subject.text,
        message=message.text,
        remedy=" ".join(each.text for each in remedies),
        codes=FindingCodes(
            subject=subject.code,
            message=message.code,
            remedies=[each.code for each in remedies],
            params={**subject.params, **message.params},
        ),
    )
