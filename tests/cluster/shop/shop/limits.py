"""What a process allows itself: open files, threads, and how long it stands still to collect garbage."""

import resource
import threading
import time

from shop import log
from shop.settings import number
from shop.wording import say

_standing_still = threading.Lock()


def apply() -> None:
    """Set OPEN_FILES and PROCESSES as limits; begin to collect for COLLECT_SECONDS in every COLLECT_EVERY seconds."""
    for name, kind in (("OPEN_FILES", resource.RLIMIT_NOFILE), ("PROCESSES", resource.RLIMIT_NPROC)):
        allowed = int(number(name, 0))
        if allowed:
            resource.setrlimit(kind, (allowed, allowed))
    if number("COLLECT_SECONDS", 0):
        threading.Thread(target=_collect, daemon=True).start()


def await_collection() -> None:
    """Wait until no collection is going on."""
    with _standing_still:
        pass


def _collect() -> None:
    pause, every = number("COLLECT_SECONDS", 0), number("COLLECT_EVERY", 20)
    while True:
        time.sleep(every)
        with _standing_still:
            time.sleep(pause)
        log.warning(f"{say('garbage collection paused everything for')} {pause * 1000:.0f} ms")
