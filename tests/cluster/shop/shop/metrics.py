"""Counters and summaries in the Prometheus text format."""

import os
import resource
import threading
import time
from collections import defaultdict
from pathlib import Path

Labels = tuple[tuple[str, str], ...]
STARTED = time.time()
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Registry:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[str, dict[Labels, float]] = defaultdict(lambda: defaultdict(float))
        self._gauges: dict[str, dict[Labels, float]] = defaultdict(dict)
        self._histograms: dict[str, dict[Labels, list[float]]] = defaultdict(dict)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        with self._lock:
            self._counters[name][_key(labels)] += amount

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        with self._lock:
            self._gauges[name][_key(labels)] = value

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add one duration to a histogram."""
        with self._lock:
            # one slot a bucket, then the count and the sum
            slots = self._histograms[name].setdefault(_key(labels), [0.0] * (len(BUCKETS) + 2))
            for index, bound in enumerate(BUCKETS):
                slots[index] += seconds <= bound
            slots[-2] += 1
            slots[-1] += seconds

    def text(self) -> str:
        """Everything, as Prometheus reads it."""
        self.gauge("process_resident_memory_bytes", _resident_bytes())
        self.gauge("process_start_time_seconds", STARTED)
        with self._lock:
            lines = [*_simple("counter", self._counters), *_simple("gauge", self._gauges)]
            for name, series in sorted(self._histograms.items()):
                lines.append(f"# TYPE {name} histogram")
                for labels, slots in sorted(series.items()):
                    lines += _histogram(name, labels, slots)
        return "\n".join(lines) + "\n"


METRICS = Registry()


def _key(labels: dict[str, str]) -> Labels:
    return tuple(sorted(labels.items()))


def _series(name: str, labels: Labels, value: float) -> str:
    inner = ",".join(f'{key}="{text}"' for key, text in labels)
    return f"{name}{{{inner}}} {value:.12g}" if inner else f"{name} {value:.12g}"


def _simple(kind: str, metrics: dict[str, dict[Labels, float]]) -> list[str]:
    lines = []
    for name, series in sorted(metrics.items()):
        lines.append(f"# TYPE {name} {kind}")
        lines += [_series(name, labels, value) for labels, value in sorted(series.items())]
    return lines


def _histogram(name: str, labels: Labels, slots: list[float]) -> list[str]:
    lines = [_series(f"{name}_bucket", (*labels, ("le", f"{bound:g}")), slots[i]) for i, bound in enumerate(BUCKETS)]
    lines.append(_series(f"{name}_bucket", (*labels, ("le", "+Inf")), slots[-2]))
    return [*lines, _series(f"{name}_count", labels, slots[-2]), _series(f"{name}_sum", labels, slots[-1])]


def _resident_bytes() -> float:
    try:
        return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024
