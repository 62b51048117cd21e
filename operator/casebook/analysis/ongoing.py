"""Which errors of a log go on, and which are over."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice, pairwise

from casebook.analysis.access import text
from casebook.analysis.logs import Entry, Log
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Pod, condition
from casebook.analysis.world import World

MAX_ERRORS = 60
RECENT = timedelta(seconds=300)
STARTING = timedelta(seconds=45)
PAUSE = timedelta(seconds=15)
QUIET = timedelta(seconds=30)
SILENCE = timedelta(seconds=90)
GAPS, SOME = 5, 3
LAST_ENTRIES = 10


def still(world: World, log: Log) -> list[Entry]:
    """The first of each distinct error of a log that is not over, since it last began."""
    errors = [entry for entry in log.errors if entry.at is None or entry.at >= world.begin]
    pod = world.pods.get(Ref("Pod", log.namespace, log.pod))
    container = next((item for item in pod.containers if item.name == log.container), None) if pod else None
    if not errors or pod is None or container is None or pod.leaving or _made_good(world, pod):
        return []
    steady = container.steady(world.now)
    if log.previous and steady:
        return []
    kinds: dict[tuple[str, frozenset[str]], list[Entry]] = {}
    for entry in errors:
        kinds.setdefault((entry.template, entry.kinds), []).append(entry)
    live = container.is_running and not log.previous
    over = _is_over(log, world.now, container.running_since) if live else _never
    return [_resumed(log, same) for same in list(kinds.values())[:MAX_ERRORS] if not over(same)]


def _made_good(world: World, pod: Pod) -> bool:
    """Whether it is a failed try of a Job that another try has brought to its end."""
    owner = pod.thing.owner()
    job = world.things.get(owner) if owner and owner.kind == "Job" else None
    return pod.phase == "Failed" and job is not None and text(condition(job, "Complete"), "status") == "True"


def _resumed(log: Log, same: list[Entry]) -> Entry:
    """The first of an error's last stretch: where it had stopped while the log went on, it began anew after that.

    It had stopped where the pause was several times its usual gap, as `_is_over` tells it of one that may come again.
    """
    timed = [(entry.at, entry) for entry in same if entry.at]
    gaps = sorted((later - earlier).total_seconds() for (earlier, _), (later, _) in pairwise(timed))
    pause = max(PAUSE.total_seconds(), GAPS * gaps[len(gaps) // 2]) if gaps else 0.0
    first = same[0]
    for (ended, _), (began, entry) in pairwise(timed):
        between = (one for one in log.entries if one.at and ended < one.at < began)
        if (began - ended).total_seconds() > pause and len(list(islice(between, SOME))) == SOME:
            first = entry
    return first


def _never(_: list[Entry]) -> bool:
    return False


def _is_over(log: Log, now: datetime, started: datetime | None) -> Callable[[list[Entry]], bool]:
    """Tells errors that stopped: silent for several times their usual gap, sooner where the log went on without them.

    Errors of the first moments of a container, when what it needs may still be starting, count as over sooner still.
    """
    ends = max((entry.at for entry in log.entries if entry.at), default=None)

    def over(same: list[Entry]) -> bool:
        times = sorted(entry.at for entry in same if entry.at)
        if not times or ends is None:
            return same[-1] not in log.entries[-LAST_ENTRIES:]
        silent = now - times[-1]
        if silent > RECENT:
            return True
        gap = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else PAUSE / GAPS
        if started is not None and times[-1] - started < STARTING and silent > max(PAUSE, GAPS * gap):
            return True
        later = sum(1 for entry in log.entries if entry.at and entry.at > times[-1])
        return silent > max(QUIET if later >= SOME else SILENCE, GAPS * gap)

    return over
