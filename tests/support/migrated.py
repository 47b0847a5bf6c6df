"""A database that has every service's tables, to be copied: a copy costs a fifth of making them for each test."""

from services.chassis.database import migrate
from services.engine.adapters.statements import MIGRATIONS as ENGINE
from services.gateway.adapters.database import MIGRATIONS as GATEWAY
from services.tasks.main import MIGRATIONS as TASKS
from tests.support.chassis import settings_for
from tests.support.servers import EMPTY, Databases, run_apart

NAME = "flusso_migrated"
SCHEMAS = {"engine": ENGINE, "gateway": GATEWAY, "tasks": TASKS}


def make_migrated(databases: Databases) -> str:
    """Make it; its name is what `fresh_database` takes."""
    databases.execute(f"CREATE DATABASE {NAME} TEMPLATE {EMPTY}")
    run_apart(_migrate_all(databases.url_of(NAME)))
    return NAME


async def _migrate_all(database_url: str) -> None:
    for schema, migrations in SCHEMAS.items():
        await migrate(settings_for(database_url), schema, [migrations])
