import socket

import pytest

from deploy.local.errors import CannotStart
from deploy.local.ports import FIRST_PORT, LAST_PORT, free_port, is_free, require_port


def test_a_port_that_someone_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free("127.0.0.1", server.getsockname()[1])


def test_free_ports_are_none_that_the_kernel_gives_to_clients() -> None:
    assert FIRST_PORT <= free_port() <= LAST_PORT


def test_a_port_in_use_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port} on 127.0.0.1 is in use.*FLUSSO_PORT"):
            require_port("127.0.0.1", port)


def test_a_host_that_is_not_this_machine_is_told() -> None:
    with pytest.raises(
        CannotStart, match=r"FLUSSO_HOST is '192.0.2.1', no address of this machine"
    ):
        require_port("192.0.2.1", free_port())
