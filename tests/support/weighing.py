"""Hypotheses without causes of their own, for tests of how they are weighed against each other."""

from dataclasses import replace
from typing import Any

from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.reasoning.board import Part, Ranked
from casebook.reasoning.cause import Candidate, Cause, Prediction
from casebook.reasoning.judging.scoring import explains
from casebook.reasoning.situation import Situation
from support.builders import NS, Raw, ended, endpoints, log, pod, replicaset, run, snapshot, template, waiting, workload
from support.shop import shop

REFUSED = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: Connection refused"}'
BAD = '{"level":"ERROR","msg":"GET http://api:80/x failed: HTTP 502 Bad Gateway"}'
AUTH, API, WEB = (Ref("Deployment", NS, name) for name in ("auth", "api", "web"))


def cascade(target: str = "Deployment/web", question: str = "why?", **asked: Any) -> Situation:
    """web blames api, api blames auth, both since about six seconds; the Service of auth has no endpoints."""
    objects = [one for one in shop() if one["metadata"]["name"] != "auth-s1"]
    logs = [log("api-p0", [REFUSED] * 6), log("web-p0", [BAD] * 6)]
    return Situation.of(snapshot(run(question, target, **asked), [*objects, endpoints("auth", 0)], *logs))


def crashing(*names: str, age: float = 600) -> list[Raw]:
    """Workloads that nothing connects, each with a pod of so many seconds that crashes."""
    found: list[Raw] = []
    for name in names:
        body = template(name)
        top = workload(name, body)
        owner = replicaset(top, 1, body, age=age)
        status = waiting(name, "CrashLoopBackOff", restarts=4, last=ended(1))
        found += [top, owner, pod(owner, body, status, name=f"{name}-p0", age=age)]
    return found


def cause(code: str = "X", rate: float = 0.1, *predictions: Prediction[None], fault: bool = True) -> Cause[None]:
    """A cause that detects nothing by itself."""
    return Cause(code, "m", "n", "e", rate, lambda _: (), predictions, lambda *_: (), fault)


def candidate(ref: Ref, *signs: Sign, harms: tuple[Ref, ...] = (), **more: Any) -> Candidate[None]:
    """A hypothesis about an object, which it harms alone unless others are named."""
    return Candidate(ref, f"{ref.name} did it", frozenset(harms or (ref,)), frozenset(signs), None, **more)


def parts(found: Ranked) -> list[int]:
    """The terms of its sum."""
    return [part.centinats for part in found.parts]


def ranked(
    situation: Situation, ref: Ref, total: int, code: str, *signs: Sign, fault: bool = True, **more: Any
) -> Ranked:
    """A hypothesis with this sum, which explains what it explains in the situation."""
    found = candidate(ref, *signs, **more)
    sum_ = (Part("x", total),)
    return Ranked(cause(code, fault=fault), found, (), sum_, explains(situation, found), situation.label(ref))


def at(total: int, found: Ranked) -> Ranked:
    """The same with another sum."""
    return replace(found, parts=(Part("x", total),))
