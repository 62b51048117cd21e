"""Leak: two tenants on one Casebook; nothing that one of them says or shows is in anything of the other."""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from bench.learning.figures import none, share
from bench.learning.installed import Installed, InstalledError, installed
from bench.row import Bound, Row
from bench.session import Session
from casebook.api.base import API_VERSION, INVESTIGATIONS, MEMORIES
from casebook.api.meta import ATTEMPT_LABEL, NAME_ANNOTATION, NAMESPACE_ANNOTATION, TENANT_ANNOTATION, UID_LABEL
from casebook.api.observation import KUBERNETES, LOGS, Observation, Query, listing
from casebook.api.run import Run, Trace
from casebook.api.spending import ModelCall, Settled
from casebook.knowledge.asking import asked
from casebook.store.tables import TENANT_TABLES
from support.recorded import relived
from support.recorded import trace as recorded
from support.runpods import Pod
from support.waiting import until

GROUP = "leak"
INCIDENT = "image-tag-typo"
ALERT = "KubePodNotReady"
SQL = (
    "x' OR '1'='1",
    "'); select set_config('casebook.tenant', 'label:rival', false); --",
    "%' OR tenant LIKE '%",
)
"""What an alert may carry in its labels."""
REFUSED = (401, 403, 404, 409, 422)


@dataclass
class Side:
    """One tenant: its namespace, and what its agents were given and answered."""

    label: str
    place: str
    canary: str = ""
    heard: dict[str, str] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)

    @property
    def tenant(self) -> str:
        """As the stores know it."""
        return f"label:{self.label}"

    def says(self, what: str) -> str:
        """A text that only this tenant has."""
        return f"{self.canary}-{what}" if self.canary else what


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Both tenants live through the same; then everything of the second is searched for the first."""
    session.tell("an API server, a Postgres, a gateway, a controller")
    async with installed(session.kube) as there:
        rival = await _side(there, "rival", f"cnry{uuid4().hex[:10]}")
        mine = await _side(there, "mine")
        for side in (rival, mine):
            session.tell(f"tenant {side.label} lives through an incident, corrects it, and meets it again")
            await _live(there, side)
        session.tell("attacks")
        attacks = [(name, await attack(there, rival, mine)) for name, attack in ATTACKS.items()]
        session.tell("searching")
        held, own = await _everything(there, mine), await _everything(there, rival)
    return _rows(rival.canary, held, own, attacks)


def _rows(canary: str, held: dict[str, str], own: dict[str, str], attacks: list[tuple[str, str]]) -> list[Row]:
    leaks = [f"{where}: {text.count(canary) * len(canary)} bytes" for where, text in held.items() if canary in text]
    got_in = [f"{name}: {text}" for name, text in attacks if text]
    mine = {where: text for where, text in own.items() if where not in _SHARED and not where.startswith(_NOT_OURS)}
    planted = [canary in text for text in mine.values()]
    bare = ", ".join(where for where, text in mine.items() if canary not in text)
    size = sum(len(text) for text in held.values()) >> 10
    return [
        none(GROUP, "places of a tenant that hold a byte of another", leaks, len(held), f"{size} KiB searched"),
        none(GROUP, "attacks that get something", got_in, len(attacks), ", ".join(name for name, _ in attacks)),
        share(GROUP, "places of the other where what was planted is found", planted, Bound(">=", 100), bare),
    ]


async def _side(there: Installed, label: str, canary: str = "") -> Side:
    return Side(label, await there.rig.namespace(f"team-{label}-{there.rig.suffix}", tenant=label), canary)


async def _live(there: Installed, side: Side) -> None:
    """An incident, a word on it, what becomes of that, memories of every kind, the incident again, and another."""
    await _teach(there, side)
    first = await _investigated(there, side, "first")
    said = {"cause": "ProxyExpired", "object": "Deployment/api", "statement": side.says("statement")}
    entry = {"id": "f1", "author": side.says("author"), "verdict": "Wrong", "rootCause": said, "standing": "Confirmed",
             "note": side.says("note"), "reach": "Tenant"}  # fmt: skip
    await there.rig.writer.patch(INVESTIGATIONS, "first", side.place, {"spec": {"feedback": [entry]}})

    async def learned() -> bool:
        lessons = (await there.rig.get(first)).get("status", {}).get("lessons", [])
        return bool(lessons) and lessons[0].get("replay") != "Pending"

    await until("the correction is learned", learned)
    await _consulted(there, side, first)
    await _investigated(there, side, "second")
    await _investigated(there, side, "third", side.says("Alert"))


async def _consulted(there: Installed, side: Side, made: dict[str, Any]) -> None:
    """A call of a model, with its texts kept."""
    about = made["metadata"]
    call = ModelCall(
        id=f"call-{side.label}", uid=about["uid"], namespace=side.place, investigation=about["name"],
        at=datetime.now(UTC), digest="d", tokens=10, money=0, question=side.says("prompt"),
    )  # fmt: skip
    await there.calls.reserve(side.tenant, call, call.at, lambda *_: "")
    await there.calls.settle(side.tenant, call.id, Settled(outcome="answered", answer=side.says("completion")))


async def _teach(there: Installed, side: Side) -> None:
    claims: dict[str, dict[str, Any]] = {
        "noise": {"noise": {"logTemplate": side.says("template")}},
        "dependency": {"dependency": {"from": "Deployment/api", "to": f"Deployment/{side.says('db')}"}},
        "concept": {"concept": {"label": {"class": side.says("class")}, "when": {}}},
    }
    for name, claim in claims.items():
        metadata = {"name": side.says(name), "namespace": side.place, "annotations": {"note": side.says("annotation")}}
        spec = {"statement": side.says("statement"), "claim": claim, "state": "Confirmed", "reach": "Tenant"}
        manifest = {"apiVersion": API_VERSION, "kind": "Memory", "metadata": metadata, "spec": spec}
        await there.rig.writer.create(MEMORIES, manifest)


async def _investigated(there: Installed, side: Side, name: str, alertname: str = ALERT) -> dict[str, Any]:
    """Asked by an alert, run, reported: through the gateway, as an agent does."""
    labels = {"alertname": alertname, "namespace": side.place, "team": side.says("label")}
    alert = {"labels": labels, "annotations": {"summary": side.says("summary")}}
    target = {"kind": "Deployment", "name": "api"}
    made, pod = await there.begun(side.place, side.tenant, name, trigger="Alert", alert=alert, target=target,
                                  question=side.says("question"))  # fmt: skip
    run = await there.run(pod)
    side.heard[f"run {name}"] = run.model_dump_json()
    status, receipt = await there.hand_in(pod, _seen(run, side))
    if status != 200:
        raise InstalledError(f"the report of tenant {side.label} is refused: {status} {receipt}")
    side.heard[f"checkpoint {name}"] = json.dumps((await pod.call(there, "GET", "/observations"))[1])
    side.heard[f"projected {name}"] = json.dumps(
        (await pod.call(there, "POST", "/projected", Query(source=KUBERNETES, resource="nodes").wire()))[1]
    )
    side.made.append(made)
    await there.rig.condition(made, "Finished")
    return made


def _seen(run: Run, side: Side) -> Trace:
    """What the recorded incident showed, in this tenant's namespace, with its own words in logs and objects."""
    trace = relived(recorded(INCIDENT), run, side.place)
    return trace.replace(observations=[_planted(item, side) for item in trace.observations])


def _planted(item: Observation, side: Side) -> Observation:
    data = item.data or {}
    if item.query.source == LOGS and data.get("lines"):
        line = {"at": data["lines"][-1]["at"], "text": side.says("log line")}
        return item.replace(data={**data, "lines": [*data["lines"], line]})
    if item.query.source == KUBERNETES and isinstance(data.get("items"), list):
        items = [_noted(one, side) if "metadata" in one else one for one in data["items"]]
        return item.replace(data={**data, "items": items})
    return item


def _noted(thing: dict[str, Any], side: Side) -> dict[str, Any]:
    metadata = thing["metadata"]
    annotations = (metadata.get("annotations") or {}) | {"note": side.says("annotation")}
    return thing | {"metadata": metadata | {"annotations": annotations}}


_NOT_OURS = "projected"
"""What is told of the cluster's own objects holds nothing of any tenant."""
_SHARED = ("metrics of the gateway", "metrics of the controller", "log of both")


async def _everything(there: Installed, side: Side) -> dict[str, str]:
    """All that there is of a tenant, and what everybody may read, by where it stands."""
    found = dict(side.heard)
    for kind in (INVESTIGATIONS, MEMORIES, "events"):
        found[kind] = json.dumps((await there.rig.reader.list(kind, side.place)).items)
    for name in (table.name for table in TENANT_TABLES):
        found[f"rows of {name}"] = json.dumps(list(_rows_of(there, side, name)), default=str)
    async with aiohttp.ClientSession() as http:
        for name, url in ((_SHARED[0], f"{there.url}/metrics"), (_SHARED[1], f"http://127.0.0.1:{there.port}/metrics")):
            async with http.get(url) as answer:
                found[name] = await answer.text()
    found[_SHARED[2]] = there.log.read_text()
    return {where: text for where, text in found.items() if text not in ("", "[]")}


def _rows_of(there: Installed, side: Side, table: str) -> Iterator[dict[str, Any]]:
    """What the role of the application sees as this tenant."""
    with psycopg.connect(there.postgres.app, row_factory=dict_row) as connection:
        connection.execute("select set_config('casebook.tenant', %s, true)", [side.tenant])
        yield from connection.execute(sql.SQL("select * from casebook.{}").format(sql.Identifier(table)))


Attack = Callable[[Installed, Side, Side], Awaitable[str]]


async def _guessed_id(there: Installed, rival: Side, mine: Side) -> str:
    """The stores, asked as one tenant for what the other has."""
    uid = rival.made[0]["metadata"]["uid"]
    found = [await there.traces.trace(mine.tenant, uid), (await there.traces.resume(mine.tenant, uid, 1)).observations]
    found += [await there.traces.digests(mine.tenant, uid, 1)]
    return "; ".join(str(one)[:80] for one in found if one)


async def _same_question(there: Installed, rival: Side, mine: Side) -> str:
    """The other's question, word for word."""
    spec = (await there.run(await _pod_of(there, rival))).spec
    return str(await there.cases.asked(mine.tenant, asked(spec, rival.place)) or "")


async def _pod_of(there: Installed, side: Side) -> Pod:
    _, pod = await there.begun(
        side.place, side.tenant, f"asks-{uuid4().hex[:6]}", target={"kind": "Deployment", "name": "api"}
    )
    return pod


async def _sql_in_labels(there: Installed, rival: Side, mine: Side) -> str:
    """As an alert, as the name of a target, and as a tenant."""
    got = ""
    for text in SQL:
        labels = {"alertname": text, "namespace": mine.place, "tenant": text}
        name = f"sql-{uuid4().hex[:6]}"
        _, pod = await there.begun(mine.place, mine.tenant, name, trigger="Alert", alert={"labels": labels})
        given = await there.run(pod)
        mine.heard[f"run with {text}"] = given.model_dump_json()
        got += rival.canary * (rival.canary in given.model_dump_json())
        got += str(await there.ledger.used(text) or "")
        got += str(await there.traces.trace(text, rival.made[0]["metadata"]["uid"]) or "")
    return got


async def _read_elsewhere(there: Installed, rival: Side, mine: Side) -> str:
    """One's own token, for a projected read of the other's namespace."""
    pod = await _pod_of(there, mine)
    got = []
    for query in (listing("pods", rival.place), listing("memories.casebook.dev", rival.place)):
        status, answer = await pod.call(there, "POST", "/projected", query.wire())
        if status == 200 and (answer or {}).get("data"):
            got.append(f"{query.command()}: {answer['data']}"[:120])
    return "; ".join(got)


async def _write_elsewhere(there: Installed, rival: Side, mine: Side) -> str:
    """One's own token, for an observation of the other's namespace: it would be evidence, and a clue."""
    pod = await _pod_of(there, mine)
    run = await there.run(pod)
    foreign = _seen(run, rival).observations[:1]
    batch = {"first": 0, "observations": [one.wire() for one in foreign]}
    status, _ = await pod.call(there, "POST", "/observations", batch)
    return "" if status in REFUSED else f"answered {status}"


async def _others_run(there: Installed, rival: Side, mine: Side) -> str:
    """The token of one tenant's reader, in a pod that says it works for the other."""
    target = rival.made[0]["metadata"]
    got = []
    for said in (mine.tenant, rival.tenant):
        pod = Pod(there.rig, rival.made[0], tenant=mine.tenant)
        pod.manifest["metadata"]["labels"] = {UID_LABEL: target["uid"], ATTEMPT_LABEL: "1"}
        pod.manifest["metadata"]["annotations"] = {
            NAME_ANNOTATION: target["name"], NAMESPACE_ANNOTATION: target["namespace"], TENANT_ANNOTATION: said,
        }  # fmt: skip
        await pod.create()
        for method, path in (("GET", ""), ("GET", "/observations")):
            status, answer = await pod.call(there, method, path)
            if status not in REFUSED:
                got.append(f"{path or '/run'} as {said}: {status} {str(answer)[:80]}")
    return "; ".join(got)


ATTACKS: dict[str, Attack] = {
    "guessed ids": _guessed_id,
    "the same question": _same_question,
    "SQL in labels": _sql_in_labels,
    "a read elsewhere": _read_elsewhere,
    "evidence from elsewhere": _write_elsewhere,
    "the other's run with one's own token": _others_run,
}
