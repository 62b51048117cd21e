"""Spreads out what may wait, so that what may not is not held up by it."""

from collections.abc import Callable


class Pace:
    """So many at once, then so many a second. `clock` is monotonic and in seconds.

    The generic cell rate algorithm (ITU-T I.371) in its virtual scheduling form; it delays and never refuses.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._interval = 1 / rate
        self._ahead = (burst - 1) * self._interval
        self._clock = clock
        self._next = clock()

    def delay(self) -> float:
        """How long the next one has to wait, in seconds; it is counted."""
        now = self._clock()
        wait = max(0.0, self._next - self._ahead - now)
        self._next = max(self._next, now) + self._interval
        return wait
