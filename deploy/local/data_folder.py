"""The data folder: one owner at a time, private files, secrets made once."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.errors import CannotStart

SECRET_BYTES = 32


@contextmanager
def owned_data_folder(path: Path) -> Iterator[Path]:
    """Make the folder if need be and hold it alone. The kernel lets go however we end."""
    folder = make_data_folder(path)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"Flusso is already running with the data folder {path}.") from None
        yield folder
    finally:
        os.close(descriptor)


def make_data_folder(path: Path) -> Path:
    """The absolute path of a folder that we may write. Raises CannotStart."""
    folder = path.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError):
        raise CannotStart(f"The data folder {path} is not a folder.") from None
    except OSError as error:
        raise CannotStart(f"The data folder {path} cannot be made: {error.strerror}.") from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise CannotStart(f"The data folder {path} cannot be written by this user.")
    return folder.resolve()


def read_or_make_secret_key(path: Path) -> str:
    """A key for `FLUSSO_SECRET_KEYS` that is made once and stays; it encrypts what workflows keep secret."""
    key = read_or_make_secret(path)
    return key if ":" in key else f"local:{key}"


def read_or_make_secret(path: Path) -> str:
    """A random secret that is made once and stays. Only its owner may read the file."""
    try:
        secret = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        secret = ""
    except (OSError, UnicodeDecodeError):
        raise CannotStart(
            f"The file {path} cannot be read; delete it to have it made anew."
        ) from None
    if not secret:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        write_private(path, secret + "\n")
    return secret


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
