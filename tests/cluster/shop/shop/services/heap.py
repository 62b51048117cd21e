"""Builds an index in memory, within HEAP_MB that it allows itself."""

import resource
import time

from shop import log
from shop.settings import number
from shop.wording import say


def main(_: list[str]) -> int:
    """Take 8 MiB a step up to INDEX_MB, then rest; a MemoryError ends it."""
    limit = int(number("HEAP_MB", 256)) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    log.info(f"heap limited to {limit // 1024 // 1024} MiB by HEAP_MB")
    index: list[bytearray] = []
    try:
        for _ in range(int(number("INDEX_MB", 64)) // 8):
            index.append(bytearray(8 * 1024 * 1024))
            time.sleep(0.2)
    except MemoryError:
        held = len(index) * 8
        index.clear()
        log.exception(f"MemoryError {say('while building the index')}: {held} MiB")
        return 1
    log.info("index built")
    while True:
        time.sleep(5)
