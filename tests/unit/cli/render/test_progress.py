"""A run while it goes on, with and without a terminal."""

import io

from casebook.api.observation import Result, listing
from casebook.cli.render.live import PlainProgress, watching
from casebook.cli.render.picture import LiveProgress
from casebook.reasoning import engine
from casebook.reasoning.planning.plan import Look
from support import builders

LOOK = Look((listing("pods", "shop"),), "survey of shop")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def board():
    body = builders.template("web", builders.container("web", resources={"limits": {"memory": "40Mi"}}))
    top = builders.workload("web", body)
    owner = builders.replicaset(top, 1, body, age=7200)
    killed = builders.waiting("web", "CrashLoopBackOff", restarts=5, last=builders.ended(137, "OOMKilled"))
    pod = builders.pod(owner, body, killed)
    return engine.weigh(builders.snapshot(builders.run("why?", "Deployment/web"), [top, owner, pod]))


def tell(progress) -> None:
    progress.looking(0, LOOK)
    progress.observed(builders.observe(listing("pods", "shop"), {"items": []}))
    progress.observed(builders.observe(listing("nodes"), None, result=Result.DENIED, message="nodes is forbidden"))
    progress.weighed(board())
    progress.weighed(board())


def test_plain_lines_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with watching(stream) as progress:
        assert isinstance(progress, PlainProgress)
        tell(progress)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "round 0: survey of shop (1 reads)"
    assert lines[1] == "not read: kubectl get nodes: nodes is forbidden"
    assert lines[2].startswith("leading: Deployment/web MemoryLimitTooLow ")
    assert len(lines) == 3, "the same leader is not said twice"


def test_waiting_for_a_model_is_said() -> None:
    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        with watching(stream) as progress:
            progress.advising()
    assert plain.getvalue() == "asking the model\n"
    assert "looking: asking the model" in terminal.getvalue()


def test_a_picture_in_a_terminal() -> None:
    stream = Terminal()
    with watching(stream) as progress:
        assert isinstance(progress, LiveProgress)
        tell(progress)
    shown = stream.getvalue()
    assert "looking: survey of shop" in shown
    assert "MemoryLimitTooLow" in shown
    assert "2 reads" in shown
