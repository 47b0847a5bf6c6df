"""The API as the network gives it: away, broken off, or something else altogether."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from contracts.base import Json
from services.cli.adapters.api import Api, RefusedError, open_http
from services.cli.domain.errors import CliError

AWAY = (503, b'{"code": "unavailable", "detail": "Away.", "status": 503}')
SLOWER = (429, b'{"code": "too-many-requests", "detail": "Slower.", "status": 429}')
GUESSED = (429, b'{"code": "too-many-attempts", "detail": "Later.", "status": 429}')
DONE = (200, b'{"id": "1"}')
HUNG_UP = (0, b"")


@dataclass
class Server:
    """Answers in this order, the last one for ever; remembers what it was asked."""

    answers: list[tuple[int, bytes]]
    url: str = ""
    asked: list[tuple[str, str, Json]] = field(default_factory=list)


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[Server]:
    server = Server(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            key = self.headers.get("idempotency-key", "")
            server.asked.append((self.command, self.path, key))
            status, body = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            if status:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.send_header("retry-after", "0")
                self.end_headers()
                self.wfile.write(body)
            self.close_connection = True

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that the library wants

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@contextmanager
def api_at(*answers: tuple[int, bytes]) -> Iterator[tuple[Api, Server]]:
    with answering(*answers) as server, open_http(server.url, "token") as http:
        yield Api(http), server


def test_a_decision_is_repeated_under_its_key_while_a_part_is_away() -> None:
    with api_at(AWAY, AWAY, DONE) as (api, server):
        assert api.post("/tasks/1/approve", {}) == {"id": "1"}
    assert len(server.asked) == 3
    assert len({key for _, _, key in server.asked}) == 1
    assert server.asked[0][2]


def test_a_decision_whose_answer_was_lost_is_repeated_under_its_key() -> None:
    with api_at(HUNG_UP, DONE) as (api, server):
        assert api.post("/tasks/1/approve", {}) == {"id": "1"}
    assert len(server.asked) == 2
    assert len({key for _, _, key in server.asked}) == 1


def test_who_asks_too_much_comes_back_and_who_guesses_does_not() -> None:
    with api_at(SLOWER, DONE) as (api, server):
        assert api.get("/tasks") == {"id": "1"}
    assert len(server.asked) == 2
    with api_at(GUESSED, DONE) as (api, server), pytest.raises(RefusedError, match="Later"):
        api.get("/tasks")
    assert len(server.asked) == 1


def test_each_decision_has_a_key_of_its_own() -> None:
    with api_at(DONE) as (api, server):
        api.post("/tasks/1/approve", {})
        api.post("/tasks/1/approve", {})
    assert len({key for _, _, key in server.asked}) == 2


def test_a_new_version_is_never_sent_twice() -> None:
    with api_at(AWAY) as (api, server), pytest.raises(RefusedError, match="away just now"):
        api.put("/workflows/1", {}, if_version=1)
    assert len(server.asked) == 1


def test_patience_ends() -> None:
    with api_at(AWAY) as (api, server), pytest.raises(RefusedError, match="repeating is safe"):
        api.get("/tasks")
    assert 1 < len(server.asked) < 10


def test_a_connection_that_always_breaks_is_a_sentence() -> None:
    with api_at(HUNG_UP) as (api, _), pytest.raises(CliError, match=r"The connection to .* broke"):
        api.get("/tasks")


@pytest.mark.parametrize(
    "answer", [(404, b"<html>"), (200, b"[1]"), (302, b""), (500, b'{"error": 5}'), (200, b"\xff")]
)
def test_what_is_not_flusso_is_a_sentence(answer: tuple[int, bytes]) -> None:
    with api_at(answer) as (api, _), pytest.raises(CliError, match="is not Flusso"):
        api.get("/tasks")


def test_a_list_is_read_page_by_page_up_to_its_limit() -> None:
    first = (200, b'{"items": [1, 2], "next_cursor": "two"}')
    second = (200, b'{"items": [3], "next_cursor": null}')
    with api_at(first, second) as (api, server):
        assert list(api.items("/runs", q="a b")) == [1, 2, 3]
    assert [path for _, path, _ in server.asked] == [
        "/api/v1/runs?limit=200&q=a+b",
        "/api/v1/runs?limit=200&cursor=two&q=a+b",
    ]
    with api_at(first, second) as (api, server):
        assert list(api.items("/runs", 2)) == [1, 2]
    assert len(server.asked) == 1
