"""A real HTTP server on this machine that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """`body` may be an iterable of pieces, sent as they come; then no length is announced unless `headers` do."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class LocalServer:
    """`answer` may be replaced at any time; `asked` holds the requests in order, names of headers in lower case."""

    url: str = ""
    answer: Callable[[Asked], Reply] = lambda _asked: Reply()
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float = 30.0) -> None:
        """For answers that hang: until the test is over."""
        self.released.wait(seconds)


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[LocalServer]:
    server = LocalServer()
    http = _Server(("127.0.0.1", 0), _handler(server))
    if tls:
        http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        http.shutdown()
        http.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


def _handler(server: LocalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            server.asked.append(asked)
            self.send(server.answer(asked))

        do_GET = do_HEAD = do_POST = serve  # noqa: N815 - the names of the standard library

        def send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            whole = isinstance(reply.body, bytes)
            length = {"Content-Length": str(len(reply.body))} if isinstance(reply.body, bytes) else {}
            for name, value in {"Connection": "close", **length, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in [] if self.command == "HEAD" else [reply.body] if whole else reply.body:
                self.wfile.write(piece)  # type: ignore[arg-type] # bytes or an iterator
                self.wfile.flush()
            self.close_connection = True

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    return Handler
