"""Warnings that what was asked about logs lately and did not log before, where it is well by all else that is seen."""

from itertools import pairwise

from casebook.analysis.novelty import News, news
from casebook.api.enums import Novelty
from casebook.reasoning.situation import Situation

FEWEST = 3
GAPS = 5
"""How many times its usual gap a warning must have been silent to be over; as for errors."""


def warned(situation: Situation) -> list[News]:
    """Kinds of warnings of what was asked about that are new in the time asked about and go on, the oldest first."""
    asked = [one for one in situation.workloads if one.ref in situation.focus]
    found = [told for workload in asked for told in news(situation.world, workload, None)]
    return sorted((one for one in found if _is_new(situation, one)), key=lambda one: one.since)


def _is_new(situation: Situation, one: News) -> bool:
    world, times = situation.world, [entry.at for entry in one.template.entries if entry.at]
    if one.novelty is not Novelty.NEW or one.since < world.begin or len(times) < FEWEST:
        return False
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    return one.template.level == "WARN" and world.now - times[-1] <= max(GAPS * gaps[len(gaps) // 2], gaps[-1])
