"""A file system of PostgreSQL's own, in a file that is mounted: it can be filled to its last block, and freed again.

Mounting needs root and a loop device. Where there is none, disks are filled by a limit on files: `disk_strikes`.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

megabytes = 1_500
"""The write-ahead log may take a gigabyte of it."""
CHUNKS = (64 << 20, 1 << 20, 4 << 10)
"""In bytes: the ballast grows by the largest that there is room for."""
REFUSED = (
    "PostgreSQL's disk cannot be its own here ({why}): a limit on files fills it, EFBIG for ENOSPC."
)


@dataclass(frozen=True, slots=True)
class OwnDisk:
    """A mounted file system."""

    path: Path

    @property
    def ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self) -> int:
        """Leave no block free, nor any that is set aside for root; return how many bytes are there for nothing."""
        descriptor = os.open(self.ballast, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            for size in CHUNKS:
                _grow(descriptor, size)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def free(self) -> None:
        """Give all of it back."""
        self.ballast.unlink(missing_ok=True)


def _grow(descriptor: int, size: int) -> None:
    while True:
        try:
            os.posix_fallocate(descriptor, os.fstat(descriptor).st_size, size)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return


@contextmanager
def own_disk(folder: Path) -> Iterator[OwnDisk | str]:
    """Mount one below the folder for as long as it is used; a sentence that says why not, where that is refused."""
    image, path = folder / "disk.img", folder / "disk"
    path.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    why = _failure("mkfs.ext4", "-q", "-F", "-m", "0", str(image)) or _failure(
        "mount", "-o", "loop", str(image), str(path)
    )
    if why:
        image.unlink()
        yield REFUSED.format(why=why)
        return
    shutil.rmtree(path / "lost+found", ignore_errors=True)
    path.chmod(0o755)
    try:
        yield OwnDisk(path)
    finally:
        _failure("umount", "--lazy", str(path))
        image.unlink()


def _failure(*command: str) -> str:
    """Run it; return what it says if it fails."""
    if shutil.which(command[0]) is None:
        return f"there is no {command[0]}"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else " ".join(done.stderr.split())[:200] or command[0]
