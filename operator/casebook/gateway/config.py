"""Settings of the gateway: one YAML file, checked whole before anything starts."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from casebook.api.enums import Reasoning
from casebook.api.meta import RUNS_NAMESPACE
from casebook.api.problems import explain
from casebook.model.wire import MAX_COMPLETION_TOKENS, Limit

Tenant = Annotated[str, Field(pattern=r"^(platform|(ns|label):[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)$")]
"""As `api.names.tenant_id` makes it, or the platform."""
Name = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


class Settings(BaseModel):
    """Immutable settings in camelCase; an unknown key is an error, since it is a typing mistake."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")


def _is_http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https URL")
    return url


Url = Annotated[str, Field(max_length=2048), AfterValidator(_is_http)]


class Outbound(Settings):
    """Where to tell of finished investigations."""

    url: Url


class Prometheus(Settings):
    """A shared store of metrics, with a bearer token in a file and a CA of its own where it needs them."""

    url: Url
    token_file: Path | None = None
    ca_file: Path | None = None


class Price(Settings):
    """Money for a million tokens, in whatever currency the limits are in."""

    prompt: Annotated[float, Field(ge=0)] = 0.0
    completion: Annotated[float, Field(ge=0)] = 0.0


class ModelEndpoint(Settings):
    """An OpenAI-compatible endpoint: its URL up to `/v1`, the model, and a file with the key where it wants one.

    `limit` is the parameter that bounds an answer there; an endpoint that knows the other one only answers without end.
    """

    name: Name
    url: Url
    model: Annotated[str, Field(min_length=1, max_length=253)]
    key_file: Path | None = None
    limit: Limit = MAX_COMPLETION_TOKENS
    price: Price = Field(default_factory=Price)


class Models(Settings):
    """The models that runs may ask, tried in this order, and what they may cost; a limit of 0 is none, but for
    `calls_per_run`.

    `reasoning` is that of Investigations which alerts make, where their tenant has none of its own. Of every call a row
    is kept for `audit_days`, with what was asked and answered only where `audit_texts` says so.
    """

    endpoints: list[ModelEndpoint] = Field(default_factory=list)
    embeddings: list[ModelEndpoint] = Field(default_factory=list)
    reasoning: Reasoning = Reasoning.BUILT_IN
    reasoning_by_tenant: dict[Tenant, Reasoning] = Field(default_factory=dict)
    seconds_per_call: Annotated[int, Field(ge=1, le=600)] = 60
    at_once: Annotated[int, Field(ge=1, le=1000)] = 4
    calls_per_run: Annotated[int, Field(ge=0)] = 6
    money_per_run: Annotated[float, Field(ge=0)] = 0.0
    calls_per_tenant_and_day: Annotated[int, Field(ge=0)] = 0
    tokens_per_tenant_and_day: Annotated[int, Field(ge=0)] = 0
    money_per_tenant_and_day: Annotated[float, Field(ge=0)] = 0.0
    audit_days: Annotated[int, Field(ge=2, le=3650)] = 90
    audit_texts: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [endpoint.name for endpoint in (*self.endpoints, *self.embeddings)]
        if len(set(names)) < len(names):
            raise ValueError("endpoints: every endpoint needs a name of its own")
        for name, reasoning in {"reasoning": self.reasoning, **self.reasoning_by_tenant}.items():
            if reasoning is not Reasoning.BUILT_IN and not self.endpoints:
                raise ValueError(f"{name}: {reasoning} needs an endpoint; without one it is BuiltIn")
        return self

    def reasoning_of(self, tenant: str) -> Reasoning:
        """Whether a model takes part in what the alerts of a tenant make."""
        return self.reasoning_by_tenant.get(tenant, self.reasoning)


class Receiver(Settings):
    """One sender of alerts, known by its token. Its alerts make investigations in `namespaces` and nowhere else."""

    name: Name
    default_namespace: Name
    namespaces: list[str] = Field(default_factory=list)
    platform: bool = False
    outbound: Outbound | None = None

    def allows(self, namespace: str) -> bool:
        """Whether an alert may place an investigation there; the default namespace always is."""
        return namespace == self.default_namespace or any(fnmatchcase(namespace, glob) for glob in self.namespaces)


class GatewayConfig(Settings):
    """All settings. `queueLimitPerTenant: 0` turns the limit off."""

    listen: Annotated[str, Field(pattern=r"^\S*:\d{1,5}$")] = "0.0.0.0:8080"
    operator_namespace: Name
    runs_namespace: Name = RUNS_NAMESPACE
    excluded_namespaces: list[str] = Field(
        default_factory=lambda: ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"]
    )
    receivers: list[Receiver] = Field(default_factory=list)
    queue_limit_per_tenant: Annotated[int, Field(ge=0)] = 500
    lookback_seconds: Annotated[int, Field(ge=60, le=604_800)] = 3600
    max_body_bytes: Annotated[int, Field(ge=65_536, le=64 << 20)] = 8 << 20
    tokens_dir: Path = Path("/etc/casebook/receivers")
    drain_seconds: Annotated[int, Field(ge=0, le=300)] = 25
    prometheus: Prometheus | None = None
    models: Models = Field(default_factory=Models)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [receiver.name for receiver in self.receivers]
        if len(set(names)) < len(names):
            raise ValueError("receivers: every receiver needs a name of its own")
        for receiver in self.receivers:
            if receiver.default_namespace == self.operator_namespace and not receiver.platform:
                raise ValueError(
                    f"receiver {receiver.name}: only one with `platform: true` may use the operator's own namespace"
                )
        return self

    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host, int(port)


class ConfigError(Exception):
    """The settings cannot be used; the message names the field."""


def load(path: Path) -> GatewayConfig:
    """Read and check the settings. Raises `ConfigError`."""
    try:
        return GatewayConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from error
