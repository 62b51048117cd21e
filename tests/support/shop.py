"""A shop in objects: web calls api, api calls auth and db; each with a Service and ready pods."""

from typing import Any

from support.builders import Raw, container, env, healthy, template

CALLS = {"web": {"API_URL": "http://api:80"}, "api": {"AUTH_URL": "http://auth:80", "DB_HOST": "db", "DB_PORT": "5432"}}


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
