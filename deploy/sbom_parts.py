"""Which installed packages a service needs: what its code imports, followed from `main`, and what that requires.

Beside it counts what is there when `main` has been imported: packages use others that they do not require. An image
of one service is made of these and of nothing else that `requirements.lock` names.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
OURS = frozenset({"contracts", "services"})


@cache
def packages_of(service: str) -> frozenset[str]:
    """Return the names of the packages, as PyPI writes them in addresses."""
    providers, main = packages_distributions(), f"services.{service}.main"
    modules = _imported(main) | _loaded(main)
    direct = {name for module in modules for name in providers.get(module, [])}
    found: set[str] = set()
    for name in direct:
        _require(name, frozenset(), found, set())
    return frozenset(found)


def _require(name: str, extras: frozenset[str], found: set[str], seen: set[object]) -> None:
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    found.add(normal(name))
    try:
        wanted = requires(name) or []
    except PackageNotFoundError:  # for another platform than this
        return
    for each in map(Requirement, wanted):
        chosen = [{"extra": extra} for extra in ("", *extras)]
        if each.marker is None or any(each.marker.evaluate(extra) for extra in chosen):
            _require(each.name, frozenset(each.extras), found, seen)


def normal(name: str) -> str:
    """Return a package's name as PyPI compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported(module: str) -> set[str]:
    """Return the top-level modules outside ours and the standard library that a module's code leads to."""
    found: set[str] = set()
    todo, seen = [module], set[str]()
    while todo:
        path = _file_of(name := todo.pop())
        if path is None or name in seen:
            continue
        seen.add(name)
        for each in _names(ast.parse(path.read_text(encoding="utf-8"))):
            top = each.partition(".")[0]
            if top in OURS:
                todo.append(each)
            elif top not in sys.stdlib_module_names:
                found.add(top)
    return found


def _loaded(module: str) -> set[str]:
    """Return the top-level modules outside ours and the standard library that come with importing a module."""
    program = (
        f"import sys; before = set(sys.modules); import {module};"
        " print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run(  # noqa: S603 - a program of ours
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split()) - sys.stdlib_module_names - OURS


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _file_of(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)
