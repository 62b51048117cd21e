"""Books orders by what others decide outside of the cluster: contracts, licences, catalogues, quotas.

POST /_withdraw {"value": "winter-26", "says": "..."}: from now on it says so instead, while one of its settings
(variables, arguments, the file SETTINGS_FILE) holds the value.
"""

import os
import threading
import time
from pathlib import Path

from shop import log
from shop.http import Request, Response, serve
from shop.settings import number, text


class Desk:
    """Books an order every WORK_SECONDS."""

    def __init__(self, arguments: list[str]) -> None:
        path = text("SETTINGS_FILE")
        self._settings = [*arguments, *os.environ.values(), Path(path).read_text() if path else ""]
        self._pause = number("WORK_SECONDS", 0.5)
        self._withdrawn: dict[str, str] = {}

    def withdraw(self, request: Request) -> Response:
        """Others decide that a value counts no more."""
        self._withdrawn[str(request.body["value"])] = str(request.body["says"])
        return Response(200)

    def run(self) -> None:
        """Work for ever."""
        while True:
            time.sleep(self._pause)
            refusals = [says for value, says in self._withdrawn.items() if any(value in one for one in self._settings)]
            if refusals:
                log.error(refusals[0])
            else:
                log.info("order booked")


def main(arguments: list[str]) -> None:
    """Work and serve the probes."""
    desk = Desk(arguments)
    threading.Thread(target=desk.run, daemon=True).start()
    serve("desk", {("POST", "/_withdraw"): desk.withdraw})
