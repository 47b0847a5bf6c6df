"""The browser app's files: built by `make setup`, read once, served from memory.

Names below `assets/` hold a hash of their content, so they never change. Every other path is the app itself, with the
language and theme of the visitor already in its first line, so that nothing flashes.
"""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.gateway.domain.problem import Problem
from services.gateway.entry.doorway import cookie_value
from services.gateway.entry.problems import problem_response

LANGUAGES = ("en", "it")
THEMES = ("light", "dark", "system")
look_again_seconds = 2.0
DIST = Path(__file__).parent.parent / "web" / "dist"
_HTML_TAG = re.compile(rb"<html[^>]*>")
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8,}\.\w+$")
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
NOT_BUILT = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Flusso</title></head>
<body><h1>The web app is not built</h1>
<p>Run <code>make setup</code>. The REST API works without it: <a href="/api/openapi.json">/api/openapi.json</a>.</p>
</body></html>
"""


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    encoded: Mapping[str, bytes]
    etag: str
    never_changes: bool


@dataclass(frozen=True, slots=True)
class _Built:
    index: bytes
    files: Mapping[str, _File]
    build: str


class WebApp:
    """An ASGI application for everything outside `/api`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built = _read(folder)
        self._looked_at = time.monotonic()

    def build(self) -> str:
        """Return the id of the build that is served; a page that carries another one can offer to reload."""
        built = self._current()
        return built.build if built is not None else "none"

    def _current(self) -> _Built | None:
        """Return what is built, looking again now and then while nothing is."""
        if self._built is None and time.monotonic() - self._looked_at > look_again_seconds:
            self._looked_at = time.monotonic()
            self._built = _read(self._folder)
        return self._built

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD; nothing here changes anything."""
        response = self.respond(scope)
        await response(scope, receive, send)

    def respond(self, scope: Scope) -> Response:
        """Return the file under this path, or the app."""
        if scope["method"] not in {"GET", "HEAD"}:
            return problem_response(
                Problem("method-not-allowed", "Pages are only read.", allow="GET, HEAD")
            )
        built = self._current()
        if built is None:
            return Response(NOT_BUILT, 503, media_type="text/html")
        path = scope["path"]
        file = built.files.get(path)
        if file is not None:
            return _file_answer(file, Headers(scope=scope))
        if path.startswith("/assets/"):
            return problem_response(Problem("not-found", "There is no such file in this build."))
        return _index_answer(built.index, scope)


def _read(folder: Path) -> _Built | None:
    try:
        index = (folder / "index.html").read_bytes()
    except OSError:
        return None
    files = {
        "/" + path.relative_to(folder).as_posix(): _file_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in {".br", ".gz"} and _is_public(folder, path)
    }
    return _Built(index, files, _build_of(folder, index))


def _is_public(folder: Path, path: Path) -> bool:
    inside = path.relative_to(folder)
    return inside.name != "index.html" and not inside.parts[0].startswith(".")


def _file_of(path: Path) -> _File:
    content = path.read_bytes()
    twins = ((name, Path(f"{path}{suffix}")) for name, suffix in _ENCODINGS)
    return _File(
        content=content,
        media_type=guess_type(path.name)[0] or "application/octet-stream",
        encoded={name: twin.read_bytes() for name, twin in twins if twin.is_file()},
        etag=_etag_of(content),
        never_changes=_HASHED.search(path.name) is not None,
    )


def _build_of(folder: Path, index: bytes) -> str:
    try:
        build = orjson.loads((folder / "build.json").read_bytes())["build"]
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return hashlib.sha256(index).hexdigest()[:16]
    return str(build)


def _etag_of(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _file_answer(file: _File, asked: Headers) -> Response:
    headers = {
        "cache-control": "public, max-age=31536000, immutable"
        if file.never_changes
        else "no-cache",
        "etag": file.etag,
        "vary": "accept-encoding",
    }
    if asked.get("if-none-match") == file.etag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    content = file.content
    for name, _ in _ENCODINGS:
        if name in file.encoded and name in asked.get("accept-encoding", ""):
            content = file.encoded[name]
            headers["content-encoding"] = name
            break
    return Response(content, headers=headers, media_type=file.media_type)


def _index_answer(index: bytes, scope: Scope) -> Response:
    asked = Headers(scope=scope)
    language = _language_of(scope, asked.get("accept-language", ""))
    theme = cookie_value(scope, "flusso_theme")
    theme = theme if theme in THEMES else "system"
    tag = f'<html lang="{language}" data-theme="{theme}">'.encode()
    content = _HTML_TAG.sub(tag, index, count=1)
    headers = {
        "cache-control": "no-cache",
        "etag": _etag_of(content),
        "vary": "cookie, accept-language",
    }
    if asked.get("if-none-match") == headers["etag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, headers=headers, media_type="text/html")


def _language_of(scope: Scope, accepted: str) -> str:
    """Return the visitor's language: their choice, else the first that their browser names and we speak."""
    chosen = cookie_value(scope, "flusso_lang")
    if chosen in LANGUAGES:
        return chosen
    for part in accepted.split(","):
        language = part.partition(";")[0].strip().lower().partition("-")[0]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]
