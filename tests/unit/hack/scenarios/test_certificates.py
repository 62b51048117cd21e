"""Certificates for scenarios."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from scenariokit.certificates import Authorities, inject
from scenariokit.format import Certificate, Scenario
from scenariokit.kubectl import CommandError
from scenariokit.steps import Steps
from unit.hack.scenarios.fakes import FakeKube


def read(encoded: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(base64.b64decode(encoded))


def test_a_certificate_is_for_its_names_and_signed_by_its_authority() -> None:
    secret = Authorities().secret(Certificate(secret="auth-tls", names=["auth", "auth.sc-1.svc"]))
    leaf, authority = read(secret["data"]["tls.crt"]), read(secret["data"]["ca.crt"])
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["auth", "auth.sc-1.svc"]
    leaf.verify_directly_issued_by(authority)


@pytest.mark.parametrize(("days", "valid"), [(1, True), (-1, False)])
def test_days_say_whether_it_is_valid_now(days: float, valid: bool) -> None:
    leaf = read(Authorities().secret(Certificate(secret="x", names=["x"], days=days))["data"]["tls.crt"])
    now = datetime.now(UTC)
    assert (leaf.not_valid_before_utc < now < leaf.not_valid_after_utc) is valid
    assert leaf.not_valid_before_utc < leaf.not_valid_after_utc - timedelta(days=1)


def test_an_authority_is_the_same_within_a_run_and_another_by_another_name() -> None:
    run = Authorities()
    assert run.bundle("one") == run.bundle("one") != run.bundle("two")
    assert run.bundle("one") != Authorities().bundle("one")


async def test_the_step_applies_the_secret_and_fills_in_every_webhook() -> None:
    webhooks = json.dumps({"items": [{"webhooks": [{"name": "a"}, {"name": "b"}]}]})
    kube = FakeKube({"get validatingwebhookconfiguration/guard-sc-1": webhooks})
    step = {"secret": "guard-tls", "names": ["guard.{ns}.svc"], "bundle": "validatingwebhookconfiguration/guard-{ns}"}
    scenario = Scenario.model_validate({
        "id": "x", "title": "x", "trigger": {"question": "?"}, "expect": {"verdict": "NoFault"},
        "setup": [{"certificate": step}],
    })  # fmt: skip
    await Steps(scenario, {"main": "sc-1"}, kube).do(scenario.setup)
    applied, patch = json.loads(kube.inputs[0]), json.loads(kube.inputs[2])
    assert (kube.calls[0], applied["metadata"]["name"], applied["type"]) == (
        "apply -f -",
        "guard-tls",
        "kubernetes.io/tls",
    )
    assert [item["path"] for item in patch] == [
        "/webhooks/0/clientConfig/caBundle",
        "/webhooks/1/clientConfig/caBundle",
    ]
    assert {item["value"] for item in patch} == {applied["data"]["ca.crt"]}


async def test_a_configuration_without_webhooks_is_a_mistake() -> None:
    with pytest.raises(CommandError, match="holds no webhook"):
        await inject(FakeKube({"get": json.dumps({"items": [{}]})}), "mutatingwebhookconfiguration/x", "CA")
