"""The controller's configuration, one YAML file in camelCase."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from casebook.api.meta import RUNS_NAMESPACE

Seconds = Annotated[int, Field(ge=1)]
DAY = 86_400


def _agent_resources() -> dict[str, Any]:
    # An agent peaks below 120 MiB; the limit leaves room for a namespace with long logs.
    return {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}


class EmbeddingsEndpoint(BaseModel):
    """An OpenAI-compatible endpoint that makes embeddings: its URL up to `/v1`, the model, a file with the key."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    url: Annotated[str, Field(pattern=r"^https?://[^\s?#@]+$", max_length=2048)]
    model: Annotated[str, Field(min_length=1, max_length=253)]
    key_file: Path | None = None
    seconds_per_call: Annotated[int, Field(ge=1, le=120)] = 20


class ControllerConfig(BaseModel):
    """What an installation may choose. Times are in seconds; unknown keys are refused, so a typing error shows."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    operator_namespace: str = Field(default="casebook-system", min_length=1, max_length=63)
    """Namespace of the operator: Investigations in it belong to the platform tenant."""
    runs_namespace: str = Field(default=RUNS_NAMESPACE, min_length=1, max_length=63)
    """Namespace of the agents' Jobs and ServiceAccounts; it holds no Secret."""
    image: str = Field(min_length=1)
    """Image of the agent."""
    image_pull_policy: str = Field(default="IfNotPresent", pattern="^(Always|IfNotPresent|Never)$")
    gateway_url: str = Field(alias="gatewayURL", pattern=r"^https?://[^/\s]+")
    """Where agents reach the gateway."""
    max_running: Annotated[int, Field(ge=1, le=1000)] = 10
    """Investigations that run at a time in the whole cluster."""
    max_running_per_tenant: Annotated[int, Field(ge=1, le=1000)] = 3
    """Investigations of one tenant that run at a time."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Attempts at one investigation when pods are lost to the infrastructure."""
    backoff_seconds: Seconds = 10
    """Wait before the second attempt; doubled before each further one, 300 at most."""
    grace_seconds: Seconds = 60
    """Time that a Job has beyond the investigation's budget, to start and to hand its report in."""
    start_seconds: Seconds = 120
    """How long a pod may fail to start before the attempt counts as lost."""
    ttl_seconds_after_finished: Annotated[int, Field(ge=0)] = 7 * DAY
    """Finished Investigations are deleted after this long, unless they say otherwise or their alert is still open."""
    job_ttl_seconds: Seconds = 600
    """Finished Jobs, with their pods and logs, are kept this long."""
    embeddings: Literal["None", "Local", "Endpoint"] = "None"
    """What makes embeddings of past cases and memories: nothing, the model of the extra `embeddings`, an endpoint."""
    embeddings_endpoint: EmbeddingsEndpoint | None = None
    excluded_namespaces: tuple[str, ...] = ("kube-system", "kube-public", "kube-node-lease", "local-path-storage")
    """Namespaces of no tenant: nothing is read there and nothing created."""
    agent_resources: dict[str, Any] = Field(default_factory=_agent_resources)
    """Resources of the agent's container, as in a pod."""
    resync_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    """How often everything is derived anew from the API server, whatever watches have said."""
    watch_inactivity_seconds: Annotated[int, Field(ge=1, le=3600)] = 70
    """A watch without any event for this long is opened anew; the API server sends a bookmark about every 60 s."""
    workers: Annotated[int, Field(ge=1, le=64)] = 4
    """Objects that are reconciled side by side."""
    listen: str = Field(default="0.0.0.0:8081", pattern=r"^[^:\s]*:\d{1,5}$")
    """Address of /healthz, /readyz and /metrics."""

    @model_validator(mode="after")
    def _consistent(self) -> "ControllerConfig":
        if self.operator_namespace == self.runs_namespace:
            raise ValueError("operatorNamespace and runsNamespace must differ: agents may not run beside Secrets")
        if self.embeddings == "Endpoint" and self.embeddings_endpoint is None:
            raise ValueError("embeddings: Endpoint needs embeddingsEndpoint with its url and model")
        return self
