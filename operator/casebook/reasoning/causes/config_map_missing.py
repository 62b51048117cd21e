"""ConfigMapMissing: a workload refers to a ConfigMap that does not exist."""

from casebook.analysis.things import Ref
from casebook.reasoning.checks.missing import missing


def _look(target: Ref) -> list[str]:
    return [f"kubectl get configmaps -n {target.namespace}   # is there one of a similar name?"]


CAUSES = (missing("ConfigMapMissing", "ConfigMap", keyed=False, look=_look),)
