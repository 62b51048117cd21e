"""Series over a span of time, names of metrics, and alerting rules; few points, few series, what is left out said."""

import math
from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol

from casebook.analysis.access import listed, text
from casebook.api.base import timestamp
from casebook.api.observation import Query
from casebook.api.report import Window
from casebook.cluster.errors import Unavailable
from casebook.evidence.prometheus.client import SECONDS
from casebook.evidence.prometheus.confine import confine
from casebook.evidence.redaction import redact
from casebook.evidence.source import Reading, Refused, bounded

MAX_SERIES = 20
MAX_POINTS = 121
MAX_NAMES = 5000
MAX_RULES = 200
_DIGITS = 6
_ODD = "the store's answer is not one of the Prometheus HTTP API"


class Api(Protocol):
    """The part of `PrometheusClient` that is used."""

    async def get(self, path: str, query: Any = None) -> Any:
        """`data` of the answer."""
        ...

    async def post(self, path: str, form: Any) -> Any:
        """`data` of the answer."""
        ...


class PrometheusSource:
    """Reads a store: with `namespaces` only what is theirs, with None all of it; with `rules` alerting rules too."""

    def __init__(self, api: Api, namespaces: Collection[str] | None, *, rules: bool = False) -> None:
        self._api = api
        self._namespaces = namespaces
        self._tells_rules = rules

    async def read(self, query: Query) -> Reading:
        """The answer, see `casebook.api.observation.Query`. Raises `ClusterError` or `Refused`."""
        if query.resource == "query_range":
            return await self._range(query.params)
        if query.resource == "names":
            return await self._names(query.params)
        if query.resource == "rules":
            return await self._rules()
        raise Refused(f"{query.resource!r} is nothing that Casebook asks a Prometheus for")

    async def _range(self, params: dict[str, str]) -> Reading:
        start, end, step = _span(params)
        expression = self._confined(params.get("query", ""))
        form = {"query": expression, "start": timestamp(start), "end": timestamp(end), "step": str(step)}
        form["timeout"] = f"{SECONDS:.0f}s"
        answer = _typed(await self._api.post("query_range", form), dict)
        found = sorted((_series(one, start, step) for one in _typed(answer.get("result"), list)), key=_most_first)
        data = {"expr": expression, "start": timestamp(start), "end": timestamp(end), "step": step}
        cut = len(found) > MAX_SERIES
        message = f"the {MAX_SERIES} highest of {len(found)} series" if cut else ""
        return Reading(
            redact(data | {"series": found[:MAX_SERIES]}),
            truncated=cut,
            window=Window(start=start, end=end),
            message=message,
        )

    async def _names(self, params: dict[str, str]) -> Reading:
        start, end = _ends(params)
        form = {"match[]": self._confined(params.get("match", "")), "start": timestamp(start), "end": timestamp(end)}
        names = sorted(str(name) for name in _typed(await self._api.get("label/__name__/values", form), list))
        cut = len(names) > MAX_NAMES
        return Reading({"names": redact(names[:MAX_NAMES])}, truncated=cut, window=Window(start=start, end=end))

    async def _rules(self) -> Reading:
        """Alerting rules that are pending or firing; they are of no namespace, so that a tenant is not shown them."""
        if not self._tells_rules:
            raise Refused("the rules of a shared Prometheus are shown to no tenant")
        answer = _typed(await self._api.get("rules", {"type": "alert"}), dict)
        active = [
            {"name": text(rule, "name"), "query": text(rule, "query"), "alerts": _alerts(rule)}
            for group in listed(answer, "groups")
            for rule in listed(group, "rules")
            if listed(rule, "alerts")
        ]
        kept, cut = bounded(redact(sorted(active, key=str)[:MAX_RULES]))
        return Reading({"rules": kept}, truncated=cut or len(active) > MAX_RULES)

    def _confined(self, expression: str) -> str:
        return expression if self._namespaces is None else confine(expression, self._namespaces)


def _alerts(rule: dict[str, Any]) -> list[dict[str, Any]]:
    told = ("labels", "state", "activeAt")
    return [{name: one.get(name) for name in told} for one in listed(rule, "alerts")[:MAX_SERIES]]


def _ends(params: dict[str, str]) -> tuple[datetime, datetime]:
    """Start and end. Raises `Refused`."""
    try:
        start, end = (datetime.fromisoformat(params[name]) for name in ("start", "end"))
    except (KeyError, ValueError) as error:
        raise Refused("a query needs start and end in RFC 3339") from error
    if start.tzinfo is None or end.tzinfo is None or start > end:
        raise Refused("start and end need a time zone, and the end must not come first")
    return start, end


def _span(params: dict[str, str]) -> tuple[datetime, datetime, int]:
    """Start, end and step in seconds. Raises `Refused` where that makes too many points."""
    start, end = _ends(params)
    step = int(params["step"]) if params.get("step", "").isdecimal() else 0
    if step < 1 or (end - start).total_seconds() / step >= MAX_POINTS:
        raise Refused(f"a range query needs a step in whole seconds that makes at most {MAX_POINTS} points")
    return start, end, step


def _typed(value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, kind):
        raise Unavailable(_ODD)
    return value


def _series(raw: Any, start: datetime, step: int) -> dict[str, Any]:
    """`{"labels": {...}, "values": [number or null for each step from the start]}`; what is not finite is null."""
    labels = {str(key): str(value) for key, value in sorted(_typed(_typed(raw, dict).get("metric"), dict).items())}
    found: dict[int, float | None] = {}
    for point in _typed(raw.get("values"), list):
        try:
            at, value = point
            found[round((float(at) - start.timestamp()) / step)] = _number(float(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise Unavailable(_ODD) from error
    last = min(max(found, default=-1), MAX_POINTS - 1)
    return {"labels": labels, "values": [found.get(place) for place in range(last + 1)]}


def _number(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _most_first(series: dict[str, Any]) -> tuple[float, str]:
    return -max((value for value in series["values"] if value is not None), default=-math.inf), str(series["labels"])
