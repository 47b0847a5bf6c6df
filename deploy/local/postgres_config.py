"""The configuration files of the embedded PostgreSQL, written anew at every start."""

from pathlib import Path

IDENT_MAP = "flusso_owner"

SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    # Checkpoints are rare, since each makes every page's next change log the whole page again; the
    # log between them is short enough to replay within seconds after a crash.
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "max_wal_size": "1GB",
    "min_wal_size": "128MB",
    "wal_compression": "on",
    "wal_buffers": "16MB",
    # Our queries are short; compiling them costs more than running them.
    "jit": "off",
    # Snapshots and counters are updated in place all the time.
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_insert_scale_factor": "0.1",
    "password_encryption": "'scram-sha-256'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "log_line_prefix": "''",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}
KEPT = {"synchronous_commit": "on", "full_page_writes": "on"}
DURABLE = {"fsync": "on"}
# For tests: it survives the end of the server, not that of the machine, and keeps little of its log.
FLEETING = {
    "fsync": "off",
    "wal_compression": "off",
    "min_wal_size": "32MB",
    "max_wal_size": "128MB",
}


def render_config(socket_dir: Path, port: int, *, durable: bool) -> str:
    """postgresql.conf: no TCP at all, the socket in a folder of its owner's."""
    where = {
        "listen_addresses": "''",
        "unix_socket_directories": quoted(str(socket_dir)),
        "unix_socket_permissions": "0700",
        "port": str(port),
    }
    settings = where | SETTINGS | KEPT | (DURABLE if durable else FLEETING)
    lines = [f"{name} = {value}" for name, value in settings.items()]
    return "\n".join(["# Written at every start; changes here are lost.", *lines, ""])


def render_hba() -> str:
    """Who may connect: the kernel vouches for the user at the other end, so no password exists."""
    return f"local all all peer map={IDENT_MAP}\n"


def render_ident(system_user: str) -> str:
    """That user may take any role: each service has its own."""
    return f'{IDENT_MAP} "{system_user}" all\n'


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
