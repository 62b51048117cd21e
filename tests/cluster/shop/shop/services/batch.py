"""`batch SECONDS EXIT`: read INPUT_MB into memory, work for a while, then end; a job."""

import time

from shop import log
from shop.settings import number
from shop.wording import say


def main(arguments: list[str]) -> int:
    """Work for the seconds given and exit with the code given."""
    seconds, code = float(arguments[0]), int(arguments[1])
    log.info(f"{say('batch starts')}, {seconds:.0f} s")
    records = _read(int(number("INPUT_MB", 0)))
    time.sleep(seconds)
    (log.error if code else log.info)(arguments[2] if len(arguments) > 2 else say("batch ends"), records=len(records))
    return code


def _read(megabytes: int) -> list[bytearray]:
    if megabytes:
        log.info(f"{say('reading the input')}, {megabytes} MB")
    return [bytearray(b"x" * 1024 * 1024) for _ in range(megabytes)]
