"""Whether the relay keeps up with its log."""

from contracts.operations import Finding
from services.chassis.consumer import statements
from services.chassis.database import Connection
from services.chassis.findings import finding, said

late_seconds_max = 30.0
_REMEDY = said(
    "look-at-nats",
    "Look whether NATS answers and has room; the relay goes on by itself when it does.",
)


async def relay_findings(connection: Connection, service: str) -> list[Finding]:
    """Return a finding if an event has waited for longer than half a minute to be told."""
    row = await connection.fetchrow(statements["relay_health"])
    if row is None or row["events"] == 0 or row["seconds"] < late_seconds_max:
        return []
    message = said(
        "relay-late",
        "{events} events are not told yet, the oldest for {seconds} s",
        events=row["events"],
        seconds=round(row["seconds"]),
    )
    return [finding(service, "relay-late", said("relay", "relay"), message, _REMEDY)]
