"""`batch SECONDS EXIT`: work for a while, then end; a job."""

import time

from shop import log


def main(arguments: list[str]) -> int:
    """Work for the seconds given and exit with the code given."""
    seconds, code = float(arguments[0]), int(arguments[1])
    log.info(f"batch starts, about {seconds:.0f} s")
    time.sleep(seconds)
    (log.error if code else log.info)(arguments[2] if len(arguments) > 2 else "batch ends")
    return code
