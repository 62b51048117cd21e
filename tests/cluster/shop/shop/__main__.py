"""`python -m shop SERVICE`: run one service until SIGTERM."""

import importlib
import signal
import sys

from shop import log
from shop.settings import SettingError, text

SERVICES = (
    "web", "gateway", "api", "auth", "cache", "partner", "queue", "worker", "loadgen", "db",
    "tell", "registry", "batch", "watcher", "heap", "discovery", "guard", "preload", "desk",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run the service that the first argument names; the rest are its own arguments."""
    name = arguments[0] if arguments else ""
    if name not in SERVICES:
        print(f"shop: unknown service {name!r}; one of: {', '.join(SERVICES)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    log.configure(text("SERVICE_NAME", name))
    try:
        return int(importlib.import_module(f"shop.services.{name}").main(arguments[1:]) or 0)
    except SettingError as error:
        log.error(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
