"""Queries and the observations that answer them: the only way in which reasoning meets the world."""

import json
import math
import shlex
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any

from pydantic import Field, JsonValue, SkipValidation

from casebook.api.base import Model, Time, timestamp
from casebook.api.report import Window

KUBERNETES = "kubernetes"
LOGS = "logs"
METRICS = "metrics"
PROMETHEUS = "prometheus"

STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Steps of a range query in seconds that a person finds easy to read."""

CLUSTER_SCOPED = frozenset(
    {
        *("namespaces", "nodes", "persistentvolumes", "storageclasses.storage.k8s.io"),
        *("ingressclasses.networking.k8s.io", "priorityclasses.scheduling.k8s.io"),
        *("apiservices.apiregistration.k8s.io", "validatingwebhookconfigurations.admissionregistration.k8s.io"),
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        *("clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"),
    }
)
"""Resources whose objects stand in no namespace."""


class Query(Model):
    """One read: a source, a resource in it, and parameters. Equal queries have equal canonical text.

    `kubernetes`: resource is the plural with its group (`pods`, `deployments.apps`); params may hold `labelSelector`
    and `fieldSelector`. With a name it is a get, without one a list; an empty namespace means cluster-scoped or all.
    `logs`: resource `pods`, name the pod; params `container`, `previous` (`true`), and either `tailLines`
    or `sinceSeconds` with `limitBytes`: the last lines, or those from then on as far as the bytes go.
    `metrics`: resource `pods` or `nodes` of metrics.k8s.io.
    `prometheus`: resource `query_range` (params `query`, `start`, `end`, `step` in seconds), `names` of the metrics
    that a selector finds (params `match`, `start`, `end`), or `rules`: alerting rules that are pending or firing.
    """

    source: Annotated[str, Field(max_length=32)]
    resource: Annotated[str, Field(max_length=128)]
    namespace: Annotated[str, Field(max_length=63)] = ""
    name: Annotated[str, Field(max_length=253)] = ""
    params: dict[str, str] = Field(default_factory=dict)

    @property
    def is_earlier_log(self) -> bool:
        """Whether it asks for the begin of a span of a log and not for its last lines."""
        return self.source == LOGS and "limitBytes" in self.params

    @property
    def is_previous_log(self) -> bool:
        """Whether it asks for the log of the run of a container before the one that is on."""
        return self.source == LOGS and self.params.get("previous") == "true"

    def canonical(self) -> str:
        """The query as one line of JSON with sorted keys; the identity that replay looks up."""
        return json.dumps(self.wire(), sort_keys=True, separators=(",", ":"))

    def command(self) -> str:
        """A command that shows a person the same: of kubectl, or of promtool with the URL in $PROMETHEUS_URL."""
        place = f" -n {self.namespace}" if self.namespace else "" if self.resource in CLUSTER_SCOPED else " -A"
        if self.source == LOGS:
            options = [f"-c {self.params['container']}"] if "container" in self.params else []
            options += ["--previous"] if self.is_previous_log else []
            options += [f"--tail={self.params['tailLines']}"] if "tailLines" in self.params else []
            options += [f"--since={self.params['sinceSeconds']}s"] if "sinceSeconds" in self.params else []
            options += [f"--limit-bytes={self.params['limitBytes']}"] if "limitBytes" in self.params else []
            return " ".join([f"kubectl logs{place} {self.name}", *options])
        if self.source == PROMETHEUS:
            return _promtool(self.resource, self.params)
        if self.source == METRICS:
            return f"kubectl top {self.resource}{place}"
        options = [f"-l '{self.params['labelSelector']}'"] if "labelSelector" in self.params else []
        options += [f"--field-selector '{self.params['fieldSelector']}'"] if "fieldSelector" in self.params else []
        return " ".join([f"kubectl get {self.resource}{place}", *([self.name] if self.name else []), *options])


def _promtool(resource: str, params: dict[str, str]) -> str:
    url = '"$PROMETHEUS_URL"'
    if resource == "rules":
        return f"curl -s {url}/api/v1/rules?type=alert"
    span = f"--start={params.get('start', '')} --end={params.get('end', '')}"
    if resource == "names":
        return f"promtool query labels --match={shlex.quote(params.get('match', ''))} {span} {url} __name__"
    step = params.get("step", "")
    return f"promtool query range {span} --step={step}s {url} {shlex.quote(params.get('query', ''))}"


def listing(resource: str, namespace: str = "", *, labels: str = "", fields: str = "") -> Query:
    """A list of a kind; an empty namespace means cluster-scoped."""
    params = {key: value for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}
    return Query(source=KUBERNETES, resource=resource, namespace=namespace, params=params)


def getting(resource: str, name: str, namespace: str = "") -> Query:
    """One object by name."""
    return Query(source=KUBERNETES, resource=resource, namespace=namespace, name=name)


def used(namespace: str) -> Query:
    """What the containers of a namespace use now."""
    return Query(source=METRICS, resource="pods", namespace=namespace)


def pod_logs(namespace: str, pod: str, container: str, *, previous: bool = False, tail: int = 400) -> Query:
    """The last `tail` lines of a container, or of its previous run."""
    params = {"container": container, "tailLines": str(tail)} | ({"previous": "true"} if previous else {})
    return Query(source=LOGS, resource="pods", namespace=namespace, name=pod, params=params)


def earlier_logs(namespace: str, pod: str, container: str, seconds: int, limit_bytes: int) -> Query:
    """The lines of a container from so many seconds ago on, as far as so many bytes go."""
    params = {"container": container, "sinceSeconds": str(seconds), "limitBytes": str(limit_bytes)}
    return Query(source=LOGS, resource="pods", namespace=namespace, name=pod, params=params)


def curve(expression: str, start: datetime, end: datetime, points: int = 120) -> Query:
    """An expression over a span of time, in steps of at least 15 s that make at most so many intervals."""
    least = (end - start).total_seconds() / points
    step = next((seconds for seconds in STEPS if seconds >= least), math.ceil(least / STEPS[-1]) * STEPS[-1])
    params = {"query": expression, "start": timestamp(start), "end": timestamp(end), "step": str(step)}
    return Query(source=PROMETHEUS, resource="query_range", params=params)


def metric_names(selector: str, start: datetime, end: datetime) -> Query:
    """The names of the metrics that a selector finds in a span of time."""
    params = {"match": selector, "start": timestamp(start), "end": timestamp(end)}
    return Query(source=PROMETHEUS, resource="names", params=params)


class Result(StrEnum):
    """How a read went."""

    OK = "Ok"
    NOT_FOUND = "NotFound"
    DENIED = "Denied"
    UNAVAILABLE = "Unavailable"


class Observation(Model):
    """The answer to one query, redacted and bounded.

    `data` for a list: `{"items": [objects]}`; for a get: the object; for logs: `{"lines": [{"at": moment or "", "text":
    line}]}`; for metrics: `{"items": [...]}`; for prometheus: `{"expr": as it was asked, "start", "end", "step",
    "series": [{"labels", "values": a number or null for each step}]}`, `{"names": [...]}` or `{"rules": [...]}`. Where
    the read failed, `data` is null and `message` says why, for people.
    """

    id: Annotated[str, Field(max_length=32)]
    round: Annotated[int, Field(ge=0)]
    query: Query
    result: Result = Result.OK
    message: Annotated[str, Field(max_length=1024)] = ""
    observed_at: Time
    window: Window | None = None
    truncated: bool = False
    data: SkipValidation[JsonValue] = None
    bytes: int = 0

    def command(self) -> str:
        """The query's command, with the expression as the store was asked it."""
        asked = self.data.get("expr") if self.query.source == PROMETHEUS and isinstance(self.data, dict) else None
        if not isinstance(asked, str):
            return self.query.command()
        return self.query.replace(params=self.query.params | {"query": asked}).command()

    def digest(self) -> str:
        """SHA-256 over the canonical query, the result and the data."""
        text = json.dumps([self.query.canonical(), self.result, self.data], sort_keys=True, separators=(",", ":"))
        return sha256(text.encode("utf-8", "replace")).hexdigest()

    def items(self) -> list[dict[str, Any]]:
        """The objects of a list or the one object of a get; empty where the read failed."""
        if not isinstance(self.data, dict):
            return []
        items = self.data.get("items", [self.data])
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def observation_id(round_: int, query: Query) -> str:
    """`o<round>-<8 hex>`: by round and canonical query, not by order of arrival."""
    return f"o{round_}-{sha256(query.canonical().encode()).hexdigest()[:8]}"
