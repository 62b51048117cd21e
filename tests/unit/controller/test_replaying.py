"""A replay in a process of its own, on a recorded investigation."""

import pytest

from casebook.api.run import Trace
from casebook.controller.replaying import CannotReplay, Replays
from support.memories import cause, memory
from support.recorded import trace


class Kept:
    """Traces by tenant and UID."""

    def __init__(self) -> None:
        self.trace_ = trace("image-tag-typo")

    async def trace(self, tenant: str, uid: str) -> Trace | None:
        return self.trace_ if (tenant, uid) == ("ns:shop", "u-1") else None


async def test_old_and_new_stand_side_by_side() -> None:
    said = memory(claim=cause("ImageNotFound", effect="RulesOut"))
    found = await Replays(Kept()).compare("ns:shop", "u-1", said, "f1")
    assert (found.feedback_id, found.before.cause, found.before.object) == ("f1", "ImageNotFound", "Deployment/api")
    assert found.after.cause != "ImageNotFound"
    assert found.note.startswith("ruled out ImageNotFound on Deployment/api, which stood at ")


async def test_an_earlier_version_of_the_memory_counts_on_neither_side() -> None:
    kept, said = Kept(), memory(claim=cause("ImageNotFound", effect="RulesOut"))
    kept.trace_ = kept.trace_.replace(run=kept.trace_.run.replace(recalled=[said]))
    found = await Replays(kept).compare("ns:shop", "u-1", said.replace(version=2), "f1")
    assert found.before.cause == "ImageNotFound"


async def test_a_memory_that_does_not_apply_says_so() -> None:
    said = memory(claim=cause("X"), scope={"matchLabels": {"namespace": "elsewhere"}})
    found = await Replays(Kept()).compare("ns:shop", "u-1", said, "f1")
    assert found.before == found.after
    assert found.note == "memory m does not apply to this investigation: look at its scope"


async def test_another_tenant_has_nothing_to_replay() -> None:
    with pytest.raises(CannotReplay, match="no trace of this investigation"):
        await Replays(Kept()).compare("ns:other", "u-1", memory(), "f1")
    with pytest.raises(CannotReplay, match="no database is configured"):
        await Replays(None).compare("ns:shop", "u-1", memory(), "f1")
