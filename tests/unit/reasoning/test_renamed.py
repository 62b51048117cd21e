"""The recorded runs with every service called otherwise: the causes stay, so nothing is known by its name."""

import gzip
import json
import random

import pytest

from casebook.api.run import Trace
from casebook.reasoning.replay import replay
from support.recorded import HERE, RECORDED
from support.renaming import renamed

SERVICES = ("web", "api", "auth", "db", "gateway", "worker", "cache", "loadgen", "partner-stub")
WORDS = ("orders", "identity", "ledger2", "edge", "packer", "memo", "visitors", "acquirer", "atlas", "meadow", "quarry")


def otherwise(raw: str, seed: str) -> str:
    """The trace with another name for each service."""
    return renamed(raw, dict(zip(SERVICES, random.Random(seed).sample(WORDS, len(SERVICES)), strict=True)))


def causes(raw: str) -> list[str]:
    report = replay(Trace.model_validate(json.loads(raw)))
    return [report.verdict, *sorted(item.cause for item in report.root_causes)]


@pytest.mark.parametrize("name", RECORDED)
def test_other_names_lead_to_the_same_causes(name: str) -> None:
    raw = gzip.decompress((HERE / f"{name}.json.gz").read_bytes()).decode()
    other = otherwise(raw, name)
    assert other != raw
    assert causes(other) == causes(raw)
