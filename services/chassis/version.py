"""Which release this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@cache
def own_version() -> str:
    """Return the version that is installed, or that of the clone."""
    try:
        return version("flusso")
    except PackageNotFoundError:
        project = Path(__file__).parents[2] / "pyproject.toml"
        lines = project.read_text(encoding="utf-8").splitlines()
        return next(line.split('"')[1] for line in lines if line.startswith("version = "))
