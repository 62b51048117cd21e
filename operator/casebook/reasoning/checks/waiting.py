"""What waits for something by its name, as its own log says."""

import re
from collections.abc import Iterator

from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Workload
from casebook.reasoning.situation import Situation

_LAST = 5
"""Entries at the end of a log: what is waited for is said again and again."""
_FEWEST_LETTERS = 4
"""Shorter names are words that stand anywhere."""


def waiting_for(situation: Situation, ref: Ref) -> Iterator[tuple[Workload, Cite]]:
    """Workloads on the path with pods that are not ready, whose last log entries name an object; and where."""
    if len(ref.name) < _FEWEST_LETTERS:
        return
    named = re.compile(rf"(?<![\w.-]){re.escape(ref.name)}(?![\w-])")
    for workload in situation.workloads:
        if workload.ref == ref or workload.ref.namespace != ref.namespace or workload.ref not in situation.path:
            continue
        unready = {pod.thing.ref.name for pod in workload.live if not pod.ready}
        logs = [log for log in situation.world.logs_of(workload) if log.pod in unready]
        cites = [log.cite(entry) for log in logs for entry in log.entries[-_LAST:] if named.search(entry.said)]
        if cites:
            yield workload, cites[-1]
