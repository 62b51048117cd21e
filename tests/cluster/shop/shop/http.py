"""The HTTP server and client that all services share: JSON in and out, logged, counted."""

import json
import socket
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shop import limits, log, settings
from shop.metrics import METRICS
from shop.wording import say

QUIET = ("/healthz", "/readyz", "/metrics", "/targets")


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass
class Response:
    """What goes out; a string goes as plain text."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Response]


class UpstreamError(Exception):
    """A call to another service failed."""


def call(method: str, url: str, body: dict[str, Any] | None = None, timeout: float = 2.0) -> dict[str, Any]:
    """Call another service; UpstreamError with the reason when there is no 2xx answer. CA_FILE says who signs https."""
    data = json.dumps(body or {}).encode() if method == "POST" else None
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    started = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=_trust(url)) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        reason = f"HTTP {error.code} {error.reason}"
    except urllib.error.URLError as error:
        reason = str(error.reason)
    except (TimeoutError, OSError, ValueError) as error:
        reason = str(error)
    elapsed = time.monotonic() - started
    log.error(f"{method} {url} {say('failed')}: {reason}", upstream=url, ms=round(elapsed * 1000))
    METRICS.count("http_client_errors_total", upstream=url.split("/")[2])
    raise UpstreamError(f"{method} {url} {say('failed')}: {reason}")


def _trust(url: str) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=settings.text("CA_FILE") or None) if url.startswith("https:") else None


def serve(name: str, routes: dict[tuple[str, str], Handler], ready: Callable[[], str] = lambda: "") -> None:
    """Serve the routes until the process is told to stop; `ready` says why not, or nothing.

    A route of method ANY whose path ends in "/" takes everything below it. Port from PORT, 8080 where not set;
    https with the certificate of TLS_DIR, read once at start; it calls itself SERVICE_NAME where that is set.
    """
    limits.apply()
    name = settings.text("SERVICE_NAME", name)
    port = int(settings.number("PORT", 8080))
    own: dict[tuple[str, str], Handler] = {
        ("GET", "/healthz"): lambda _: Response(200, "ok\n"),
        ("GET", "/readyz"): lambda _: Response(503, ready() + "\n") if ready() else Response(200, "ready\n"),
        ("GET", "/metrics"): lambda _: Response(200, METRICS.text()),
    }
    handler = type("Bound", (_Handler,), {"service": name, "routes": routes | own})
    try:
        server = _Server(("", port), handler)
    except OSError as error:
        log.error(f"{say('cannot listen on port')} {port}: {error}")
        raise SystemExit(1) from None
    log.info(f"{name} {say('listening on port')} {port}")
    server.serve_forever(poll_interval=2.0)


class _Server(ThreadingHTTPServer):
    """Speaks TLS where TLS_DIR holds tls.crt and tls.key."""

    def server_activate(self) -> None:
        folder = settings.text("TLS_DIR")
        if folder:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(f"{folder}/tls.crt", f"{folder}/tls.key")
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        super().server_activate()

    def handle_error(self, request: "socket.socket | tuple[bytes, socket.socket]", client_address: Any) -> None:
        log.warning(f"connection from {client_address[0]} ended: {sys.exception()}")


class _Handler(BaseHTTPRequestHandler):
    service = ""
    routes: dict[tuple[str, str], Handler] = {}  # noqa: RUF012  (set once per server)
    timeout = 10

    def handle_any(self) -> None:
        limits.await_collection()
        path = self.path.split("?")[0]
        if path.startswith("http://"):  # as a forward proxy gets it
            path = "/" + path.split("/", 3)[-1]
        started = time.monotonic()
        response = self._answer(path)
        self._send(response)
        if path not in QUIET:
            self._account(path, response.status, time.monotonic() - started)

    do_GET = do_POST = do_PUT = do_HEAD = handle_any  # noqa: N815  (the base class names them)

    def _answer(self, path: str) -> Response:
        handler = self._route(path)
        if handler is None:
            return Response(404, {"error": f"no such path: {path}"})
        try:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}") if length else {}
            return handler(Request(self.command, path, body))
        except UpstreamError as error:
            return Response(502, {"error": str(error)})
        except Exception:  # noqa: BLE001  the shop's own boundary: a request that throws is a 500
            log.exception(f"{say('unhandled exception in')} {self.command} {path}", path=path)
            return Response(500, {"error": "internal error"})

    def _route(self, path: str) -> Handler | None:
        exact = self.routes.get((self.command, path))
        if exact is not None:
            return exact
        below = [key for key in self.routes if key[0] == "ANY" and key[1].endswith("/")]
        return next((self.routes[key] for key in below if path.startswith(key[1])), None)

    def _send(self, response: Response) -> None:
        plain = isinstance(response.body, str)
        data = response.body.encode() if plain else json.dumps(response.body).encode()
        try:
            self.send_response(response.status)
            self.send_header("Content-Type", "text/plain; version=0.0.4" if plain else "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            log.warning(f"{say('client went away during')} {self.command} {self.path}")

    def _account(self, path: str, status: int, seconds: float) -> None:
        METRICS.count("http_requests_total", service=self.service, path=path, code=str(status))
        METRICS.observe("http_request_duration_seconds", seconds, service=self.service, path=path)
        write = log.error if status >= 500 else log.info
        write(f"{self.command} {path} {status}", path=path, status=status, ms=round(seconds * 1000))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it)
        """Say nothing: the access log is ours."""
