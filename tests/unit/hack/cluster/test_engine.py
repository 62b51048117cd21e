"""What our own engine needs from the machine, and what it gives back."""

import json
import subprocess
from pathlib import Path

import pytest

from clusterkit.engine import WRAPPER, may_raise_limits
from clusterkit.firewall import undo

BEFORE = """*filter
:INPUT ACCEPT [5:300]
:FORWARD ACCEPT [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
COMMIT
"""
AFTER = """*filter
:INPUT ACCEPT [9:900]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
:MINE - [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -p tcp --dport 80 -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -i br-1 ! -o br-1 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A POSTROUTING -s 172.18.0.0/16 ! -o br-1 -j MASQUERADE
COMMIT
"""


def test_what_the_engine_added_is_taken_out_and_nothing_else() -> None:
    assert [" ".join(argv) for argv in undo(BEFORE, AFTER)] == [
        "-t filter -D FORWARD -j DOCKER-USER",
        "-t filter -D FORWARD -i br-1 ! -o br-1 -j ACCEPT",
        "-t filter -D DOCKER-USER -j RETURN",
        "-t nat -D POSTROUTING -s 172.18.0.0/16 ! -o br-1 -j MASQUERADE",
        "-t filter -X DOCKER",
        "-t filter -X DOCKER-USER",
        "-t nat -X DOCKER",
        "-t filter -P FORWARD ACCEPT",
    ]


def test_nothing_added_nothing_undone() -> None:
    assert list(undo(AFTER, AFTER)) == []


@pytest.mark.parametrize(
    ("mask", "may"), [("000001ffffffffff", True), ("000001fffeffffff", False), ("0000000000000000", False)]
)
def test_the_capability_to_raise_limits(mask: str, may: bool) -> None:
    assert may_raise_limits(f"Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t{mask}\n") is may


@pytest.mark.parametrize("form", ["--bundle {}", "--bundle={}", "-b {}"])
def test_the_runtime_takes_out_what_the_machine_cannot_give(tmp_path: Path, form: str) -> None:
    spec = {"process": {"capabilities": {"bounding": ["CAP_SYS_RESOURCE", "CAP_KILL"]}, "oomScoreAdj": -998}}
    (tmp_path / "config.json").write_text(json.dumps(spec, separators=(",", ":")))
    (tmp_path / "runc").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "runc").chmod(0o755)
    argv = ["create", *form.format(tmp_path).split(), "name"]
    done = subprocess.run(
        [WRAPPER, *argv], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == argv
    changed = json.loads((tmp_path / "config.json").read_text())["process"]
    assert changed == {"capabilities": {"bounding": ["CAP_KILL"]}, "oomScoreAdj": 0}


def test_the_runtime_leaves_other_calls_alone(tmp_path: Path) -> None:
    (tmp_path / "runc").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "runc").chmod(0o755)
    done = subprocess.run(
        [WRAPPER, "state", "name"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "state name\n"
