"""What a report is about, for the line that it begins with."""

from dataclasses import dataclass, replace
from datetime import datetime

from casebook.api.enums import Trigger
from casebook.api.investigation import InvestigationSpec
from casebook.api.run import Run


@dataclass(frozen=True)
class Heading:
    """What a report is about: an object or an alert (or nothing in particular), in a namespace (or in all of them)."""

    subject: str
    namespace: str
    question: str
    now: datetime

    @classmethod
    def of(cls, run: Run) -> "Heading":
        """The heading of a run."""
        found = cls.asked(run.spec, run.namespace, run.now)
        return replace(found, namespace="") if run.scene.platform else found

    @classmethod
    def asked(cls, spec: InvestigationSpec, namespace: str, now: datetime) -> "Heading":
        """The heading of what was asked in a namespace."""
        alert = spec.alert.labels.get("alertname", "") if spec.alert and spec.trigger is Trigger.ALERT else ""
        return cls(
            subject=f"{spec.target.kind}/{spec.target.name}" if spec.target else alert,
            namespace=(spec.target and spec.target.namespace) or namespace,
            question=spec.question,
            now=now,
        )

    @property
    def about(self) -> str:
        """The same in a few words."""
        place = f"namespace {self.namespace}" if self.namespace else "all namespaces"
        return f"{self.subject} in {self.namespace or place}" if self.subject else place
