"""A model in a pod: it never answers the first question, and every later one at once with `answer.json`.

`GET /asked` tells the addresses of those who have asked, in their order.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event

ANSWER = Path(__file__).with_name("answer.json").read_bytes()
asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Who has asked."""
        self.reply(json.dumps({"asked": asked}).encode())

    def do_POST(self) -> None:
        """A question."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked.append(self.client_address[0])
        if len(asked) == 1:
            Event().wait()
        self.reply(ANSWER)

    def reply(self, body: bytes) -> None:
        """Answer with this JSON."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
