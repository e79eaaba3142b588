"""A receiver of webhooks for the tests: a real HTTP server in a thread that records what comes."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    """By their names in small letters."""
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.body)
        return message


class Receiver:
    """Answers with `status`, or as `answers` says of each next request, and keeps all that came."""

    def __init__(self, server: ThreadingHTTPServer, scheme: str) -> None:
        self.url = f"{scheme}://localhost:{server.server_port}/hook?from=us"
        self.received: list[Received] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens while the sender waits for the answer."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [request.message for request in self.received]


@contextmanager
def receiver(context: ssl.SSLContext | None = None, *, port: int = 0) -> Iterator[Receiver]:
    """A receiver on this machine; with a context it encrypts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            there.received.append(Received(self.path, headers, body))
            there.meanwhile()
            self.send_response(there.status)
            for name, value in there.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, *_arguments: object) -> None:
            """A sender that hangs up is what some tests are about."""

    with Server(("127.0.0.1", port), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        there = Receiver(server, "http" if context is None else "https")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield there
        finally:
            server.shutdown()
            thread.join()
