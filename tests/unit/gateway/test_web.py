from pathlib import Path

import pytest
from starlette.responses import Response

from services.gateway.entry import web
from services.gateway.entry.web import WebApp

INDEX = b'<!doctype html>\n<html lang="en" data-theme="system"><body></body></html>'
SCRIPT = b"console.log(1)"


@pytest.fixture
def app(tmp_path: Path) -> WebApp:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(INDEX)
    (tmp_path / "build.json").write_text('{"build": "abc"}')
    (tmp_path / "assets" / "index-DxK3fz8q.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "index-DxK3fz8q.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "index-DxK3fz8q.js.gz").write_bytes(b"gzip")
    (tmp_path / "assets" / "flusso.svg").write_bytes(b"<svg/>")
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return WebApp(tmp_path)


def get(app: WebApp, path: str, method: str = "GET", **headers: str) -> Response:
    pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return app.respond({"type": "http", "method": method, "path": path, "headers": pairs})


@pytest.mark.parametrize("path", ["/", "/tasks", "/runs/1", "/sign-in", "//api/v1/tasks", "/x.js"])
def test_every_page_is_the_app(app: WebApp, path: str) -> None:
    answer = get(app, path)
    assert (answer.status_code, answer.body) == (200, INDEX)
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("headers", "opening"),
    [
        ({}, b'<html lang="en" data-theme="system">'),
        ({"cookie": "flusso_lang=it; flusso_theme=dark"}, b'<html lang="it" data-theme="dark">'),
        ({"accept_language": "it-IT,it;q=0.9,en;q=0.8"}, b'<html lang="it" data-theme="system">'),
        ({"accept_language": "fr, en"}, b'<html lang="en" data-theme="system">'),
        (
            {"cookie": "flusso_lang=en", "accept_language": "it"},
            b'<html lang="en" data-theme="system">',
        ),
        (
            {"cookie": 'flusso_lang="><script>; flusso_theme=x"y'},
            b'<html lang="en" data-theme="system">',
        ),
    ],
)
def test_the_first_line_speaks_the_visitors_language_and_theme(
    app: WebApp, headers: dict[str, str], opening: bytes
) -> None:
    assert opening in get(app, "/", **headers).body


def test_a_page_that_is_known_is_not_sent_again(app: WebApp) -> None:
    tag = get(app, "/").headers["etag"]
    assert get(app, "/tasks", if_none_match=tag).status_code == 304
    other = get(app, "/tasks", if_none_match=tag, cookie="flusso_lang=it")
    assert other.status_code == 200


def test_hashed_files_never_change_and_come_compressed(app: WebApp) -> None:
    path = "/assets/index-DxK3fz8q.js"
    for accepted, encoding, content in (
        ("br, gzip", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("identity", None, SCRIPT),
    ):
        answer = get(app, path, accept_encoding=accepted)
        assert answer.body == content
        assert answer.headers.get("content-encoding") == encoding
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].startswith("text/javascript")


def test_files_without_a_hash_are_asked_for_again(app: WebApp) -> None:
    answer = get(app, "/assets/flusso.svg")
    assert answer.headers["cache-control"] == "no-cache"
    assert get(app, "/assets/flusso.svg", if_none_match=answer.headers["etag"]).status_code == 304


@pytest.mark.parametrize(
    "path", ["/assets/../../secret.txt", "/../secret.txt", "/.vite/manifest.json"]
)
def test_nothing_else_of_the_disk_is_served(app: WebApp, path: str) -> None:
    assert b"secret" not in get(app, path).body
    assert get(app, path).body != b"{}"


def test_a_chunk_of_another_build_is_missing(app: WebApp) -> None:
    assert get(app, "/assets/old-12345678.js").status_code == 404


def test_pages_are_only_read(app: WebApp) -> None:
    assert get(app, "/", method="POST").status_code == 405


def test_without_a_build_a_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "look_again_seconds", 0.0)
    app = WebApp(tmp_path / "dist")
    assert (get(app, "/").status_code, app.build()) == (503, "none")
    assert b"make setup" in get(app, "/").body
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_bytes(INDEX)
    assert get(app, "/").status_code == 200


def test_the_build_has_the_id_that_its_maker_gave_it(app: WebApp) -> None:
    assert app.build() == "abc"
