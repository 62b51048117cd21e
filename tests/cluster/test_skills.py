"""The skills that ship as examples, on real pods: their steps are read there, and the report cites them."""

import json
from typing import Any

from casebook.api.report import Hypothesis, Report
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.cluster import deployment, investigation
from support.skills import EXAMPLES
from support.tools import output
from support.waiting import condition, finished, until

SKILLS = "skills.casebook.dev"


async def practised(reader: Reader, namespace: str, name: str) -> str:
    """Apply an example as its owner would, and wait until it can be used; its version."""
    file = str(EXAMPLES / f"{name}.yaml")
    output("kubectl", "apply", "--server-side", "--field-manager=flux", "-n", namespace, "-f", file)

    async def valid() -> str | None:
        found = await reader.get(SKILLS, name, namespace)
        return found["status"]["version"] if condition(found, "Valid").get("status") == "True" else None

    return str(await until(f"skill {name} can be used", valid))


async def told(reader: Reader, writer: Writer, namespace: str, workload: str) -> Report:
    """The report on a Deployment."""
    target = {"kind": "Deployment", "name": workload}
    asked = investigation(namespace, "why", question=f"why does {workload} not work?", target=target)
    await writer.create("investigations.casebook.dev", asked)
    done = await finished(reader, namespace, "why")
    return Report.model_validate(done["status"]["report"])


def said(report: Report, skill: str) -> dict[str, Any]:
    """What the report says of a skill; it must be there."""
    found = [one for one in report.knowledge if (one.kind, one.name) == ("Skill", skill)]
    assert found, f"nothing of skill {skill} in {report.knowledge} {report.limitations}"
    return found[0].wire()


def cited(report: Report, cause: str, skill: str) -> Hypothesis:
    """The hypothesis of a cause that a step of the skill speaks for, with evidence that is there."""
    known = {one.id for one in report.evidence}
    for one in report.hypotheses:
        steps = [made for made in one.predictions if made.statement.startswith(f"skill {skill}, step ")]
        if one.cause == cause and steps:
            assert all(made.evidence and set(made.evidence) <= known for made in steps)
            return one
    raise AssertionError(f"{skill} speaks for no {cause}: {report.hypotheses}")


async def test_pods_that_a_quota_refused_are_evidence(
    installed: str, reader: Reader, writer: Writer, namespace: str
) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight", "namespace": namespace}}
    await writer.create("resourcequotas", quota | {"spec": {"hard": {"pods": "1"}}})
    workload = deployment(namespace, "web", "sleep 3600")
    workload["spec"]["replicas"] = 3
    await writer.create("deployments.apps", workload)

    async def refused() -> bool:
        return "exceeded quota" in json.dumps((await reader.list("events", namespace)).items)

    await until("the quota refuses a pod", refused)
    version = await practised(reader, namespace, "quota-blocks-rollout")
    report = await told(reader, writer, namespace, "web")
    use = said(report, "quota-blocks-rollout")
    assert (use["version"], use["role"]) == (version, "Acted")
    assert use["effect"].endswith("; pods-were-refused: true; a-quota-is-used-up: true")
    assert cited(report, "QuotaExceeded", "quota-blocks-rollout").verdict == "Supported"
    assert [(one.cause, one.object) for one in report.root_causes] == [("QuotaExceeded", "ResourceQuota/tight")]


async def test_a_rollout_of_just_now_is_told(installed: str, reader: Reader, writer: Writer, namespace: str) -> None:
    await writer.create("deployments.apps", deployment(namespace, "web", "echo 'ERROR no such table'; exit 1"))

    async def crashed() -> bool:
        return "CrashLoopBackOff" in json.dumps((await reader.list("pods", namespace)).items)

    await until("the pod crashes", crashed)
    await practised(reader, namespace, "no-recent-rollout")
    report = await told(reader, writer, namespace, "web")
    assert said(report, "no-recent-rollout")["effect"] == "changed nothing; rolled-out-lately: true"


async def test_what_only_the_team_knows_is_understood_and_decides_nothing(
    installed: str, reader: Reader, writer: Writer, namespace: str
) -> None:
    script = "while true; do echo 'charge declined: PSP-4029 trace=77'; sleep 2; done"
    await writer.create("deployments.apps", deployment(namespace, "payments", script))

    async def running() -> bool:
        pods = (await reader.list("pods", namespace)).items
        return bool(pods) and all(pod["status"].get("phase") == "Running" for pod in pods)

    await until("the pod runs", running)
    await practised(reader, namespace, "payment-provider-codes")
    report = await told(reader, writer, namespace, "payments")
    use = said(report, "payment-provider-codes")
    assert use["effect"].endswith("; provider-refuses: true; our-key-is-refused: false")
    suspected = cited(report, "ExternalDependencyFailing", "payment-provider-codes")
    assert (suspected.object, suspected.origin) == ("External/api.psp.example", "Skill")
    assert any("PSP-4029" in one.excerpt for one in report.evidence)
    assert report.root_causes == []


async def test_a_bad_skill_is_marked_and_breaks_nothing(
    installed: str, reader: Reader, writer: Writer, namespace: str
) -> None:
    step = {"name": "typo", "observe": {"source": "kubernetes", "query": "secrets"}, "expect": "items.size("}
    when = {"matchLabels": {"workload.kind": "Deployment"}}
    spec = {"description": "never right", "when": when, "state": "Confirmed", "steps": [step]}
    bad = {"apiVersion": "casebook.dev/v1alpha1", "kind": "Skill", "metadata": {"name": "bad"}, "spec": spec}
    output("kubectl", "apply", "-n", namespace, "-f", "-", stdin=json.dumps(bad))

    async def marked() -> bool:
        return condition(await reader.get(SKILLS, "bad", namespace), "Valid").get("status") == "False"

    await until("it is marked", marked)
    await writer.create("deployments.apps", deployment(namespace, "web", "sleep 3600", image="casebook-shop:none"))

    async def refused() -> bool:
        return "ErrImageNeverPull" in json.dumps((await reader.list("pods", namespace)).items)

    await until("the image is not there", refused)
    report = await told(reader, writer, namespace, "web")
    assert said(report, "bad")["effect"].startswith("skipped, it cannot be used: step typo: observe: secrets is not")
    assert report.root_causes
