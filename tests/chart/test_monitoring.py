"""The alerts and the dashboard on Casebook itself speak only of metrics that it has."""

import json
import re

import yaml
from prometheus_client.exposition import generate_latest

from casebook.controller.metrics import Metrics as ControllerMetrics
from casebook.gateway.metrics import Metrics as GatewayMetrics
from support.tools import CHART


def served() -> set[str]:
    text = generate_latest(ControllerMetrics().registry).decode() + GatewayMetrics().text().decode()
    names = set(re.findall(r"^# TYPE (\w+) (?:gauge|counter)$", text, re.MULTILINE))
    histograms = re.findall(r"^# TYPE (\w+) histogram$", text, re.MULTILINE)
    return names | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}


def used(expression: str) -> set[str]:
    return set(re.findall(r"casebook_[a-z_]+", expression))


def test_alerts_speak_of_metrics_that_are_there(rendered):
    (rule,) = [m for m in rendered("everything") if m["kind"] == "PrometheusRule"]
    alerts = [alert for group in rule["spec"]["groups"] for alert in group["rules"]]
    assert len({alert["alert"] for alert in alerts}) == len(alerts) >= 5
    for alert in alerts:
        assert used(alert["expr"]), alert["alert"]
        assert used(alert["expr"]) <= served(), alert["alert"]
        assert {"summary", "description"} <= set(alert["annotations"])
        assert alert["labels"]["severity"] in {"warning", "critical"}


def test_the_dashboard_speaks_of_metrics_that_are_there(rendered):
    (shown,) = [m for m in rendered("everything") if m["metadata"]["name"] == "casebook-dashboard"]
    dashboard = json.loads(shown["data"]["casebook.json"])
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        for target in panel["targets"]:
            assert used(target["expr"]), panel["title"]
            assert used(target["expr"]) <= served(), panel["title"]


def test_the_monitor_finds_both_services(rendered):
    manifests = rendered("everything")
    (monitor,) = [m for m in manifests if m["kind"] == "ServiceMonitor"]
    ports = {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]}
    services = [m for m in manifests if m["kind"] == "Service" and "postgres" not in m["metadata"]["name"]]
    assert {port["name"] for service in services for port in service["spec"]["ports"]} == ports
    for service in services:
        expected = monitor["spec"]["selector"]["matchExpressions"][0]["values"]
        assert service["metadata"]["labels"]["app.kubernetes.io/component"] in expected


def test_rules_are_yaml_without_helm_in_them():
    assert yaml.safe_load((CHART / "files" / "rules.yaml").read_text())["groups"]
