"""What is left after a campaign: logs, tables, journal, faults. Gathered once, kept in a file, all that checks read."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from contracts.base import JsonObject
from tests.faults.campaign.journal import read_journal

LOG = """
    SELECT position, stream_id::text AS stream, version, type, data::text AS data, metadata::text AS metadata,
        extract(epoch FROM occurred_at)::float8 AS at,
        extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS committed_at
    FROM {schema}.log ORDER BY position
"""
SNAPSHOTS = (
    "SELECT stream_id::text AS stream, version, state::text AS state FROM {schema}.snapshots"
)
TABLES = {
    "runs": "SELECT id::text, workflow_id::text, status, finished_at IS NOT NULL AS ended,"
    " parent_run_id::text AS parent FROM engine.runs",
    "waits": "SELECT task_id::text AS task, run_id::text AS run FROM engine.waits",
    "jobs": "SELECT run_id::text AS run, node, visit, attempt FROM engine.jobs",
    "timers": "SELECT run_id::text AS run, node, kind FROM engine.timers",
    "run_orders": "SELECT run_id::text AS run, kind FROM engine.run_orders",
    "run_counts": "SELECT status, sum(taken - left_again)::int AS now FROM engine.run_counts"
    " GROUP BY status",
    "pending_tasks": "SELECT task_id::text AS task, run_id::text AS run FROM tasks.pending_tasks",
    "ended_tasks": "SELECT task_id::text AS task, status FROM tasks.ended_tasks",
    "task_counts": "SELECT workflow_id::text AS workflow, kind, opened::int, resolved::int,"
    " closed::int FROM tasks.task_counts",
    "intake": "SELECT run_id::text AS run, kind, refused_code, became_run_id::text AS became"
    " FROM gateway.intake",
    "dead_letters": "SELECT 'engine' AS service, consumer, event_id, event_type, reason,"
    " encode(payload, 'escape') AS payload FROM engine.dead_letters UNION ALL"
    " SELECT 'tasks', consumer, event_id, event_type, reason, encode(payload, 'escape')"
    " FROM tasks.dead_letters",
    "cursors": "SELECT 'engine' AS schema, position FROM engine.relay_cursor UNION ALL"
    " SELECT 'tasks', position FROM tasks.relay_cursor",
    "chain": "SELECT coalesce(log.position, chain.position) AS position, schema_version,"
    """ to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS"""
    " occurred_at, workflow_id::text AS workflow,"
    " place, encode(hash, 'hex') AS hash FROM tasks.log"
    " FULL JOIN tasks.chain_entries AS chain ON chain.position = log.position ORDER BY 1",
    "checkpoints": "SELECT number, first_position, last_position, entries,"
    " encode(root, 'hex') AS root, encode(previous, 'hex') AS previous,"
    """ to_char(signed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS"""
    " signed_at, checkpoints.key_id,"
    " encode(signature, 'hex') AS signature, encode(public_key, 'hex') AS public_key"
    " FROM tasks.checkpoints LEFT JOIN tasks.signing_keys USING (key_id) ORDER BY number",
}
EVERY_ROW = "SELECT row.*::text AS text FROM {table} AS row"
USER_TABLES = (
    "SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables"
    " WHERE schemaname IN ('engine', 'tasks', 'gateway')"
)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event of a log."""

    position: int
    stream: str
    version: int
    type: str
    data: str
    metadata: str
    at: float
    committed_at: float
    """By PostgreSQL's clock, which is the journal's: when others could see it, but for the disk's answer."""

    @property
    def facts(self) -> JsonObject:
        return dict(orjson.loads(self.data))


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """A fault that was armed, and how it is known to have struck."""

    kind: str
    target: str
    began_at: float
    ended_at: float
    evidence: str


@dataclass(slots=True)
class Evidence:
    """Everything that the checker sees. `tables`: rows by the names in `TABLES`."""

    engine_log: list[LogEntry]
    tasks_log: list[LogEntry]
    snapshots: dict[str, tuple[int, str]]
    """Version and state by stream, of both services."""
    tables: dict[str, list[JsonObject]]
    journal: list[JsonObject]
    faults: list[FaultRecord] = field(default_factory=list)
    backlog: dict[str, int] = field(default_factory=dict)
    """By durable consumer: messages that it has not acknowledged."""
    cpu: dict[str, float] = field(default_factory=dict)
    """By process: the part of one CPU that it used when nothing was to do; empty: not measured."""
    repairs: dict[str, int] = field(default_factory=dict)
    unasked: list[str] = field(default_factory=list)
    """Processes that ended without being asked to."""
    leaks: list[str] = field(default_factory=list)
    """Where the value of a secret was found."""
    public_key: str = ""
    """Of the deployment, in base64, as its operator knows it: not from the database."""
    findings: list[str] = field(default_factory=list)
    """What `flusso verify` has found."""
    healed_at: float = 0.0
    settled: bool = True
    """Everything was over within the time that healing may take."""

    def entries(self, what: str) -> list[JsonObject]:
        return [entry for entry in self.journal if entry["what"] == what]

    def rows(self, table: str) -> list[JsonObject]:
        return self.tables[table]


async def gather(database_url: str, journal: Path) -> Evidence:
    """Read logs, snapshots and tables in one transaction, and the journal."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return Evidence(
                engine_log=await _log(connection, "engine"),
                tasks_log=await _log(connection, "tasks"),
                snapshots={
                    row["stream"]: (row["version"], row["state"])
                    for schema in ("engine", "tasks")
                    for row in await connection.fetch(SNAPSHOTS.format(schema=schema))
                },
                tables={
                    name: [dict(row) for row in await connection.fetch(query)]
                    for name, query in TABLES.items()
                },
                journal=list(read_journal(journal)),
            )
    finally:
        await connection.close()


async def _log(connection: "asyncpg.Connection[asyncpg.Record]", schema: str) -> list[LogEntry]:
    rows = await connection.fetch(LOG.format(schema=schema))
    return [LogEntry(**dict(row)) for row in rows]


async def find_text(database_url: str, text: str) -> list[str]:
    """Return the tables that hold the text anywhere."""
    connection = await asyncpg.connect(database_url)
    try:
        found = []
        for (table,) in await connection.fetch(USER_TABLES):
            query = f"SELECT count(*) FROM ({EVERY_ROW.format(table=table)}) AS all_rows"  # noqa: S608 - names from the catalogue
            if await connection.fetchval(f"{query} WHERE position($1 IN text) > 0", text):
                found.append(f"table {table}")
        return found
    finally:
        await connection.close()


# -- files -----------------------------------------------------------------------------------------


def save(evidence: Evidence, path: Path) -> None:
    """Keep everything in one JSON file."""
    path.write_bytes(orjson.dumps(dataclasses.asdict(evidence), option=orjson.OPT_INDENT_2))


def load(path: Path) -> Evidence:
    """Read what `save` has written."""
    raw: dict[str, Any] = orjson.loads(path.read_bytes())
    raw["engine_log"] = [LogEntry(**entry) for entry in raw["engine_log"]]
    raw["tasks_log"] = [LogEntry(**entry) for entry in raw["tasks_log"]]
    raw["faults"] = [FaultRecord(**record) for record in raw["faults"]]
    raw["snapshots"] = {stream: tuple(pair) for stream, pair in raw["snapshots"].items()}
    return Evidence(**raw)
