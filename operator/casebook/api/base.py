"""The base of every model: immutable, camelCase on the wire, unknown fields refused only where a person writes them."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

GROUP = "casebook.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
INVESTIGATIONS = f"investigations.{GROUP}"
MEMORIES = f"memories.{GROUP}"
SKILLS = f"skills.{GROUP}"
"""The resources as readers and writers are asked for them."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment that stands for one that was not told."""


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC as Kubernetes writes it: whole seconds and a `Z`."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(timestamp, return_type=str, when_used="json")]
"""A moment, always aware, written as Kubernetes writes it."""

Percent = Annotated[int, Field(ge=0, le=100)]
"""A share in whole percent; the API holds no floats."""


class Model(BaseModel):
    """Immutable data with camelCase names on the wire; what it does not know it drops."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", use_enum_values=False
    )

    def wire(self) -> dict[str, Any]:
        """The JSON form: camelCase, no nulls, times as RFC 3339 strings."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def replace(self, **changes: Any) -> Self:
        """A copy with these fields changed, validated like any other value."""
        return type(self).model_validate({**{name: getattr(self, name) for name in type(self).model_fields}, **changes})
