"""Instants as configurations give them: a length of time from now on, or an RFC 3339 instant."""

from dataclasses import dataclass
from datetime import UTC, datetime

from services.engine.domain.duration import parse_duration
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.findings import Place
from services.engine.domain.scope import Scope
from services.engine.domain.template import Template, as_text


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that is known once there is data and a now."""

    text: Template

    def after(self, now: datetime, scope: Scope) -> datetime:
        """Return the instant; raises EvaluationFailed for a text that is none."""
        value = as_text(self.text.evaluate(scope)).strip()
        try:
            return instant_of(value, now)
        except (ValueError, OverflowError) as error:
            raise EvaluationFailed(
                "invalid-time", f"{error}", expression=self.text.source, value=value[:200]
            ) from error


def instant_of(text: str, now: datetime) -> datetime:
    """Return now plus a duration, or the instant that the text names; raises ValueError."""
    if text[:4].isdigit() and text[4:5] == "-":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            msg = f"`{text[:40]}` lacks its offset from UTC; write it as 2026-05-01T09:00:00Z."
            raise ValueError(msg)
        return moment.astimezone(UTC)
    return now + parse_duration(text)


def compile_moment(source: str | None, place: Place) -> Moment | None:
    """Return the moment, after noting a fixed text that is none; None for a blank."""
    if source is None:
        return None
    template = place.template(source)
    if template.constant and source.strip():
        try:
            instant_of(source.strip(), datetime(2026, 1, 1, tzinfo=UTC))
        except (ValueError, OverflowError) as error:
            place.fault("invalid-value", f"{error}", reason="moment")
    return Moment(template)
