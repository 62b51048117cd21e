"""What people type: understood, or answered with what would be right."""

import click
import pytest

from casebook.cli import arguments


@pytest.mark.parametrize(
    ("text", "resource", "name"),
    [
        ("deploy/web", "deployments.apps", "web"),
        ("Deployment/web", "deployments.apps", "web"),
        ("deployments.apps/web", "deployments.apps", "web"),
        ("po/web-1", "pods", "web-1"),
        ("svc/web", "services", "web"),
        ("sts/db", "statefulsets.apps", "db"),
        ("ds/agent", "daemonsets.apps", "agent"),
        ("pvc/data", "persistentvolumeclaims", "data"),
        ("job/migrate", "jobs.batch", "migrate"),
        ("cj/nightly", "cronjobs.batch", "nightly"),
        ("ing/web", "ingresses.networking.k8s.io", "web"),
        ("hpa/web", "horizontalpodautoscalers.autoscaling", "web"),
        ("cm/app", "configmaps", "app"),
        ("node/n1", "nodes", "n1"),
        ("ns/shop", "namespaces", "shop"),
    ],
)
def test_kinds_by_the_names_that_kubectl_takes(text, resource, name) -> None:
    found, called = arguments.subject(text)
    assert (found.name, called) == (resource, name)


@pytest.mark.parametrize("text", ["web", "deploy/", "/web", "deploy/a/b", "foo/web", "secret/db", "inv/x", ""])
def test_what_is_no_object_is_refused(text) -> None:
    with pytest.raises(click.UsageError):
        arguments.subject(text)


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("30m", 1800), ("1h", 3600), ("7d", 604_800)])
def test_spans(text, seconds) -> None:
    assert arguments.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "1", "59s", "8d", "-1h", "1.5h", "1w", "²h", "9" * 5000 + "d"])
def test_wrong_spans(text) -> None:
    with pytest.raises(click.UsageError, match="--since"):
        arguments.seconds(text)


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10), ("90s", 90), ("1h", 3600), ("60m", 3600)])
def test_spans_within_other_bounds(text, seconds) -> None:
    assert arguments.seconds(text, "--timeout", "10s", "1h") == seconds


@pytest.mark.parametrize("text", ["9s", "61m", "2h", "soon"])
def test_spans_out_of_other_bounds_name_the_option_and_the_bounds(text) -> None:
    with pytest.raises(click.UsageError, match=r"--timeout .*10s.*1h"):
        arguments.seconds(text, "--timeout", "10s", "1h")


def test_questions_in_any_language_and_of_any_bytes() -> None:
    assert arguments.question("  warum? なぜ?  ") == "warum? なぜ?"
    assert arguments.question("a\x00b\udcff") == "ab?"
    with pytest.raises(click.UsageError, match="2049 characters; at most 2048"):
        arguments.question("x" * 2049)
