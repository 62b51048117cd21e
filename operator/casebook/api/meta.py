"""Names that recur on Kubernetes objects: labels, annotations, conditions, references."""

from typing import Annotated

from pydantic import Field

from casebook.api.base import GROUP, Model, Time
from casebook.api.enums import ConditionStatus

TENANT_LABEL = f"{GROUP}/tenant"
GROUP_LABEL = f"{GROUP}/group"
UID_LABEL = f"{GROUP}/investigation-uid"
ATTEMPT_LABEL = f"{GROUP}/attempt"
ROLE_LABEL = f"{GROUP}/role"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "casebook"
NAME_ANNOTATION = f"{GROUP}/investigation-name"
NAMESPACE_ANNOTATION = f"{GROUP}/investigation-namespace"
TENANT_ANNOTATION = f"{GROUP}/tenant-id"

GATEWAY_AUDIENCE = "casebook-gateway"
RUNS_NAMESPACE = "casebook-runs"
EVIDENCE_READER_ROLE = "casebook-evidence-reader"
GATEWAY_TENANT_ROLE = "casebook-gateway-tenant"

QUEUED = "Queued"
RUNNING = "Running"
SUCCEEDED = "Succeeded"
FINISHED = "Finished"
TRACE_STORED = "TraceStored"
CLAIMED = "Claimed"
NOTIFIED = "Notified"

Short = Annotated[str, Field(max_length=253)]
Placed = Annotated[str, Field(max_length=317)]
"""Name of an object of a known kind; `namespace/name` where it stands in another namespace than what names it."""
Line = Annotated[str, Field(max_length=1024)]
Text = Annotated[str, Field(max_length=4096)]


class Condition(Model):
    """One condition of a resource, as `metav1.Condition`."""

    type: Annotated[str, Field(min_length=1, max_length=64)] = Field(description="Name of the condition.")
    status: ConditionStatus = Field(description="True, False or Unknown.")
    reason: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")] = (
        Field(description="One CamelCase word for machines.")
    )
    message: Text = Field(default="", description="What happened and what a person can do, for people.")
    last_transition_time: Time = Field(description="When the status last changed.")
    observed_generation: int | None = Field(default=None, ge=0, description="Generation of the spec it speaks of.")


class ObjectRef(Model):
    """A Kubernetes object; the namespace defaults to the referring object's own."""

    api_version: Annotated[str, Field(max_length=253)] = Field(
        default="", description="API group and version; left out for the kinds that Casebook knows."
    )
    kind: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z][A-Za-z0-9]*$")] = Field(
        description="Kind of the object, for example Deployment."
    )
    namespace: Annotated[str, Field(max_length=63)] = Field(default="", description="Namespace of the object.")
    name: Annotated[str, Field(min_length=1, max_length=253)] = Field(description="Name of the object.")

    @property
    def place(self) -> str:
        """The namespace that it stands in, or is; empty where none is named."""
        return self.name if self.kind == "Namespace" else self.namespace
