"""The recorded runs with every service called otherwise: the causes stay, so nothing is known by its name."""

import gzip
import json
import random
import re

import pytest

from casebook.api.run import Trace
from casebook.reasoning.replay import replay
from support.recorded import HERE, RECORDED

SERVICES = ("web", "api", "auth", "db", "gateway", "worker", "cache", "loadgen", "partner-stub")
WORDS = ("orders", "identity", "ledger2", "edge", "packer", "memo", "visitors", "acquirer", "atlas", "meadow", "quarry")
_NAMED = re.compile(rf"(?<![A-Za-z0-9_/])({'|'.join(SERVICES)})(?![A-Za-z0-9_])")
_IN_PATHS = re.compile(rf"(?<=/)({'|'.join(SERVICES)})(?=[-:)\" \\])")
"""After a slash a name is one only where it ends as names of objects and hosts do, not as a path of the API."""


def renamed(raw: str, seed: str) -> str:
    """A trace in which each service has another name, the same wherever it stands."""
    names = dict(zip(SERVICES, random.Random(seed).sample(WORDS, len(SERVICES)), strict=True))
    for pattern in (_NAMED, _IN_PATHS):
        raw = pattern.sub(lambda match: names[match[1]], raw)
    return raw


def causes(raw: str) -> list[str]:
    report = replay(Trace.model_validate(json.loads(raw)))
    return [report.verdict, *sorted(item.cause for item in report.root_causes)]


@pytest.mark.parametrize("name", RECORDED)
def test_other_names_lead_to_the_same_causes(name: str) -> None:
    raw = gzip.decompress((HERE / f"{name}.json.gz").read_bytes()).decode()
    other = renamed(raw, name)
    assert other != raw
    assert causes(other) == causes(raw)
