"""Becomes another program, after asking the kernel to end it together with its parent.

Run as a script, before anything else of ours is imported:
    python -I -S launch.py PARENT_PID DEATH_SIGNAL UID GID REACH program arguments...
UID -1 keeps the user. REACH 1 lets the new user still read what the old one may, which is what a
server started by root needs when the repository lies in a private home; 2 lets it run private
programs too.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


def main(arguments: list[str]) -> None:
    parent, death_signal, uid, gid, reach = map(int, arguments[:5])
    if uid >= 0:
        become(uid, gid, reach)
    # Changing the user clears the death signal, so it is set last; a parent that died meanwhile
    # would never send it.
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            sys.exit("The process that started this one is gone.")
    os.execv(arguments[5], arguments[5:])  # noqa: S606 - no shell is wanted


def become(uid: int, gid: int, reach: int) -> None:
    # Between `setuid` and the capability's return nothing of Python's can be loaded.
    capability = reach_capability(reach) if reach else None
    if capability is not None:
        # Without this bit `access()`, by which PostgreSQL finds its own programs, knows of no
        # capabilities but root's.
        prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)
    if capability is not None:
        keep_capability(capability)


def reach_capability(reach: int) -> int:
    """The weaker capability if it suffices and we hold it; containers often have only the other."""
    with open("/proc/self/status", "rb") as status:  # noqa: PTH123 - pathlib is slow to import
        permitted = next(int(line.split()[1], 16) for line in status if line.startswith(b"CapPrm:"))
    suffices = reach == 1 and permitted >> CAP_DAC_READ_SEARCH & 1
    return CAP_DAC_READ_SEARCH if suffices else CAP_DAC_OVERRIDE


def keep_capability(capability: int) -> None:
    """Keep exactly this capability, also across `exec` (it becomes "ambient")."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    mask = 1 << capability
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if libc.capset(header, sets) != 0:
        fail("capset")
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def prctl(option: int, *arguments: int) -> None:
    padded = [*arguments, 0, 0, 0, 0][:4]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, *(ctypes.c_ulong(value) for value in padded)) != 0:
        fail("prctl")


def fail(call: str) -> None:
    sys.exit(f"{call} was refused: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main(sys.argv[1:])
