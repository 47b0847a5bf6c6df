"""The engine's SQL."""

from pathlib import Path

from services.chassis.database import Statements

MIGRATIONS = Path(__file__).parent / "migrations"
statements = Statements(Path(__file__).parent / "sql")
