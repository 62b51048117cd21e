"""A shop in objects: web calls api, api calls auth and db; each with a Service and ready pods."""

import json
from typing import Any

from casebook.analysis.fields import LAST_APPLIED
from casebook.api.report import Report
from support.builders import Raw, container, endpoints, env, healthy, log, managed, run, service, snapshot, template
from support.reason import report

CALLS = {"web": {"API_URL": "http://api:80"}, "api": {"AUTH_URL": "http://auth:80", "DB_HOST": "db", "DB_PORT": "5432"}}

REFUSED = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: Connection refused"}'


def body(name: str, **spec: Any) -> Raw:
    """The pod template of one of its services."""
    return template(
        name, container(env=env(**CALLS.get(name, {})), ports=[{"name": "http", "containerPort": 8080}]), **spec
    )


def shop(*without: str) -> list[Raw]:
    """All of it, well; the named services left out with all that belongs to them."""
    names = [name for name in ("web", "api", "auth") if name not in without]
    found = [item for name in names for item in healthy(name, body(name))]
    if "db" not in without:
        found += healthy("db", template("db", container(ports=[{"containerPort": 5432}])), kind="StatefulSet")
    return found


def wrong_selector(age: float) -> list[Raw]:
    """The shop with a Service of auth that selects nothing since so many seconds."""
    bad = service("auth", selector={"app": "auht"})
    old = {"spec": {"selector": {"app": "auth"}}}
    bad["metadata"] |= {
        "annotations": {LAST_APPLIED: json.dumps(old)},
        "managedFields": [managed("kubectl-patch", age, {"f:spec": {"f:selector": {}}})],
    }
    gone = {("Service", "auth"), ("EndpointSlice", "auth-s1")}
    kept = [one for one in shop() if (one["kind"], one["metadata"]["name"]) not in gone]
    return [*kept, bad, endpoints("auth", 0)]


def unreachable(*objects: Raw, lines: int = 6) -> Report:
    """The report on api of such a shop, whose api is refused by auth since a minute."""
    logs = [log("api-p0", [REFUSED] * lines, end=5, step=10)]
    return report(snapshot(run("why?", "Deployment/api"), objects, *logs))
