"""Which user PostgreSQL runs as: it refuses root, so root lends it an account."""

import os
import pwd
from pathlib import Path

from deploy.local.errors import CannotStart
from deploy.local.process import Reach, RunAs

ACCOUNTS = ("postgres", "nobody")
EXECUTABLE_BY_OTHERS = 0o001


def postgres_account(existing_data: Path, program: Path) -> RunAs | None:
    """None keeps our own user. Data that exists stays with the user who owns it."""
    if os.geteuid() != 0:
        return None
    owner = existing_data.stat() if existing_data.exists() else None
    if owner is not None and owner.st_uid != 0:
        uid, gid = owner.st_uid, owner.st_gid
    else:
        entry = unprivileged_account()
        uid, gid = entry.pw_uid, entry.pw_gid
    return RunAs(uid, gid, needed_reach(existing_data, program))


def unprivileged_account() -> pwd.struct_passwd:
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart(
        "PostgreSQL refuses to run as root and this machine has neither a user postgres nor nobody:"
        " run Flusso as another user."
    )


def needed_reach(data: Path, program: Path) -> Reach:
    if not program.stat().st_mode & EXECUTABLE_BY_OTHERS:
        return Reach.RUN
    is_open = open_to_others(data) and open_to_others(program)
    return Reach.NOTHING if is_open else Reach.READ


def open_to_others(path: Path) -> bool:
    """Whether any user may pass through all folders above the path."""
    return all(folder.stat().st_mode & EXECUTABLE_BY_OTHERS for folder in path.resolve().parents)


def give(path: Path, run_as: RunAs | None) -> None:
    """Hand a file or an empty folder to that user."""
    if run_as is not None:
        os.chown(path, run_as.uid, run_as.gid)
