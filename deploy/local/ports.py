"""Loopback ports: finding free ones, and telling whether one is taken."""

import errno
import random
import socket

from deploy.local.errors import CannotStart

# Below the range from which kernels pick ports for outgoing connections: a server that is restarted
# on its old port must not find a client's connection there.
FIRST_PORT = 20_000
LAST_PORT = 31_999
ATTEMPTS_MAX = 200


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nothing listens on now."""
    for _ in range(ATTEMPTS_MAX):
        port = random.randint(FIRST_PORT, LAST_PORT)  # noqa: S311 - not a secret
        if is_free(host, port):
            return port
    message = f"no free port was found on {host}"
    raise OSError(errno.EADDRINUSE, message)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there. Raises OSError if the host is not one of ours."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: connections that a former server left in TIME_WAIT are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def require_port(host: str, port: int) -> None:
    """Raises CannotStart with what to do if a server could not listen there."""
    try:
        free = is_free(host, port)
    except OSError as error:
        raise CannotStart(
            f"FLUSSO_HOST is {host!r}, no address of this machine ({error.strerror})."
        ) from None
    if not free:
        raise CannotStart(
            f"Port {port} on {host} is in use: stop what uses it,"
            " or set FLUSSO_PORT to another port."
        )
