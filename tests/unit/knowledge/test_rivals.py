"""Contradictions among thousands of memories: all that looking at every pair finds, without doing so."""

import random
from itertools import combinations

from casebook.api.run import Recalled
from casebook.knowledge.conflicts import at_odds
from casebook.knowledge.rivals import FEW, rivals
from support.memories import cause, memory


def any_memory(number: int, dice: random.Random) -> Recalled:
    """One of few causes, objects and scopes, so that many meet."""
    labels = {name: dice.choice("xy") for name in ("namespace", "alertname", "workload.name") if dice.random() < 0.5}
    if dice.random() < 0.2:
        normal = {"object": f"Deployment/{dice.choice('ab')}", "field": "spec.replicas", "value": dice.choice("35")}
        return memory(f"m{number}", claim={"expectation": normal}, scope={"matchLabels": labels})
    object_ = dice.choice(["", "Deployment/a", "Deployment/b"])
    claim = cause(dice.choice("ABC"), object_, dice.choice(["Confirms", "Confirms", "RulesOut"]))
    return memory(f"m{number}", claim=claim, scope={"matchLabels": labels})


def can_meet(one: Recalled, other: Recalled) -> bool:
    mine, theirs = one.spec.scope.match_labels, other.spec.scope.match_labels
    return all(mine[name] == theirs[name] for name in mine.keys() & theirs.keys())


def test_it_finds_what_looking_at_every_pair_finds_in_the_same_order() -> None:
    dice = random.Random(3)
    met = 0
    for size in (2, FEW, FEW + 1, 60, 150):
        claims = [any_memory(number, dice) for number in range(size)]
        every = [pair for pair in combinations(claims, 2) if at_odds(*pair) and can_meet(*pair)]
        assert [pair for pair in rivals(claims) if at_odds(*pair)] == every
        met += len(every)
    assert met > 1000


def test_of_thousands_only_those_are_paired_that_can_contradict_each_other() -> None:
    """Each is of a workload of its own, whether it names the object or leaves it to its scope."""
    few = "ABCDE"
    for named in (True, False):
        claims = [
            memory(
                f"m{number}",
                claim=cause(few[number % 5], f"Deployment/d{number}" if named else ""),
                scope={"matchLabels": {"namespace": "shop", "workload.name": f"d{number}"}},
            )
            for number in range(2000)
        ]
        assert rivals(claims) == []
        against = memory("against", claim=cause("C", "Deployment/d7" if named else "", "RulesOut"))
        assert len(rivals([*claims, against])) == 400
