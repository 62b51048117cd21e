"""What an alert speaks of, and how urgent it is."""

import pytest

from casebook.api.enums import Severity
from casebook.gateway.target import severity, target


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"deployment": "checkout", "pod": "kube-state-metrics-0"}, ("Deployment", "checkout")),
        ({"statefulset": "db", "pod": "db-0"}, ("StatefulSet", "db")),
        ({"daemonset": "agent"}, ("DaemonSet", "agent")),
        ({"job": "prometheus", "job_name": "backup-1"}, ("Job", "backup-1")),
        ({"cronjob": "backup", "job_name": "backup-1"}, ("CronJob", "backup")),
        ({"workload_type": "deployment", "workload": "web", "pod": "web-1"}, ("Deployment", "web")),
        ({"pod": "web-7d9-x2", "service": "web"}, ("Pod", "web-7d9-x2")),
        ({"service": "web"}, ("Service", "web")),
        ({"persistentvolumeclaim": "data"}, ("PersistentVolumeClaim", "data")),
        ({"pod": "Not A Name", "service": "web"}, ("Service", "web")),
        ({"deployment": ""}, None),
        ({"deployment": "-x"}, None),
        ({"deployment": "x" * 254}, None),
        ({"job": "node"}, None),
        ({}, None),
    ],
)
def test_the_owner_before_what_it_owns(labels: dict[str, str], expected: tuple[str, str] | None) -> None:
    found = target(labels)
    assert (found and (found.kind, found.name)) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("critical", Severity.CRITICAL),
        ("Page", Severity.CRITICAL),
        ("warning", Severity.WARNING),
        ("info", Severity.INFO),
        ("whatever", Severity.WARNING),
        ("", Severity.WARNING),
    ],
)
def test_severity(word: str, expected: Severity) -> None:
    assert severity({"severity": word}) is expected
    assert severity({}) is Severity.WARNING
